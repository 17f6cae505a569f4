"""Symbols that lean, set upright.

Floor 1: works on arrays, prints nothing.

References
----------
.. [1] Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to
   document recognition", Proceedings of the IEEE, 1998.
"""

import numpy as np

__all__ = ["deslant"]

_STEEPEST = 1.0  # pixels to the side for each pixel down


def deslant(images: np.ndarray) -> np.ndarray:
    """Shear each image so that its symbol stands upright, as in [1]_.

    What differs from the border's median is the symbol. Rows are shifted until columns
    and rows of its ink are uncorrelated, by 45 degrees at most.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width) or (n_images, height, width, 3), uint8

    Returns
    -------
    upright : ndarray of the same shape, uint8

    Examples
    --------
    >>> image = np.zeros((5, 5), np.uint8)
    >>> image[range(5), range(5)] = 200  # a line that leans
    >>> deslant(image[None])[0].any(axis=0).tolist()
    [False, False, True, False, False]
    """
    n, height, width = images.shape[:3]
    levels = images.reshape(n, height, width, -1).astype(np.float32)
    edges = [levels[:, 0], levels[:, -1], levels[:, :, 0], levels[:, :, -1]]
    paper = np.median(np.concatenate(edges, axis=1), axis=1)[:, None, None]
    levels -= paper
    ink = np.abs(levels).mean(axis=3)
    mass = np.maximum(ink.sum(axis=(1, 2)), 1e-6)
    down, across = np.arange(height, dtype=np.float32), np.arange(width, dtype=np.float32)
    middle = (ink.sum(axis=2) @ down) / mass
    offsets = down - middle[:, None]
    spread = np.einsum("ijk,ij->i", ink, offsets**2)
    lean = np.einsum("ijk,ij,k->i", ink, offsets, across) / np.maximum(spread, 1e-6)
    shift = np.clip(lean, -_STEEPEST, _STEEPEST)[:, None] * offsets
    places = across + shift[:, :, None]
    left = np.floor(places).astype(np.intp)
    share = (places - left)[..., None]
    padded = np.pad(levels, [(0, 0), (0, 0), (1, 1), (0, 0)])

    def at(columns: np.ndarray) -> np.ndarray:
        inside = np.clip(columns + 1, 0, width + 1)
        return np.take_along_axis(padded, inside[..., None], axis=2)

    moved = at(left) * (1 - share) + at(left + 1) * share + paper
    return np.clip(np.rint(moved), 0, 255).astype(np.uint8).reshape(images.shape)
