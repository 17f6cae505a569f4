"""A sheet is cut along the grid that is given, found or printed."""

import numpy as np
import pytest

from sklimg.cuts import Cutting, cut_page
from sklimg.errors import GridError, SheetError, UsageError
from sklimg.sheets import split_sheet
from tests.builders import noise
from tests.drawn import draw_sheet
from tests.paper import photograph_form, random_form

DOUBTFUL = 49  # of draw_sheet: 3x7, most of whose rules are gone


@pytest.fixture(scope="module")
def drawn():
    """A tilted sheet of 5x7 digits with thin rules."""
    return draw_sheet(3, (5, 7), "thin")


def test_a_given_grid_cuts_evenly():
    (sheet,) = noise(1, (20, 31))
    page = cut_page(sheet, Cutting((2, 3)))
    for tile, plain in zip(page.tiles, split_sheet(sheet, (2, 3)), strict=True):
        np.testing.assert_array_equal(tile.pixels, plain)
    assert (page.size, page.found.kind, page.found.shape) == ((20, 31), "given", (2, 3))


def test_a_found_grid_lays_the_sheet_flat(drawn):
    page = cut_page(drawn.pixels, Cutting(labels=lambda grid: [str(grid)] * (grid[0] * grid[1])))
    assert (page.found.shape, page.found.kind) == ((5, 7), "rules")
    assert {tile.label for tile in page.tiles} == {"(5, 7)"}
    assert len({tile.pixels.shape for tile in page.tiles}) == 1
    boxes = [tile.box for tile in page.tiles]
    assert boxes[-1][2:] == page.size[::-1]


def test_clean_tiles_hold_their_digit_alone(drawn):
    page = cut_page(drawn.pixels, Cutting(clean=True))
    for tile in page.tiles:
        side = len(tile.pixels)
        assert tile.pixels.shape == (side, side)
        ink = 255.0 - tile.pixels
        rim = np.ones((side, side), bool)
        rim[2:-2, 2:-2] = False
        assert ink[rim].max() < 40  # no rule is left
        middle = [np.average(np.arange(side), weights=ink.sum(axis=1 - axis)) for axis in (0, 1)]
        np.testing.assert_allclose(middle, (side - 1) / 2, atol=0.04 * side)


def test_a_given_grid_is_cleaned_too():
    straight = draw_sheet(5, (4, 5), "thin", tilt=0)
    top, left, bottom, right = (
        *np.rint(straight.nodes[0, 0]).astype(int),
        *np.rint(straight.nodes[-1, -1]).astype(int),
    )
    page = cut_page(straight.pixels[top:bottom, left:right], Cutting((4, 5), clean=True))
    assert len(page.tiles) == 20
    assert all(tile.pixels[:2].min() > 215 for tile in page.tiles)


def test_photos_are_left_as_they_are():
    (photo,) = noise(1, (80, 120, 3))
    page = cut_page(photo, Cutting((2, 3), clean=True))
    for tile, plain in zip(page.tiles, split_sheet(photo, (2, 3)), strict=True):
        np.testing.assert_array_equal(tile.pixels, plain)


def test_a_form_brings_its_labels_and_leaves_unused_boxes_out():
    rng = np.random.default_rng(4)
    form, paper = random_form(rng)
    photo, _ = photograph_form(form, paper, rng, quarters=2)
    page = cut_page(photo, Cutting(clean=True))
    assert (page.found.kind, page.found.shape) == ("form", (form.rows, form.columns))
    labels = {(tile.row, tile.col): tile.label for tile in page.tiles}
    used = {divmod(i, form.columns): name for i, name in enumerate(form.labels) if name is not None}
    assert labels == used
    own = cut_page(photo, Cutting(labels=lambda grid: ["x"] * (grid[0] * grid[1])))
    assert [tile.label for tile in own.tiles] == ["x"] * len(used)
    with pytest.raises(GridError, match=rf"expected a grid of 99 rows, got .* {page.found}"):
        cut_page(photo, Cutting((99, None)))


def test_a_doubtful_grid_is_refused_unless_it_is_known():
    sheet = draw_sheet(DOUBTFUL).pixels
    with pytest.raises(
        GridError, match=r"found one of 3x7 by ruled .* confidence of 0\."
    ) as caught:
        cut_page(sheet, Cutting())
    assert caught.value.found.shape == (3, 7)
    assert cut_page(sheet, Cutting((3, 7), find=True)).found.shape == (3, 7)


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ({"labels": ["a"]}, GridError, r"expected 35 for a grid of 5x7, got 1 \(the grid found"),
        ({"grid": (5, None), "find": False}, UsageError, "expected rows and columns"),
        ({"clean": True, "inset": 0.1}, UsageError, "choose one of clean and inset"),
        ({"grid": (999, 999), "find": False}, SheetError, "for 999x999 tiles"),
    ],
)
def test_what_cannot_be(drawn, how, error, words):
    with pytest.raises(error, match=words):
        cut_page(drawn.pixels, Cutting(**how))


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_boxes_that_are_cut_off_are_told(drawn, side):
    """The picture ends in the middle of the outermost boxes."""
    (top, left), (bottom, right) = (
        (drawn.nodes[a, a] + drawn.nodes[b, b]) / 2 for a, b in ((0, 1), (-1, -2))
    )
    at = {"left": left, "right": right, "top": top, "bottom": bottom}[side]
    parts = {"left": (0, at, None), "right": (0, 0, at), "top": (1, at, None), "bottom": (1, 0, at)}
    axis, start, stop = parts[side]
    part = slice(int(start), None if stop is None else int(stop))
    cut = drawn.pixels[:, part] if axis == 0 else drawn.pixels[part]
    assert cut_page(drawn.pixels, Cutting()).found.cut == []
    found = cut_page(cut, Cutting()).found
    assert (found.cut, found.shape) == ([side], (5, 6) if axis == 0 else (4, 7))


def test_a_blank_page_has_no_grid():
    with pytest.raises(GridError, match="expected a grid, found none"):
        cut_page(np.full((300, 300), 240, np.uint8), Cutting())


@pytest.mark.parametrize("clean", [False, True])
def test_empty_boxes_are_told_and_left_out(clean):
    sheet = np.full((121, 181), 245, np.uint8)
    sheet[::60] = sheet[:, ::60] = 90
    sheet[20:40, 25:35] = 20
    told = cut_page(sheet, Cutting(clean=clean))
    assert [tile.is_empty for tile in told.tiles] == [False] + [True] * 5
    page = cut_page(sheet, Cutting(clean=clean, skip_empty=True))
    assert (len(page.tiles), page.n_empty) == (1, 5)


@pytest.mark.parametrize("light", [1.0, 0.5, 0.3])
@pytest.mark.parametrize("inverted", [False, True])
def test_symbols_stay_on_paper_in_any_light(light, inverted):
    sheet = draw_sheet(5, (4, 5), "thin", tilt=0).pixels
    pixels = ((255 - sheet if inverted else sheet) * light).astype(np.uint8)
    page = cut_page(pixels, Cutting((4, 5), find=True, clean=True))
    paper = 0 if inverted else 255
    for tile in page.tiles:
        assert tile.pixels[0, 0] == paper
        assert 0.03 < np.mean(np.abs(tile.pixels.astype(int) - paper) > 127) < 0.4


def test_other_counts_than_are_there_are_refused(drawn):
    with pytest.raises(GridError, match="expected a grid of 6 rows, found one of 5x7 by ruled"):
        cut_page(drawn.pixels, Cutting((6, None)))


def test_a_form_without_its_code_is_warned_of():
    rng = np.random.default_rng(4)
    form, paper = random_form(rng)
    photo, nodes = photograph_form(form, paper, rng, size=1600)
    bottom = int(nodes[-1, :, 0].max()) + 20
    hidden = photo.copy()
    hidden[bottom:] = np.median(photo[bottom:])
    page = cut_page(hidden, Cutting((form.rows, form.columns), find=True))
    assert page.warnings == ["marks of a form are seen, but its code is not: there are no labels"]
