"""The borders of a tile: where rules run, and strokes of neighbours reach in.

Floor 1: works on arrays; reads no file and prints nothing.
"""

import numpy as np
from scipy import ndimage

__all__ = ["dilated", "without_rules"]

_BAND = 0.22  # of a tile's side, at each edge, where rules may run
_NEAR = 0.1  # the same where the neighbours' margin tells where the tile ends
_RULE = 0.5  # of a tile's side that a rule is at least long
_CROSSES = 1.6  # thicknesses of a rule that a stroke across it is at least long


def without_rules(inked: np.ndarray, margin: float) -> np.ndarray:
    """Return ink without long thin lines near the edges; strokes across them stay.

    Parameters
    ----------
    inked : ndarray of shape (height, width), bool
    margin : float
        Share of the tile's side at each edge that is the neighbours'.
    """
    left = inked.copy()
    for axis in (0, 1):
        rules = _rules(inked if axis == 0 else inked.T, margin)
        left &= ~(rules if axis == 0 else rules.T)
    return left


def _rules(inked: np.ndarray, margin: float) -> np.ndarray:
    """Return the pixels of lines that run from left to right near the top or the bottom."""
    height, width = inked.shape
    closed = _eroded(dilated(inked, gap := max(1, round(0.04 * width)), 1), gap, 1)
    # a line may fall by a pixel or two on its way: it is looked for in a thicker one
    thick = dilated(closed, max(1, round(0.02 * height)), 0)
    half = max(1, round(_RULE * width * (1 - 2 * margin)) // 2)
    runs = dilated(_eroded(thick, half, 1), half, 1)
    reach = _NEAR if margin else _BAND
    band = round(height * (margin + reach * (1 - 2 * margin)))
    runs[band : height - band] = False
    # a rule runs on beyond the tile, the foot of a symbol ends in it
    parts, count = ndimage.label(runs)
    ends = np.unique(parts[:, [0, -1]])
    is_rule = np.zeros(count + 1, bool)
    is_rule[ends[ends > 0]] = True
    rules = is_rule[parts] & inked
    middle = height // 2
    for side in (slice(0, middle), slice(middle, height)):
        widths = rules[side].sum(axis=0)
        if widths.any():  # a stroke that crosses goes on beyond the rule
            thickness = np.percentile(widths[widths > 0], 75)
            most = max(1, min(round(_CROSSES * thickness), middle - 1) // 2)
            tall = dilated(_eroded(inked[side], most, 0, edge=0), most, 0) & rules[side]
            rules[side] &= ~dilated(_eroded(tall, 1, 1, edge=0), 1, 1)  # and has some width
    return rules


def dilated(mask: np.ndarray, reach: int, axis: int) -> np.ndarray:
    """Return what lies within *reach* pixels of a mask, a bool ndarray, along an axis."""
    grown = ndimage.maximum_filter1d(mask.view(np.uint8), 2 * reach + 1, axis, mode="constant")
    return grown.view(bool)


def _eroded(mask: np.ndarray, reach: int, axis: int, edge: int = 1) -> np.ndarray:
    """Return what has *reach* pixels on both sides; beyond the tile there is *edge*."""
    size = 2 * reach + 1
    return ndimage.minimum_filter1d(
        mask.view(np.uint8), size, axis, mode="constant", cval=edge
    ).view(bool)
