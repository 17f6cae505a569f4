"""What an image looks like: ink on paper, thin strokes; or dark, blurry, empty.

Floor 2: works on arrays, prints nothing.
"""

import numpy as np

__all__ = ["INK_SHARE", "judge_looks", "show_ink", "show_strokes"]

INK_SHARE = 0.8  # of the images show ink, or strokes, where the whole set is taken for it

_EMPTY = 2.0  # standard deviation in grey levels; the noise of a scanned blank has less
_DARK = 64  # grey level that hardly a pixel reaches
_PAPER = (63, 192)  # grey levels between which nothing is paper
_EVEN = (32, 0.55)  # paper differs by so many grey levels at most, and takes that share
_THICK = 0.25  # of the side: a square of this size fits into no stroke
_BLURRY = 0.3  # of the contrast goes into the Laplacian; at 64 pixels a blur of 2 % of the side


def show_ink(images: np.ndarray) -> np.ndarray:
    """Tell which images show ink on paper: most of each is one extreme grey.

    Parameters
    ----------
    images : ndarray of shape (n_images, side, side)
        Grey levels from 0 to 255.

    Returns
    -------
    are_ink : ndarray of shape (n_images,), bool
    """
    paper = np.median(images, axis=(1, 2))
    levels, share = _EVEN
    is_even = np.mean(_from_paper(images) <= levels, axis=(1, 2)) >= share
    return is_even & ((paper <= _PAPER[0]) | (paper >= _PAPER[1]))


def show_strokes(images: np.ndarray) -> np.ndarray:
    """Tell which images show thin ink on paper, as letters do and objects do not.

    Parameters and result are those of `show_ink`.
    """
    apart = _from_paper(images)
    marks = apart > apart.max(axis=(1, 2), keepdims=True) / 2
    size = max(2, round(_THICK * images.shape[1]))
    sums = np.pad(marks.cumsum(axis=1).cumsum(axis=2), ((0, 0), (1, 0), (1, 0)))
    inside = sums[:, size:, size:] - sums[:, :-size, size:]
    inside = inside - sums[:, size:, :-size] + sums[:, :-size, :-size]
    return show_ink(images) & ~np.any(inside == size**2, axis=(1, 2))


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


def _from_paper(images: np.ndarray) -> np.ndarray:
    """Return how many grey levels each pixel is from the median of its image."""
    grey = images.astype(np.float32)
    return np.abs(grey - np.median(grey, axis=(1, 2), keepdims=True))
