"""What do more workers gain, and when do they gain no more?

    python tools/bench/cluster.py

A search of 16 candidates on five folds of 1,797 digits of scikit-learn's (80 fits), by
this process, by two processes, and by one and two Dask workers on this machine. First
all scores must be equal. Then seconds, without the start of the workers and with it.
The model: T(n) = s + w / n for n workers, with s, what is done once, and w, what is
shared, from the two Dask figures; n is cut to the number of trainings. No network; two
minutes; Dask from the extra dask.
"""

from time import perf_counter

import numpy as np
from machine import machine
from sklearn.datasets import load_digits

from sklimg.cluster import open_workers
from sklimg.pipeline import build_pipeline, full_names
from sklimg.search import grid_search
from sklimg.splits import grouped_folds

GRID = {
    "hidden_layer_sizes": [(100,), (200,)],
    "dropout": [0.0, 0.3],
    "learning_rate_init": [2e-3, 5e-3],
    "alpha": [1e-4, 1e-2],
}
WHO = {
    "this process": ("loky", 1),
    "2 processes": ("loky", 2),
    "1 Dask worker": ("dask", 1),
    "2 Dask workers": ("dask", 2),
}
MORE = (4, 8, 16, 32, 80)


def search(backend, jobs):
    """Return the scores of a search, its seconds, and those with the start of the workers."""
    X, y = load_digits(return_X_y=True)
    X, y = (X * 16).clip(0, 255).astype(np.uint8), y.astype(str).astype(object)
    folds = grouped_folds(y, np.arange(len(y)), 5, np.random.default_rng(0))
    base = build_pipeline()
    start = perf_counter()
    with open_workers(backend, jobs, None, lambda *_: None) as workers:
        list(workers.run(abs, [(1,)] * workers.n))
        ready = perf_counter()
        found = grid_search(base, full_names(base, GRID), X, y, folds, workers=workers)
        done = perf_counter()
    return found.trials.scores, done - ready, done - start


def main():
    """Measure, compare and print."""
    print(machine())
    seconds, first = {}, None
    for name, (backend, jobs) in WHO.items():
        scores, taken, whole = search(backend, jobs)
        first = scores if first is None else first
        np.testing.assert_array_equal(scores, first)
        seconds[name] = taken
        print(f"{name:16} {taken:7.1f} s   {whole:7.1f} s with its start", flush=True)
    one, two = seconds["1 Dask worker"], seconds["2 Dask workers"]
    shared = 2 * (one - two)
    once = max(one - shared, 0.0)
    print(f"T(n) = {once:.1f} s + {shared:.1f} s / n")
    for n in MORE:
        print(
            f"{n:3} workers: {once + shared / n:7.1f} s, {one / (once + shared / n):5.1f} times one"
        )


if __name__ == "__main__":
    main()
