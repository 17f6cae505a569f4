"""The frame of a form in a photo: which four marks it is, and which way up.

A frame is an array of shape (4, 2): the centres of the marks at the top left, top
right, bottom right and bottom left of the paper. Places in it are (v, u), (0, 0) at
the first and (1, 1) at the third of them. Which of the frames that a few marks could
be is right, the first row of the code tells: it lies on the lower side.

Floor 1: works on arrays; reads no file and prints nothing.
"""

from itertools import combinations

import numpy as np
from scipy.ndimage import map_coordinates, uniform_filter, uniform_filter1d

from sklimg.codes import decode_code, encode_code, row_patterns

__all__ = [
    "CODE_COLUMNS",
    "CODE_PITCH",
    "CODE_SIDES",
    "bend",
    "code_places",
    "read_code",
    "settle_bow",
    "settle_frame",
    "through",
]

CODE_COLUMNS = 80
CODE_SIDES = (0.06, 0.94)  # u where the code begins and ends
CODE_PITCH = 1 / 134  # of v from a row of the code up to the next

_MOST_MARKS = 8  # of which four may be those of the form
_BOWS = np.linspace(-0.015, 0.015, 13)  # of v by which paper may bend at its middle
_FINE_BOWS = np.linspace(-0.016, 0.016, 65)
_SLANTS = np.linspace(-0.3, 0.3, 31)  # how much perspective a photo may have
_LIKENESS = 0.45  # correlation of a first row with the best pattern
_TRIES = 16


def read_code(
    grey: np.ndarray, marks: np.ndarray
) -> tuple[bytes, np.ndarray, int | None, float] | None:
    """Find the form whose corners are among *marks* and read its code.

    Parameters
    ----------
    grey : ndarray of shape (height, width), uint8
    marks : ndarray of shape (n_marks, 2)
        Centres as (y, x), the likest first. Three are enough.

    Returns
    -------
    payload : bytes
    frame : ndarray of shape (4, 2)
    guessed : int or None
        Which corner of the frame no mark stood for.
    bow : float
        How far down the paper bends in the middle of its lower side, in parts of v.
    """
    marks = marks[:_MOST_MARKS]
    frames = [_ordered(marks[list(four)]) for four in combinations(range(len(marks)), 4)]
    frames = [turned for frame in frames if _is_convex(frame) for turned in _turned(frame)]
    if frames:
        frames = np.array(frames)
        flat_first = sorted(_BOWS, key=abs)
        seen = [_first_rows(grey, frames, bow) for bow in flat_first]
        likeness, rows = (np.concatenate(part) for part in zip(*seen, strict=True))
        likeness[: len(frames)] += 0.1  # most paper is flat
        for i in np.argsort(-likeness)[:_TRIES]:
            if likeness[i] > _LIKENESS:
                frame, bow = frames[i % len(frames)], flat_first[i // len(frames)]
                payload = decode_code(_modules(grey, frame[None], rows[i], bow)[0] > 0)
                if payload is not None:
                    return payload, frame, None, bow
    for three in combinations(range(min(len(marks), 4)), 3):
        found = _read_with_three(grey, marks[list(three)])
        if found:
            return found
    return None


def through(frames: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return where places of frames are in the photo.

    Parameters
    ----------
    frames : ndarray of shape (..., 4, 2)
    places : ndarray of shape (n_places, 2)
        As (v, u).

    Returns
    -------
    points : ndarray of shape (..., n_places, 2)
        As (y, x).

    Examples
    --------
    >>> import numpy as np
    >>> from sklimg.frames import through
    >>> frame = np.array([[0, 0], [0, 8], [4, 8], [4, 0]])
    >>> through(frame, np.array([[0.5, 0.25]])).tolist()
    [[2.0, 2.0]]
    """
    first, second, third, fourth = np.moveaxis(np.asarray(frames, float), -2, 0)
    across, down, bend = second - third, fourth - third, first - second + third - fourth
    whole = _cross(across, down)
    whole = np.where(np.abs(whole) < 1e-9, 1e-9, whole)
    g, h = (_cross(bend, down) / whole)[..., None], (_cross(across, bend) / whole)[..., None]
    a, b = second - first + g * second, fourth - first + h * fourth
    v, u = places[:, :1], places[:, 1:]
    above = a[..., None, :] * u + b[..., None, :] * v + first[..., None, :]
    below = g[..., None, :] * u + h[..., None, :] * v + 1
    return above / np.where(np.abs(below) < 1e-3, 1e-3, below)


def bend(places: np.ndarray, bow: float) -> np.ndarray:
    """Return places (v, u) of paper that bends down by *bow* of v halfway between its sides."""
    v, u = places[..., 0], places[..., 1]
    return np.stack([v + bow * 4 * u * (1 - u), u], axis=-1)


def settle_bow(grey: np.ndarray, frame: np.ndarray, dark: np.ndarray, pale: np.ndarray) -> float:
    """Return the bow at which dark places lie on dark and pale on pale; see `settle_frame`."""
    light = uniform_filter(grey.astype(np.float32), 3)
    contrast = [
        _seen(light, frame[None], bend(pale, bow)).mean()
        - _seen(light, frame[None], bend(dark, bow)).mean()
        for bow in _FINE_BOWS
    ]
    return float(_FINE_BOWS[int(np.argmax(contrast))])


def settle_frame(
    grey: np.ndarray, frame: np.ndarray, guessed: int, dark: np.ndarray, pale: np.ndarray
) -> np.ndarray:
    """Move the guessed corner of a frame to where dark places lie on dark and pale on pale.

    Parameters
    ----------
    grey : ndarray of shape (height, width), uint8
    frame : ndarray of shape (4, 2)
    guessed : int
    dark, pale : ndarrays of shape (n_places, 2)
        As (v, u).

    Returns
    -------
    frame : ndarray of shape (4, 2)
    """
    size = np.ptp(frame, axis=0).max()
    light = grey.astype(np.float32)
    near, far = _square(2), _square(8)
    for reach in (0.008, 0.006, 0.004, 0.0025, 0.0015, 0.001, 0.0005, 0.00025):
        soft = uniform_filter(light, max(1, int(reach * size / 2)))
        for steps in (far if reach == 0.008 else near, near, near):
            frames = np.repeat(frame[None], len(steps), axis=0)
            frames[:, guessed] += steps * reach * size
            contrast = _seen(soft, frames, pale).mean(axis=1)
            contrast -= _seen(soft, frames, dark).mean(axis=1)
            frame = frames[contrast.argmax()]
    return frame


def code_places(payload: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return the places (v, u) of the black and of the white modules of a code."""
    modules = encode_code(payload, CODE_COLUMNS)
    places, black = _places(np.arange(len(modules))), modules.ravel()
    return places[black], places[~black]


def _square(reach: int) -> np.ndarray:
    """Return whole numbers (y, x) from -reach to reach."""
    side = np.arange(-reach, reach + 1)
    return np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)


def _read_with_three(
    grey: np.ndarray, marks: np.ndarray
) -> tuple[bytes, np.ndarray, int, float] | None:
    """Read the code of a form of which three corners are seen; see `read_code`."""
    marks = _ordered(marks)
    sides = np.stack([np.roll(marks, -1, axis=0) - marks, np.roll(marks, 1, axis=0) - marks])
    cosines = (sides[0] * sides[1]).sum(axis=-1) / np.linalg.norm(sides, axis=-1).prod(axis=0)
    marks = np.roll(marks, 1 - int(np.abs(cosines).argmin()), axis=0)  # right angle in the middle
    slants = np.stack(np.meshgrid(_SLANTS, _SLANTS), axis=-1).reshape(-1, 2)
    frames, guessed = _with_fourth(marks, slants)
    likeness, rows = _first_rows(grey, frames)
    best = np.argsort(-likeness)[:200]
    best = best[likeness[best] > _LIKENESS]
    if not len(best):
        return None
    sharp = np.array([_sharpness(grey, frames[i : i + 1], rows[i])[0] for i in best])
    for i in best[np.argsort(-sharp)[:4]]:
        near = slants[i % len(slants)] + 0.005 * _square(4)
        nearer, corners = _with_fourth(marks, near)
        nearer = nearer[corners == guessed[i]]
        for j in np.argsort(-_sharpness(grey, nearer, rows[i]))[:_TRIES]:
            payload = decode_code(_modules(grey, nearer[j : j + 1], rows[i])[0] > 0)
            if payload is not None:
                return payload, nearer[j], int(guessed[i]), 0.0
    return None


def _with_fourth(marks: np.ndarray, slants: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the frames (4 * n, 4, 2) that three marks make with a fourth, and which is it."""
    g, h = slants[:, :1], slants[:, 1:]
    before, middle, after = marks
    fourth = (before * (1 + g) + after * (1 + h) - middle) / (1 + g + h)
    frames = np.stack([*np.broadcast_arrays(before, middle, after, fourth)], axis=1)
    turned = np.concatenate([np.roll(frames, turn, axis=1) for turn in range(4)])
    return turned, np.repeat((3 + np.arange(4)) % 4, len(slants))


def _first_rows(
    grey: np.ndarray, frames: np.ndarray, bow: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return how like the first row of a code each frame's is, and the rows that it tells of."""
    y, x = np.moveaxis(np.rint(through(frames, _places(np.zeros(1), bow=bow))), -1, 0).astype(int)
    height, width = grey.shape
    seen = grey[y.clip(0, height - 1), x.clip(0, width - 1)].astype(np.float32)
    seen = seen - uniform_filter1d(seen, 15, axis=1)
    seen /= np.maximum(np.linalg.norm(seen, axis=1, keepdims=True), 1e-6)
    patterns = np.where(row_patterns(CODE_COLUMNS)[2:], -1, 1) / np.sqrt(CODE_COLUMNS)
    like = seen @ patterns.T.astype(np.float32)
    return like.max(axis=1), 2 + like.argmax(axis=1)


def _modules(grey: np.ndarray, frames: np.ndarray, rows: int, bow: float = 0.0) -> np.ndarray:
    """Return how much darker than around it each module is, of shape (n, rows, columns)."""
    nudges = np.array([[0, 0], [-0.22, -0.22], [-0.22, 0.22], [0.22, -0.22], [0.22, 0.22]])
    total = sum(_seen(grey, frames, _places(np.arange(rows), nudge, bow)) for nudge in nudges)
    seen = total.reshape(-1, rows, CODE_COLUMNS) / len(nudges)
    return uniform_filter(seen, (0, 9, 9)) - seen


def _sharpness(grey: np.ndarray, frames: np.ndarray, rows: int) -> np.ndarray:
    """Return how clearly the modules of each frame are black or white."""
    modules = _modules(grey, frames, rows)
    return np.abs(modules).mean(axis=(1, 2))


def _places(rows: np.ndarray, nudge=(0, 0), bow: float = 0.0) -> np.ndarray:
    """Return the places (v, u) of the modules of rows of a code, *nudge* in modules aside."""
    left, right = CODE_SIDES
    v = 1 - (rows + nudge[0]) * CODE_PITCH
    u = left + (np.arange(CODE_COLUMNS) + 0.5 + nudge[1]) * (right - left) / CODE_COLUMNS
    places = np.stack(np.meshgrid(v, u, indexing="ij"), axis=-1).reshape(-1, 2)
    return bend(places, bow)


def _seen(grey: np.ndarray, frames: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the light at places of frames, of shape (n_frames, n_places), float32."""
    points = np.moveaxis(through(frames, places), -1, 0)
    return map_coordinates(grey, points, np.float32, order=1, mode="nearest")


def _ordered(points: np.ndarray) -> np.ndarray:
    """Return points in the order of the hands of a clock."""
    y, x = (points - points.mean(axis=0)).T
    return points[np.argsort(np.arctan2(y, x))]


def _is_convex(frame: np.ndarray) -> bool:
    """Tell whether a frame's corners turn one way, and by what a photo may show."""
    sides = np.roll(frame, -1, axis=0) - frame
    lengths = np.linalg.norm(sides, axis=1)
    if lengths.min() < 40 or lengths.max() > 4 * lengths.min():
        return False
    sines = _cross(sides, np.roll(sides, -1, axis=0)) / (lengths * np.roll(lengths, -1))
    return bool((sines < -0.5).all() or (sines > 0.5).all())


def _turned(frame: np.ndarray) -> list[np.ndarray]:
    return [np.roll(frame, turn, axis=0) for turn in range(4)]


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
