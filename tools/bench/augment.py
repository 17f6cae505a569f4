"""Are changed copies made fast enough to make them in every fit?

    python tools/bench/augment.py

Copies of 60,000 drawn images of 28x28 grey pixels, light and strong, on one thread, against
SciPy's affine_transform, image by image, on every thirtieth of them. Median of 3, seconds. First,
copies that are only shifted must be those of SciPy. Fails over 2 s. No network; half a minute.
"""

import sys
from collections.abc import Callable
from time import perf_counter

import numpy as np
from machine import machine
from scipy.ndimage import affine_transform
from scipy.ndimage import shift as shifted
from threadpoolctl import threadpool_limits

from sklimg.warpedcopies import CHANGES, Changes, warp_copies

N, SIDE, EACH, LIMIT_SECONDS = 60_000, 28, 30, 2.0


def strokes() -> np.ndarray:
    """Return images of a stroke each, on black."""
    rng = np.random.default_rng(0)
    y, x = np.indices((SIDE, SIDE))
    angle, reach = rng.uniform(0, np.pi, (2, N, 1, 1))
    across = (y - SIDE / 2) * np.cos(angle) + (x - SIDE / 2) * np.sin(angle)
    along = (x - SIDE / 2) * np.cos(angle) - (y - SIDE / 2) * np.sin(angle)
    return (250 * ((np.abs(across) < 2) & (np.abs(along) < 4 + 2 * reach))).astype(np.uint8)


def assert_equal_shifts(images: np.ndarray) -> None:
    """Compare copies that are only shifted with SciPy's."""
    some = images[:60].astype(np.float64)
    copies = warp_copies(some, Changes(0, 0, 0.2, 0, 0, 0), np.random.default_rng(1))
    moves = np.random.default_rng(1).uniform(-1, 1, (5, 60))[3:].T * 0.2 * SIDE
    for image, copy, move in zip(some, copies, moves, strict=True):
        expected = shifted(image, -move, order=1, mode="grid-constant", cval=0)
        np.testing.assert_allclose(copy, expected, atol=0.01)
    print("equal shifts: ours, SciPy's")


def one_by_one(images: np.ndarray) -> None:
    """Turn images a little with SciPy."""
    turn = np.array([[0.99, 0.1], [-0.1, 0.99]])
    for image in images:
        affine_transform(image, turn, order=1)


def seconds(run: Callable[[], object]) -> float:
    """Return the median time of three runs."""
    took = []
    for _ in range(3):
        start = perf_counter()
        run()
        took.append(perf_counter() - start)
    return float(np.median(took))


if __name__ == "__main__":
    print(machine())
    images = strokes()
    assert_equal_shifts(images)
    with threadpool_limits(1):
        peer = EACH * seconds(lambda: one_by_one(images[::EACH]))
        for name, changes in CHANGES.items():
            rng = np.random.default_rng(0)
            took = seconds(lambda: warp_copies(images, changes, rng))  # noqa: B023 - run at once
            print(f"{name:7} {took:6.2f} s   SciPy one by one {peer:6.2f} s   {peer / took:4.1f} x")
            if took > LIMIT_SECONDS:
                sys.exit(f"{name}: {took:.2f} s, {LIMIT_SECONDS} allowed")
