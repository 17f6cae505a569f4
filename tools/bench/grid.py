"""How long does a grid search take, and how much of that is saved?

    python tools/bench/grid.py [--rounds 1] [--peers float64,float32,alone] [--quarter]

The 300 vectors of two sheets in SKLIMG_SHARED, of which 100 are second copies, in five
grouped folds; 144 candidates: hidden layers of 50, 100, 200 and 300, three activations,
four penalties, 200, 300 or 400 epochs at most: 720 fits. sklimg's search with its
MLPClassifier on two processes stands against plain GridSearchCV with scikit-learn's, of
the same parameters and folds: on two processes, given numbers of 0 to 1 in float64 as
scikit-learn's own scalers give them; the same in float32; and in float64 without
processes ("alone", which is left out unless asked for). With --quarter, a single penalty
is tried. Seconds, medians of the rounds. Fails if the best cross-validated accuracy is
lower by more than 0.005, or if the search is not five times as fast as the first. Takes
about 15 minutes.
"""

import argparse
import math
import os
import sys
import warnings
from collections import defaultdict
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from machine import machine
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier as PlainMLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklimg import MLPClassifier, read_data
from sklimg.digests import pixel_digests
from sklimg.grouping import group_rows
from sklimg.search import grid_search
from sklimg.splits import grouped_folds
from sklimg.transformers import PixelScaler
from sklimg.workers import Workers

PEERS = {"float64": ("float64", 2), "float32": ("float32", 2), "alone": ("float64", None)}
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


def plain(X, y, folds, dtype, n_jobs):
    """Return the best accuracy and the seconds of GridSearchCV, without a last fit."""
    classifier = PlainMLPClassifier(random_state=0)
    steps = [("centre", StandardScaler(with_std=False)), ("classify", classifier)]
    search = GridSearchCV(Pipeline(steps), GRID, cv=folds, n_jobs=n_jobs, refit=False)
    X = (X / 255).astype(dtype)
    start = perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search.fit(X, y)
    return search.best_score_, perf_counter() - start


def main():
    """Run the searches and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--peers", default="float64,float32")
    parser.add_argument("--quarter", action="store_true", help="a single penalty: 180 fits")
    options = parser.parse_args()
    if options.quarter:
        GRID["classify__alpha"] = GRID["classify__alpha"][:1]
    os.environ["PYTHONWARNINGS"] = "ignore"  # of scikit-learn, in its workers
    X, y, groups, folds = read_vectors()
    print(machine(), flush=True)
    seconds, best = defaultdict(list), {}
    for _ in range(options.rounds):
        best["sklimg"], taken = ours(X, y, groups, folds)
        seconds["sklimg"].append(taken)
        for name in options.peers.split(","):
            best[name], taken = plain(X, y, folds, *PEERS[name])
            seconds[name].append(taken)
    mine = median(seconds["sklimg"])
    for name, taken in seconds.items():
        ratio = median(taken) / mine
        print(f"{name:10} {median(taken):8.1f} s   {ratio:5.2f}   best accuracy {best[name]:.4f}")
        if best["sklimg"] < best[name] - 0.005:
            sys.exit(f"expected a best accuracy of {best[name]:.4f} or nearly")
    if median(seconds.get("float64", [math.inf])) < 5 * mine:
        sys.exit("expected to be five times as fast as GridSearchCV on two processes")


if __name__ == "__main__":
    main()
