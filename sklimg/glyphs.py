"""One symbol on its paper: without rules and specks, in the middle of its frame.

Everything is decided by the tile alone, so a single image becomes what it would be
among others.

Floor 1: works on arrays; reads no file and prints nothing.

References
----------
.. [1] Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten
   digits", 1998.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from sklimg.borders import dilated, without_rules

__all__ = ["CONTENTS", "Glyph", "centre_glyph", "find_glyph", "frame_glyph"]

CONTENTS = ("auto", "glyph", "photo")  # what a tile shows; the first is the default
_FRAME = 28 / 20  # sides of MNIST's frame and of the box that its digits fill

_LEAST_CONTRAST = 20.0  # grey levels by which ink differs from paper
_INK = 0.35  # of the darkest ink; what is fainter is paper
_NEAR = 0.1  # of a tile's side, at each edge, where nothing but rules is
_CORE = 0.2  # of a tile's side, at each edge, around where a symbol is
_SPECK = 0.03  # of the largest part's ink
_STRAY = 0.12  # the same of a part that does not reach the core
_BAR = 0.5  # the same of a long thin one beside the symbol
_MOSTLY = 0.25  # of a part's ink that lies in the core, where it goes on to the neighbours
_DARK = 95  # percentile of a symbol's ink that becomes black
_MOST_INK = 0.42  # of a tile's pixels; a photo has more
_NEAR_PAPER = 0.1  # of the darkest ink; what is fainter is surely paper
_TILT = 60.0  # grey levels by which the paper of one tile may change
_FLAT = 0.48  # of a tile's pixels that are about the paper's grey


@dataclass
class Glyph:
    """A symbol on a tile.

    Attributes
    ----------
    paper : ndarray of shape (height, width) or (height, width, 3), float32
        The paper under it, lit from one side or evenly.
    cover : ndarray of shape (height, width), float32
        1 where the symbol is, 0 where paper is.
    """

    paper: np.ndarray
    cover: np.ndarray


def centre_glyph(tile: np.ndarray, size: tuple[int, int], content: str = CONTENTS[0]) -> np.ndarray:
    """Put the symbol of a tile into the middle of a clean frame.

    Rules, specks and what belongs to neighbours are gone. Paper becomes white (black,
    if it was dark) and the darkest ink black; the grey levels between keep their
    proportion. The symbol's longer side fills 20 / 28 of the frame and its centre of
    mass is the frame's centre, as in MNIST [1]_.

    Parameters
    ----------
    tile : ndarray of shape (height, width) or (height, width, 3), uint8
    size : tuple of int
        Of the frame, (height, width).
    content : {"auto", "glyph", "photo"}, default="auto"
        What the tile shows. A photo is left alone but for its size; "auto" takes for
        photos what is neither mostly paper nor strokes.

    Returns
    -------
    framed : ndarray of shape (height, width) or (height, width, 3), uint8
        Bare paper if the tile holds no symbol.

    Examples
    --------
    >>> tile = np.full((40, 40), 250, np.uint8)
    >>> tile[:, 0] = 90  # a rule
    >>> tile[3:11, 20:24] = 30  # a stroke
    >>> framed = centre_glyph(tile, (28, 28))
    >>> [int(v) for v in np.flatnonzero((framed < 99).any(axis=1))[[0, -1]]]
    [4, 23]
    """
    if content not in CONTENTS:
        raise ValueError(f"content must be one of {', '.join(CONTENTS)}, got {content!r}")
    glyph = None if content == "photo" else find_glyph(tile, sure=content == "glyph")
    if glyph is None:
        return np.asarray(Image.fromarray(tile).resize(size[::-1], Image.Resampling.BILINEAR))
    return frame_glyph(tile, glyph, size)


def frame_glyph(tile: np.ndarray, glyph: Glyph, size: tuple[int, int]) -> np.ndarray:
    """Return the symbol of a tile in the middle of a clean frame; see `centre_glyph`.

    Parameters
    ----------
    tile : ndarray of shape (height, width) or (height, width, 3), uint8
    glyph : Glyph
        As `find_glyph` found it.
    size : tuple of int
        Of the frame, (height, width).
    """
    if not glyph.cover.any():
        plain = 255 if np.mean(glyph.paper) >= 128 else 0
        return np.full((*size, *tile.shape[2:]), plain, np.uint8)
    cover = glyph.cover if tile.ndim == 2 else glyph.cover[:, :, None]
    ink = (tile.astype(np.float32) - glyph.paper) * cover
    plain = 255.0 if ink.sum() < 0 else 0.0  # whatever the light was, paper is lighter or darker
    weight = np.abs(ink) if tile.ndim == 2 else np.abs(ink).mean(axis=2)
    darkest = float(np.percentile(weight[glyph.cover > 0], _DARK))
    is_ink = weight > _INK * darkest
    rows, columns = (np.flatnonzero(is_ink.any(axis=1 - axis)) for axis in (0, 1))
    middle = np.array(ndimage.center_of_mass(weight)) + 0.5
    length = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    box = np.array(size) * length * _FRAME / min(size)  # height, width in pixels of the tile
    if np.abs(box - tile.shape[:2]).max() <= 2:
        # framed before: what is within a pixel of its place is there
        box = np.array(tile.shape[:2], float)
        if np.abs(middle - box / 2).max() <= 1:
            middle = box / 2
    pixels = _framed(ink * (255 / max(darkest, 1.0)), middle, box, size)
    return np.clip(np.rint(pixels + plain), 0, 255).astype(np.uint8)


def find_glyph(tile: np.ndarray, margin: float = 0.0, sure: bool = True) -> Glyph | None:
    """Return the symbol on a tile; None if the tile is a photo and *sure* is False.

    Parameters
    ----------
    tile : ndarray of shape (height, width) or (height, width, 3), uint8
    margin : float, default=0
        Share of the tile's side at each edge that is the neighbours'.
    sure : bool, default=True
        Whether the tile is known to hold a symbol.
    """
    paper = _paper(tile)
    contrast = np.abs(tile - paper)
    if tile.ndim == 3:
        contrast = contrast.mean(axis=2)
    darkest = float(np.percentile(_without_margin(contrast, margin), 99.5))
    if not sure and _is_photo(_inner(contrast, margin, _NEAR), darkest):
        return None
    if darkest < _LEAST_CONTRAST:
        return Glyph(paper, np.zeros(contrast.shape, np.float32))
    inked = contrast > max(_INK * darkest, _LEAST_CONTRAST / 2)
    inked = without_rules(inked, margin)
    parts, count = ndimage.label(inked, np.ones((3, 3)))
    kept = _own_parts(parts, count, contrast, margin)
    # the soft edge of a stroke belongs to it, a rule beside it does not
    cover = dilated(dilated(kept, 1, 0), 1, 1)
    cover &= kept | (contrast < _INK * darkest)
    return Glyph(paper, cover.astype(np.float32))


def _paper(tile: np.ndarray) -> np.ndarray:
    """Return the paper under a tile: the plane through most of its grey levels."""
    height, width = tile.shape[:2]
    step = max(1, min(height, width) // 32)
    some = tile[::step, ::step].astype(np.float32)
    y, x = np.indices(some.shape[:2], np.float32) * step
    shapes = np.stack([np.ones_like(y), y / height - 0.5, x / width - 0.5], axis=-1).reshape(-1, 3)
    levels = some.reshape(len(shapes), -1)
    plane = np.zeros((3, levels.shape[1]), np.float32)
    plane[0] = np.median(levels, axis=0)
    for _ in range(4):
        off = np.abs(levels - shapes @ plane).mean(axis=1)
        near = off <= max(1.5 * float(np.median(off)), 2.0)
        found = np.linalg.lstsq(shapes[near], levels[near], rcond=None)[0]
        # ink at one side only must not tilt the paper out of sight
        plane = np.clip(found, [[0], [-_TILT], [-_TILT]], [[255], [_TILT], [_TILT]])
    across = np.arange(width, dtype=np.float32)[None, :, None] / width - 0.5
    down = np.arange(height, dtype=np.float32)[:, None, None] / height - 0.5
    paper = (plane[0] + down * plane[1] + across * plane[2]).astype(np.float32)
    return paper[..., 0] if tile.ndim == 2 else paper


def _is_photo(contrast: np.ndarray, darkest: float) -> bool:
    """Tell whether a tile is neither mostly paper nor strokes."""
    near = max(_NEAR_PAPER * darkest, 6.0)
    least = max(_INK * darkest, _LEAST_CONTRAST / 2)
    return bool(np.mean(contrast > least) > _MOST_INK or np.mean(contrast < near) < _FLAT)


def _own_parts(parts: np.ndarray, count: int, contrast: np.ndarray, margin: float) -> np.ndarray:
    """Return where those parts are that are the tile's symbol."""
    if not count:
        return np.zeros(parts.shape, bool)
    sizes = np.bincount(parts.ravel(), contrast.ravel(), count + 1)
    core, inside = (
        np.bincount(part.ravel(), weight.ravel(), count + 1)
        for share in (_CORE, _NEAR)
        for part, weight in [(_inner(parts, margin, share), _inner(contrast, margin, share))]
    )
    at_edge = np.zeros(count + 1, bool)
    at_edge[np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])] = True
    own = (core > _MOSTLY * sizes) | ((inside > 0) & ~at_edge)
    own[0] = False
    if own.any():
        largest = int(np.where(own, sizes, 0).argmax())
        least = np.where(core > 0, _SPECK, _STRAY)
        for part in np.flatnonzero(own & (core == 0)):
            least[part] = _least_share(parts == part, parts == largest)
        own &= sizes >= least * sizes[largest]
    return own[parts]


def _least_share(part: np.ndarray, largest: np.ndarray) -> float:
    """Return of how much of the largest part's ink one near the edges has to be.

    A dot above or below is a symbol's own, a bar beside it what is left of a rule.
    """
    rows, columns = (np.flatnonzero(part.any(axis=1 - axis)) for axis in (0, 1))
    under = np.flatnonzero(largest.any(axis=0))
    sides = sorted((rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1))
    is_over = under[0] <= (columns[0] + columns[-1]) / 2 <= under[-1]
    if sides[1] < 3 * sides[0]:
        return _SPECK if is_over else _STRAY
    return _STRAY if is_over else _BAR


def _inner(picture: np.ndarray, margin: float, share: float) -> np.ndarray:
    """Return a tile without its margin and a share of its sides at each edge."""
    return _without_margin(picture, margin + share * (1 - 2 * margin))


def _framed(
    ink: np.ndarray, middle: np.ndarray, box: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """Return the part of a tile of the size of *box* around *middle*, *size* pixels large."""
    low = np.floor(middle - box / 2).astype(int) - 2
    high = np.ceil(middle + box / 2).astype(int) + 2
    before = np.maximum(-low, 0)
    after = np.maximum(high - ink.shape[:2], 0)
    ink = np.pad(ink, [(before[0], after[0]), (before[1], after[1]), (0, 0)][: ink.ndim])
    top, left = middle + before - box / 2
    edges = (left, top, left + box[1], top + box[0])
    channels = [ink] if ink.ndim == 2 else list(np.moveaxis(ink, 2, 0))
    framed = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(channel)).resize(
                size[::-1], Image.Resampling.BILINEAR, box=edges
            )
        )
        for channel in channels
    ]
    return framed[0] if ink.ndim == 2 else np.stack(framed, axis=2)


def _without_margin(tile: np.ndarray, margin: float) -> np.ndarray:
    """Return a tile without the share of its sides that is the neighbours'."""
    down, across = (round(length * margin) for length in tile.shape[:2])
    return tile[down : tile.shape[0] - down, across : tile.shape[1] - across]
