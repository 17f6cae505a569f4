"""What is wrong with the looks of an image: dark, blurry, empty.

Floor 2: works on arrays, prints nothing.
"""

import numpy as np

__all__ = ["judge_looks"]

_EMPTY = 2.0  # standard deviation in grey levels; the noise of a scanned blank has less
_DARK = 64  # grey level that hardly a pixel reaches
_BLURRY = 0.3  # of the contrast goes into the Laplacian; at 64 pixels a blur of 2 % of the side


def judge_looks(images: np.ndarray) -> np.ndarray:
    """Return what is wrong with each image.

    Parameters
    ----------
    images : ndarray of shape (n_images, side, side), uint8
        Grey, 64 pixels a side or less.

    Returns
    -------
    looks : ndarray of shape (n_images,) of str
        "empty": a blank; "dark": 99 % of the pixels below a quarter of the
        scale; "blurry": hardly any fine structure for its contrast; else "".

    Examples
    --------
    >>> judge_looks(np.full((1, 8, 8), 200, np.uint8)).tolist()
    ['empty']
    """
    grey = images.astype(np.float32)
    spread = grey.std(axis=(1, 2))
    looks = np.full(len(grey), "", object)
    if grey.shape[1] > 2:
        looks[_laplacian(grey).std(axis=(1, 2)) < _BLURRY * spread] = "blurry"
    looks[np.quantile(grey, 0.99, axis=(1, 2)) < _DARK] = "dark"
    looks[spread < _EMPTY] = "empty"
    return looks


def _laplacian(grey: np.ndarray) -> np.ndarray:
    """Return how far each inner pixel is from the mean of its four neighbours, times four."""
    beside = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    return 4 * grey[:, 1:-1, 1:-1] - beside
