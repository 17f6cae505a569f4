"""Are tables read and written as fast as the work allows?

    python tools/bench/tables.py

60,000 rows of 28x28 pixels, the wide layout against pandas (default types), the vector layout
against splitting strings in Python. Best of 3 in turn, seconds. Fails if anything read differs
from what was written, or if reading takes over 1.2 times pandas' time, the vector layout is not
5 times as fast as the plain way, or writing not twice as fast as DataFrame.to_csv. No network;
about 400 MB on disk for two minutes.
"""

import csv
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from machine import machine

from sklimg.table import Table, read_table, write_table

N_IMAGES, N_PIXELS, RUNS = 60_000, 784, 3


def make_table() -> Table:
    """Return images as such tables hold them: half background, the rest any grey."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (N_IMAGES, N_PIXELS), np.uint8)
    pixels[rng.random(pixels.shape) < 0.5] = 0
    labels = rng.integers(0, 10, N_IMAGES).astype(str)
    return Table(pixels, labels, [f"{label}/{i}.png" for i, label in enumerate(labels)])


def split_strings(path: Path) -> np.ndarray:
    """Read the vector layout the plain way, into floats."""
    csv.field_size_limit(sys.maxsize)
    with path.open(newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return np.array([[float(number) for number in row[0].split(",")] for row in rows])


def best(*jobs: Callable) -> list[float]:
    """Return the best time of each job, run in turn."""
    times = [[] for _ in jobs]
    for _ in range(RUNS):
        for job, seconds in zip(jobs, times, strict=True):
            start = perf_counter()
            job()
            seconds.append(perf_counter() - start)
    return [min(seconds) for seconds in times]


if __name__ == "__main__":
    table = make_table()
    frame = pd.DataFrame(table.pixels, columns=[f"pixel{i}" for i in range(N_PIXELS)])
    frame.insert(0, "label", table.labels)
    with tempfile.TemporaryDirectory() as folder:
        wide, vector, peer = (Path(folder, f"{n}.csv") for n in ("wide", "vector", "peer"))
        ours_write, pandas_write = best(
            lambda: write_table(table, wide), lambda: frame.to_csv(peer, index=False)
        )
        write_table(table, vector, "vector")
        for path in (wide, vector):
            np.testing.assert_array_equal(read_table(path).pixels, table.pixels)
        np.testing.assert_array_equal(pd.read_csv(wide).iloc[:, 2:].to_numpy(), table.pixels)
        np.testing.assert_array_equal(split_strings(vector), table.pixels)
        ours_wide, pandas_wide = best(lambda: read_table(wide), lambda: pd.read_csv(wide))
        ours_vector, plain_vector = best(lambda: read_table(vector), lambda: split_strings(vector))
    print(machine())
    print(
        f"read wide     ours {ours_wide:6.2f} s   pandas {pandas_wide:6.2f} s   "
        f"ratio {ours_wide / pandas_wide:5.2f}"
    )
    print(
        f"read vector   ours {ours_vector:6.2f} s   plain  {plain_vector:6.2f} s   "
        f"ratio {plain_vector / ours_vector:5.1f}"
    )
    print(
        f"write wide    ours {ours_write:6.2f} s   pandas {pandas_write:6.2f} s   "
        f"ratio {pandas_write / ours_write:5.1f}"
    )
    if ours_wide > 1.2 * pandas_wide or plain_vector < 5 * ours_vector:
        raise SystemExit(
            "reading should take at most 1.2 times pandas' time, and a fifth of plain's"
        )
    if pandas_write < 2 * ours_write:
        raise SystemExit("writing should be twice as fast as pandas")
