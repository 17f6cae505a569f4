"""Are histograms of oriented gradients made faster than by scikit-image?

    python tools/bench/hog.py

2,000 drawn images of 28x28 grey pixels, cells of 4x4, blocks of 2x2, on one thread; the same in
colour. Median of 5, microseconds an image. First, the numbers must be scikit-image's to 1e-5.
Fails under 6 times. No network; ten seconds.
"""

import sys
from collections.abc import Callable
from importlib.metadata import version
from time import perf_counter

import numpy as np
from machine import machine
from skimage.feature import hog as peer_hog
from threadpoolctl import threadpool_limits

from sklimg.hog import hog

N, SIDE, CELL, LEAST = 2000, 28, (4, 4), 6.0


def blurred(channels: tuple[int, ...]) -> np.ndarray:
    """Return images of coarse noise, a little blurred, with an edge in each."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (N, SIDE, SIDE, *channels)).astype(np.float32)
    for axis in (1, 2):
        images = (np.roll(images, 1, axis) + images + np.roll(images, -1, axis)) / 3
    images[:, 9:] += 60
    return np.clip(images, 0, 255).astype(np.uint8)


def one_by_one(images: np.ndarray) -> np.ndarray:
    """Return scikit-image's features."""
    axis = -1 if images.ndim == 4 else None
    return np.array([peer_hog(image, 9, CELL, (2, 2), channel_axis=axis) for image in images])


def seconds(run: Callable[[], object]) -> float:
    """Return the median time of five runs."""
    took = []
    for _ in range(5):
        start = perf_counter()
        run()
        took.append(perf_counter() - start)
    return float(np.median(took))


if __name__ == "__main__":
    print(f"{machine()}, scikit-image {version('scikit-image')}")
    with threadpool_limits(1):
        for name, channels in (("grey", ()), ("colour", (3,))):
            images = blurred(channels)
            np.testing.assert_allclose(hog(images, 9, CELL), one_by_one(images), atol=1e-5)
            peer = seconds(lambda: one_by_one(images)) / N * 1e6  # noqa: B023 - run at once
            ours = seconds(lambda: hog(images, 9, CELL)) / N * 1e6  # noqa: B023 - run at once
            print(f"{name:7} {ours:6.1f} us   scikit-image {peer:6.1f} us   {peer / ours:5.1f} x")
            if peer < LEAST * ours:
                sys.exit(f"{name}: {peer / ours:.1f} x, at least {LEAST} expected")
