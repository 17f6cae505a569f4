"""A filled sheet is read cell by cell."""

import numpy as np
import pytest

from sklimg.errors import GridError
from sklimg.readings import DOUBTFUL, draw_reading, read_sheet
from tests.drawn import draw_sheet


@pytest.fixture(scope="module")
def sheet():
    """A drawn sheet of 8x10 digits that the model of `digits_run` never saw."""
    return draw_sheet(7, (8, 10), "grey")


@pytest.fixture(scope="module")
def reading(digits_run, sheet):
    return read_sheet(digits_run.model, sheet.pixels)


def test_most_digits_are_read(reading, sheet):
    pairs = zip(reading.answers, sheet.labels, strict=True)
    assert np.mean([answer.label == label for answer, label in pairs]) > 0.8
    assert reading.found.shape == (8, 10)
    assert [(a.row, a.col) for a in reading.answers[:11]] == [(1, c) for c in range(1, 11)] + [
        (2, 1)
    ]


def test_doubtful_ones_are_marked(reading):
    assert {a.is_doubtful for a in reading.answers} == {True, False}
    for answer in reading.answers:
        assert answer.is_doubtful == (answer.probability < DOUBTFUL)
        assert answer.probability == answer.probabilities.max()
    lines = reading.text().split("\n")
    words = [word for line in lines for word in line.split()]
    assert [line.count(" ") > 0 for line in lines] == [True] * 8
    assert words == [a.label + "?" * a.is_doubtful for a in reading.answers]


def test_empty_cells_are_no_answers(digits_run):
    sheet = draw_sheet(7, (8, 10), "thin", tilt=0)
    top, left = sheet.nodes[2, 3] + 4
    bottom, right = sheet.nodes[3, 4] - 3
    pixels = sheet.pixels.copy()
    box = pixels[int(top) : int(bottom), int(left) : int(right)]
    box[:] = np.percentile(box, 90)
    reading = read_sheet(digits_run.model, pixels)
    (empty,) = [a for a in reading.answers if a.probabilities is None]
    assert (empty.row, empty.col, empty.label, empty.is_doubtful) == (3, 4, "", False)
    assert reading.text().split("\n")[2].split()[3] == "."


def test_answers_are_drawn_in_two_colours(reading, sheet):
    picture = draw_reading(sheet.pixels, reading).astype(int)
    assert max(picture.shape) == 2000
    red, green, blue = np.moveaxis(picture, 2, 0)
    assert np.sum((blue > red + 120) & (blue > 150)) > 500
    assert np.sum((red > blue + 150) & (green < 130)) > 50


def test_a_sheet_without_a_grid_is_not_read(digits_run):
    with pytest.raises(GridError, match="expected a grid, found none"):
        read_sheet(digits_run.model, np.full((300, 300), 240, np.uint8))
