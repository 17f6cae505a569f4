"""Lines that meet far away: gathered, told by their slope, laid straight."""

import numpy as np
import pytest
from scipy import ndimage

from sklimg.pencils import Frame, Pencil, find_pencil, line_sums


def rises_of(sums):
    return np.arange(len(sums)) - len(sums) // 2


def drawn_pencil(shape, slope, turn, step=24):
    """Return a picture of the lines of a pencil, and where they cross its middle column."""
    height, width = shape
    y, x = np.mgrid[:height, :width].astype(float)
    crossings = np.arange(step / 2, height, step)
    picture = np.zeros(shape, np.float32)
    for at in crossings:
        way = at + (slope + turn * (at / height - 0.5)) * (x - width / 2)
        picture += np.clip(1.5 - np.abs(y - way), 0, 1)
    return picture, crossings


@pytest.mark.parametrize("seed", range(6))
def test_each_pixel_counts_once_on_lines_of_every_rise(seed):
    rng = np.random.default_rng(seed)
    height, width = rng.integers(300, 500), rng.integers(8, 300)
    y, x = height // 2 + rng.integers(-20, 20), rng.integers(width)
    picture = np.zeros((height, width), np.float32)
    picture[y, x] = 1
    sums, span = line_sums(picture)
    assert span >= width
    n_used = width + width % 2
    np.testing.assert_allclose(sums.sum(axis=1), 1 / n_used, rtol=1e-5)
    np.testing.assert_allclose(sums.max(axis=1), 1 / n_used, rtol=1e-5)
    expected = y - rises_of(sums) * (x + 0.5 - n_used / 2) / span
    assert np.abs(sums.argmax(axis=1) - expected).max() < 3  # dyadic lines are not quite straight


@pytest.mark.parametrize("seed", range(6))
def test_a_picture_is_summed_along_its_lines(seed):
    rng = np.random.default_rng(seed)
    height, width = rng.integers(60, 160), 2 * rng.integers(30, 150)
    picture = ndimage.gaussian_filter(rng.random((height, width), np.float32), 3)
    picture -= picture.mean()
    picture *= np.outer(np.hanning(height), np.hanning(width))  # lines end in nothing
    sums, span = line_sums(picture)
    x = np.arange(width)
    errors = {shift: [] for shift in (-0.5, 0, 0.5)}
    for rise, found in zip(rises_of(sums)[::5], sums[::5], strict=True):
        for shift, differ in errors.items():
            y = np.arange(height)[:, None] + rise * (x - (width - 1) / 2) / span + shift
            places = [y, np.broadcast_to(x, y.shape)]
            direct = ndimage.map_coordinates(picture, places, order=1).mean(axis=1)
            differ.append(np.abs(direct - found).mean())
    there = np.mean(errors.pop(0))
    assert there < 0.8 * min(np.mean(differ) for differ in errors.values())


@pytest.mark.parametrize("seed", range(6))
def test_rows_are_summed_exactly(seed):
    rng = np.random.default_rng(seed)
    picture = rng.random(2 * rng.integers(5, 150, 2), np.float32)
    sums, _ = line_sums(picture)
    np.testing.assert_allclose(sums[len(sums) // 2], picture.mean(axis=1), rtol=1e-5)


@pytest.mark.parametrize("slope", [-0.2, 0.0, 0.03, 0.17])
@pytest.mark.parametrize("turn", [-0.12, 0.0, 0.1])
def test_slope_and_turn_are_found(slope, turn):
    picture, crossings = drawn_pencil((240, 300), slope, turn)
    picture += np.random.default_rng(0).normal(0, 0.1, picture.shape).astype(np.float32)
    pencil = find_pencil(picture)
    assert pencil.slope == pytest.approx(slope, abs=0.004)
    assert pencil.turn == pytest.approx(turn, abs=0.012)
    around = [pencil.profile[int(at) - 2 : int(at) + 3].max() for at in crossings[1:-1]]
    between = pencil.profile[(crossings[1:-2] + 12).astype(int)]
    assert np.min(around) > 3 * np.abs(between).max()


def test_broad_bands_are_found_as_they_are():
    bands, _ = drawn_pencil((240, 300), 0.1, 0.0, 40)
    bands = np.maximum.reduce([np.roll(bands, shift, axis=0) for shift in range(-8, 9)])
    assert find_pencil(bands, spread=0).slope == pytest.approx(0.1, abs=0.01)


def test_a_frame_seen_straight_on_is_the_picture():
    flat = Pencil(0.0, 0.0, np.zeros(50))
    frame = Frame((50, 70), flat, flat)
    steps = np.stack(np.indices((50, 70)), axis=-1)
    np.testing.assert_allclose(frame.pixels(np.arange(50)[:, None], np.arange(70)), steps)
    profile = np.random.default_rng(0).random(50)
    np.testing.assert_allclose(frame.even(profile, 0), profile)


def seen(seed, shape):
    """Return a homography from a flat sheet to a picture, and the pencils in the picture."""
    rng = np.random.default_rng(seed)
    angle, middle = np.deg2rad(rng.uniform(-10, 10)), (np.array(shape) - 1) / 2
    matrix = np.eye(3)
    matrix[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    matrix[2, :2] = rng.uniform(-0.15, 0.15, 2) / shape
    matrix[:2] += np.outer(middle, matrix[2])  # what is in the middle stays there
    pencils = []
    for axis in (0, 1):
        meet = matrix[:, 1 - axis]  # where the lines that run along the other axis meet
        over, along = np.roll(meet[:2] - meet[2] * middle, axis)
        pencils.append(Pencil(over / along, -meet[2] * shape[axis] / along, np.zeros(shape[axis])))
    return matrix, pencils


@pytest.mark.parametrize("seed", range(20))
def test_even_coordinates_are_even_on_the_sheet(seed):
    shape = (200, 260)
    matrix, pencils = seen(seed, shape)
    frame = Frame(shape, *pencils)
    down, across = np.linspace(0, 199, 9), np.linspace(0, 259, 11)
    points = frame.pixels(down[:, None], across)
    flat = np.concatenate([points, np.ones((9, 11, 1))], axis=-1) @ np.linalg.inv(matrix).T
    flat = flat[..., :2] / flat[..., 2:]
    for axis in (0, 1):
        lines = np.moveaxis(flat[..., axis], axis, 0)
        np.testing.assert_allclose(lines - lines[:, :1], 0, atol=1e-6)  # straight, along the axes
        steps = np.diff(lines[:, 0])
        np.testing.assert_allclose(steps, steps.mean(), rtol=1e-6)  # and even
        assert steps.mean() > 0


@pytest.mark.parametrize("axis", [0, 1])
def test_a_profile_becomes_even(axis):
    shape, flat = (200, 260), Pencil(0.0, 0.0, np.zeros(200))
    pencils = [flat, Pencil(0.0, 0.25, np.zeros(260))]
    frame = Frame(shape, *pencils[:: 1 if axis == 0 else -1])
    lines = np.arange(shape[axis], dtype=float)
    places = frame.pixels(*((lines, 70.0), (70.0, lines))[axis])[:, axis]
    assert np.ptp(np.diff(places)) > 0.2  # crowded at one end
    np.testing.assert_allclose(frame.even(lines, axis), places, atol=1e-9)
