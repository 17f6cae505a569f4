"""What is written on paper: ink, whatever the light was.

Ink is a float32 array in [0, 1]: 0 is bare paper, 1 is black on it. Dark paper with
light ink is turned round first.

Floor 1: works on arrays; reads no file and prints nothing.
"""

import numpy as np
from PIL import Image
from scipy import ndimage

__all__ = ["is_dark_paper", "measure_ink", "reduce_sheet"]

_BLOCK = 48  # pixels; wider than a stroke, so that most of a block is paper
_LIGHT_STEP = 6  # the light is measured on every sixth pixel
_CLOSED = 9  # steps that a stroke or a rule may be wide
_DARKEST = 8.0  # grey levels of the darkest paper


def reduce_sheet(sheet: np.ndarray, most: int) -> tuple[np.ndarray, float]:
    """Make a sheet grey and at most *most* pixels high and wide.

    Parameters
    ----------
    sheet : ndarray of shape (height, width) or (height, width, 3), uint8
    most : int

    Returns
    -------
    grey : ndarray of shape (height * scale, width * scale), uint8
        Means of the pixels that fall together.
    scale : float
        At most 1.
    """
    height, width = sheet.shape[:2]
    scale = min(1.0, most / max(height, width))
    image = Image.fromarray(sheet)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = image.resize(size, Image.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(image.convert("L")), scale


def is_dark_paper(grey: np.ndarray) -> bool:
    """Tell whether the ink is lighter than the paper.

    Paper is what most of a small block is; ink lies to one side of it.
    """
    block = min(_BLOCK, *grey.shape)
    rows, columns = (length // block for length in grey.shape)
    blocks = grey[: rows * block, : columns * block].reshape(rows, block, columns, block)
    blocks = blocks.swapaxes(1, 2).reshape(-1, block * block)
    low, paper, high = np.percentile(blocks, [3, 50, 97], axis=1)
    return bool((high - paper).sum() > (paper - low).sum())


def measure_ink(grey: np.ndarray) -> np.ndarray:
    """Return the ink on a grey sheet: by what share each pixel is darker than its paper.

    The light on the paper is the sheet with everything narrower than a few dozen
    pixels closed, and smoothed.

    Parameters
    ----------
    grey : ndarray of shape (height, width), uint8

    Returns
    -------
    ink : ndarray of shape (height, width), float32, in [0, 1]
    """
    grey = grey.astype(np.float32)
    if is_dark_paper(grey):
        grey = 255 - grey
    image = Image.fromarray(grey)
    size = tuple(max(1, length // _LIGHT_STEP) for length in image.size)
    small = np.asarray(image.resize(size, Image.Resampling.BOX))
    light = ndimage.gaussian_filter(ndimage.grey_closing(small, (_CLOSED, _CLOSED)), 2)
    light = np.asarray(Image.fromarray(light).resize(image.size, Image.Resampling.BILINEAR))
    return np.clip(1 - grey / np.maximum(light, _DARKEST), 0, 1)
