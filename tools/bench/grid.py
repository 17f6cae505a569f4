"""How long does a grid search take, and how much of that is saved?

    python tools/bench/grid.py [--rounds 3]

The 300 vectors of two sheets in SKLIMG_SHARED, of which 100 are second copies, in five
grouped folds; 144 candidates: hidden layers of 50, 100, 200 and 300, three activations,
four penalties, 200, 300 or 400 epochs at most: 720 fits. sklimg's search with its
MLPClassifier stands against plain GridSearchCV with scikit-learn's, of the same
parameters, pipeline and folds, on two processes and on none but its own. Seconds,
medians of the rounds. Fails if the best cross-validated accuracy is lower by more than
0.005, or if the search is not five times as fast as the one on two processes. Takes
about 10 minutes.
"""

import argparse
import os
import platform
import sys
import warnings
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import sklearn
from joblib import parallel_config
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier as PlainMLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklimg import MLPClassifier, read_data
from sklimg.duplicates import pixel_digests
from sklimg.grouping import group_rows
from sklimg.search import grid_search
from sklimg.splits import grouped_folds
from sklimg.transformers import PixelScaler
from sklimg.workers import Workers

GRID = {
    "classify__hidden_layer_sizes": [(50,), (100,), (200,), (300,)],
    "classify__activation": ["relu", "tanh", "logistic"],
    "classify__alpha": [1e-4, 1e-3, 1e-2, 0.5],
    "classify__max_iter": [200, 300, 400],
}


def read_vectors():
    """Return pixels, labels, groups and folds."""
    shared = os.environ.get("SKLIMG_SHARED")
    if not shared:
        sys.exit("SKLIMG_SHARED is not set: the vectors are not at hand")
    table = read_data(Path(shared, "data/sheets/sheet_vectors.csv")).table
    digests = pixel_digests(table.pixels)
    groups, _ = group_rows(table, "auto", digests, lambda *_: None)
    folds = grouped_folds(table.labels, groups, 5, np.random.default_rng(0))
    return table.pixels, table.labels, groups, folds


def pipeline(classifier):
    """Return the same pipeline around a classifier."""
    steps = [("scale", PixelScaler()), ("centre", StandardScaler(with_std=False))]
    return Pipeline([*steps, ("classify", classifier)])


def ours(X, y, groups, folds):
    """Return the best accuracy and the seconds of sklimg's search, without the last fit."""
    estimator, start = pipeline(MLPClassifier(random_state=0)), perf_counter()
    search = grid_search(estimator, GRID, X, y, folds, groups=groups, workers=Workers(2))
    seconds = perf_counter() - start
    return search.trials.means[search.trials.best], seconds


def plain(X, y, folds, n_jobs):
    """Return the best accuracy and the seconds of GridSearchCV, with its last fit."""
    estimator = clone(pipeline(PlainMLPClassifier(random_state=0)))
    search = GridSearchCV(estimator, GRID, cv=folds, n_jobs=n_jobs)
    start = perf_counter()
    with warnings.catch_warnings(), parallel_config("loky"):
        warnings.simplefilter("ignore")
        search.fit(X, y)
    return search.best_score_, perf_counter() - start


def main():
    """Run the searches and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="GridSearchCV without processes, too")
    options = parser.parse_args()
    os.environ["PYTHONWARNINGS"] = "ignore"  # of scikit-learn, in its workers
    data = read_vectors()
    X, y, groups, folds = data
    peers = {"GridSearchCV, n_jobs=2": 2}
    if options.alone:
        peers["GridSearchCV, n_jobs=None"] = None
    seconds = {"sklimg, 2 processes": []} | {name: [] for name in peers}
    for _ in range(options.rounds):
        best, taken = ours(X, y, groups, folds)
        seconds["sklimg, 2 processes"].append(taken)
        for name, n_jobs in peers.items():
            theirs, taken = plain(X, y, folds, n_jobs)
            seconds[name].append(taken)
            if best < theirs - 0.005:
                sys.exit(f"expected a best accuracy of {theirs:.4f} or nearly, got {best:.4f}")
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python "
          f"{platform.python_version()}, scikit-learn {sklearn.__version__}")  # fmt: skip
    print(f"best accuracy: sklimg {best:.4f}, GridSearchCV {theirs:.4f}")
    mine = median(seconds["sklimg, 2 processes"])
    for name, taken in seconds.items():
        print(f"{name:26} {median(taken):8.1f} s   {median(taken) / mine:5.2f}")
    ratio = median(seconds["GridSearchCV, n_jobs=2"]) / mine
    if ratio < 5:
        sys.exit(
            f"expected to be 5 times as fast as GridSearchCV on two processes, got {ratio:.2f}"
        )


if __name__ == "__main__":
    main()
