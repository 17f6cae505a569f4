"""Sheets as people scan them, drawn from scikit-learn's digits: rules, tilt, shadow, noise."""

from dataclasses import dataclass
from functools import cache
from io import BytesIO

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, zoom
from sklearn.datasets import load_digits

RULES = ("thin", "thick", "dotted", "dashed", "grey", "partly", "none")


@dataclass
class Drawn:
    """A drawn sheet and the truth about it.

    `nodes` of shape (rows + 1, columns + 1, 2) holds (y, x) of each crossing in pixels,
    `labels` the digit in each cell in reading order.
    """

    pixels: np.ndarray
    nodes: np.ndarray
    labels: list[str]
    rules: str

    @property
    def grid(self):
        return self.nodes.shape[0] - 1, self.nodes.shape[1] - 1


@cache
def glyphs():
    """Return the digits as ink in [0, 1], 40 x 40 pixels each, and their labels."""
    digits = load_digits()
    ink = zoom(digits.images / 16, (1, 5, 5), order=1, mode="nearest", grid_mode=True)
    return np.clip(ink * 1.6 - 0.3, 0, 1).astype(np.float32), digits.target


def draw_sheet(seed, grid=None, rules=None, *, tilt=10.0, size=None):
    """Draw a sheet with everything at random but what is given."""
    rng = np.random.default_rng(seed)
    rows, columns = grid or rng.integers(3, 15, 2)
    rules = rules or RULES[rng.integers(len(RULES))]
    cell = np.array([1, rng.uniform(0.8, 1.25)]) * rng.uniform(36, 72)  # height, width
    margin = rng.uniform(0.15, 1.2, 4) * cell.mean()  # top, bottom, left, right
    height = int(rows * cell[0] + margin[:2].sum())
    width = int(columns * cell[1] + margin[2:].sum())
    ink = np.zeros((height, width), np.float32)
    down = margin[0] + cell[0] * np.arange(rows + 1)
    across = margin[2] + cell[1] * np.arange(columns + 1)
    labels = _write(ink, down, across, rng)
    _rule(ink, down, across, rules, rng)
    nodes = np.stack(np.meshgrid(down, across, indexing="ij"), axis=-1)
    pixels, nodes = photograph(255 * (1 - ink), nodes, rng, tilt, size)
    return Drawn(pixels, nodes, labels, rules)


def _write(ink, down, across, rng):
    """Write a digit into each cell; return the labels."""
    images, targets = glyphs()
    cell = np.array([down[1] - down[0], across[1] - across[0]])
    labels = []
    for top in down[:-1]:
        for left in across[:-1]:
            pick = rng.integers(len(images))
            side = min(cell) * rng.uniform(0.55, 0.8)
            glyph = np.clip(zoom(images[pick], side / 40, order=1), 0, 1) * rng.uniform(0.6, 0.95)
            room = cell - glyph.shape
            at = np.array([top, left]) + room / 2 + rng.uniform(-0.3, 0.3, 2) * room
            y, x = at.astype(int)
            part = ink[max(y, 0) : y + glyph.shape[0], max(x, 0) : x + glyph.shape[1]]
            np.maximum(part, glyph[: part.shape[0], : part.shape[1]], out=part)
            labels.append(str(targets[pick]))
    return labels


def _rule(ink, down, across, rules, rng):
    """Draw the rules."""
    if rules == "none":
        return
    thickness = {"thick": rng.uniform(3, 5)}.get(rules, rng.uniform(1, 2))
    strength = {"grey": rng.uniform(0.12, 0.25)}.get(rules, rng.uniform(0.4, 0.95))
    for axis, (lines, ends) in enumerate(((down, across), (across, down))):
        view = ink if axis == 0 else ink.T
        start, stop = int(ends[0]), int(ends[-1])
        for at in lines:
            along = np.full(stop - start, strength, np.float32)
            phase = np.arange(len(along))
            if rules == "dotted":
                along[phase % 6 >= 3] = 0
            elif rules == "dashed":
                along[phase % 18 >= 11] = 0
            elif rules == "partly":
                for _ in range(rng.integers(0, 4)):
                    hole = rng.integers(len(along))
                    along[hole : hole + int(len(along) * rng.uniform(0.1, 0.4))] = 0
                if rng.random() < 0.1 and at not in (lines[0], lines[-1]):
                    along[:] = 0
            low = round(at - thickness / 2)
            band = view[max(low, 0) : low + max(1, round(thickness)), start:stop]
            np.maximum(band, along, out=band)


def photograph(sheet, nodes, rng, tilt=10.0, size=None, *, keep=True):
    """Turn and tilt the sheet, throw a shadow, add noise, and send it through JPEG."""
    height, width = sheet.shape
    angle = np.deg2rad(rng.uniform(-tilt, tilt))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = np.array([[0, 0], [0, width], [height, width], [height, 0]], float)
    centred = corners - corners.mean(axis=0)
    squeeze = 1 + rng.uniform(-0.07, 0.07, 2) @ (centred / centred.max(axis=0)).T * (tilt > 0)
    seen = (centred * squeeze[:, None]) @ turn.T
    seen -= seen.min(axis=0)
    room = seen.max(axis=0)
    scale = 1.0 if size is None else size / max(room)
    seen, shape = seen * scale, np.ceil(room * scale).astype(int)
    back = _homography(seen, corners)  # from the photo to the sheet
    (a, b, c), (d, e, f), (g, h, _) = back
    data = (e, d, f, b, a, c, h, g)  # Pillow wants x first
    image = Image.fromarray(np.clip(sheet, 0, 255).astype(np.uint8))
    table = int(rng.integers(190, 256)) if keep else 255
    warped = np.asarray(
        image.transform(
            (int(shape[1]), int(shape[0])),
            Image.Transform.PERSPECTIVE,
            data,
            Image.Resampling.BICUBIC,
            fillcolor=table,
        ),
        np.float32,
    )
    light = _light(warped.shape, rng)
    dark = gaussian_filter(warped, rng.uniform(0, 0.8)) * light
    dark += rng.normal(0, rng.uniform(0, 6), warped.shape)
    buffer = BytesIO()
    picture = Image.fromarray(np.clip(dark, 0, 255).astype(np.uint8))
    picture.save(buffer, "JPEG", quality=int(rng.integers(35, 96)))
    forth = np.linalg.inv(back)
    # Pillow's points lie between pixels, those of the nodes on them
    return np.asarray(Image.open(buffer)), _through(forth, nodes) - 0.5


def _light(shape, rng):
    """Return uneven light: a slope, and a soft shadow from one side."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    y, x = y / shape[0] - 0.5, x / shape[1] - 0.5
    turn = rng.uniform(0, 2 * np.pi)
    along = np.cos(turn) * y + np.sin(turn) * x
    shadow = 1 / (1 + np.exp(-(along - rng.uniform(-0.5, 0.5)) * rng.uniform(5, 40)))
    return 0.95 * (1 - rng.uniform(0, 0.3) * (along + 0.5)) * (1 - rng.uniform(0, 0.4) * shadow)


def _homography(source, target):
    """Return the 3 x 3 matrix that takes four points (y, x) to four others."""
    rows, right = [], []
    for (y, x), (v, u) in zip(source, target, strict=True):
        rows += [[y, x, 1, 0, 0, 0, -v * y, -v * x], [0, 0, 0, y, x, 1, -u * y, -u * x]]
        right += [v, u]
    return np.append(np.linalg.solve(np.array(rows), np.array(right)), 1).reshape(3, 3)


def _through(matrix, points):
    """Return points (y, x) after a homography."""
    moved = np.concatenate([points, np.ones((*points.shape[:-1], 1))], axis=-1) @ matrix.T
    return moved[..., :2] / moved[..., 2:]


def misses(nodes, truth):
    """Return how far each line of a grid is off, the mean over its nodes, in cells."""
    off = np.abs(nodes - truth)
    sides = [np.linalg.norm(np.diff(truth, axis=axis), axis=-1).mean() for axis in (0, 1)]
    return np.concatenate(
        [off[..., 0].mean(axis=1) / sides[0], off[..., 1].mean(axis=0) / sides[1]]
    )
