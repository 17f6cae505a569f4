"""A symbol comes into the middle of a clean frame, and nothing else does."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from sklimg.glyphs import CONTENTS, centre_glyph, find_glyph

SIZE = (28, 28)


def stroke(seed, side=56):
    """Return the cover of a random symbol of one part, away from the tile's edges."""
    rng = np.random.default_rng(seed)
    cover = np.zeros((side, side))
    low, high = 0.3 * side, 0.7 * side
    points = rng.uniform(low, high, (4, 2)) + rng.uniform(-0.12, 0.12, 2) * side
    for start, stop in pairwise(points):
        for share in np.linspace(0, 1, 60):
            y, x = np.rint(start + share * (stop - start)).astype(int)
            cover[y - 1 : y + 2, x - 1 : x + 2] = 1
    return cover


def tile_of(cover, ink=40, paper=235):
    """Return a tile with noise: *ink* where there is *cover*."""
    paper, ink = np.asarray(paper, float), np.asarray(ink, float)
    cover = ndimage.gaussian_filter(cover, 0.5)
    tile = paper + cover.reshape(cover.shape + (1,) * paper.ndim) * (ink - paper)
    tile += np.random.default_rng(0).normal(0, 2, tile.shape)
    return np.clip(np.rint(tile), 0, 255).astype(np.uint8)


def ink_of(framed):
    """Return the ink of what was framed, whichever its paper is, in [0, 1]."""
    grey = framed.astype(float) if framed.ndim == 2 else framed.mean(axis=2)
    return np.abs(grey - grey[0, 0]) / 255


def extents(framed, least=0.35):
    is_ink = ink_of(framed) > least
    return [np.ptp(np.flatnonzero(is_ink.any(axis=axis))) + 1 for axis in (1, 0)]


KINDS = {
    "dark on light": (40, 235),
    "light on dark": (220, 30),
    "faint": (170, 215),
    "blue on yellow": ((40, 40, 190), (250, 240, 190)),
    "yellow on blue": ((250, 240, 90), (20, 20, 120)),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("seed", range(8))
def test_symbols_fill_the_frame_and_balance_in_its_middle(kind, seed):
    tile = tile_of(stroke(seed), *kind)
    framed = centre_glyph(tile, SIZE)
    assert framed.shape == SIZE + tile.shape[2:]
    assert framed.dtype == np.uint8
    np.testing.assert_allclose(ndimage.center_of_mass(ink_of(framed)), 13.5, atol=0.7)
    assert 19 <= max(extents(framed)) <= 22
    assert np.unique(framed[:3, :3]).tolist() == [255 if np.mean(kind[1]) > 128 else 0]


@pytest.mark.parametrize("seed", range(8))
def test_it_does_not_matter_where_a_symbol_was(seed):
    cover = stroke(seed)
    framed = centre_glyph(tile_of(cover), SIZE).astype(int)
    for shift in ((-5, 4), (3, -6)):
        moved = centre_glyph(tile_of(np.roll(cover, shift, axis=(0, 1))), SIZE)
        assert np.abs(moved - framed).mean() < 4


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_what_is_clean_stays_as_it_is(kind, seed):
    once = centre_glyph(tile_of(stroke(seed), *kind), SIZE)
    twice = centre_glyph(once, SIZE)
    assert np.abs(twice.astype(int) - once).mean() < 5
    both = [np.array(ndimage.center_of_mass(ink_of(framed))) for framed in (once, twice)]
    np.testing.assert_allclose(*both, atol=0.3)


def with_rule(cover, edge, at, thick, fall=0):
    """Return the cover with a rule *at* pixels from an edge that falls on its way."""
    tile = np.rot90(cover, edge).copy()
    for x in range(tile.shape[1]):
        top = at + round(fall * x / tile.shape[1])
        tile[top : top + thick, x] = 1
    return np.rot90(tile, -edge)


@pytest.mark.parametrize("edge", range(4))
@pytest.mark.parametrize(
    ("at", "thick", "fall"), [(0, 1, 0), (0, 3, 0), (2, 4, 0), (5, 2, 0), (3, 2, 2), (1, 1, 1)]
)
def test_rules_at_the_edges_are_gone(edge, at, thick, fall):
    cover = stroke(3)
    clean = centre_glyph(tile_of(cover), SIZE)
    framed = centre_glyph(tile_of(with_rule(cover, edge, at, thick, fall)), SIZE)
    assert np.abs(framed.astype(int) - clean).mean() < 3


@pytest.mark.parametrize("edge", range(4))
@pytest.mark.parametrize("fall", [0, 2])
def test_a_stroke_that_crosses_a_rule_stays_whole(edge, fall):
    cover = np.zeros((56, 56))
    cover[2:40, 26:30] = 1
    ruled = with_rule(cover, 0, 7, 2, fall)
    found = find_glyph(tile_of(np.rot90(ruled, edge))).cover > 0
    found = np.rot90(found, -edge)
    assert found[3:39, 27:29].all()
    assert found[:, :20].sum() == found[:, 36:].sum() == 0


def test_a_foot_stays_and_a_rule_under_it_goes():
    cover = np.zeros((56, 56))
    cover[14:48, 26:30] = 1
    cover[44:48, 11:46] = 1  # the foot of a 2, low in the tile
    found = find_glyph(tile_of(with_rule(cover, 2, 0, 2))).cover > 0
    assert found[45:47, 12:45].all()
    assert not found[54:].any()


@pytest.mark.parametrize("place", [(4, 5), (50, 8), (30, 50), (10, 44)])
def test_specks_are_gone(place):
    cover = stroke(3)
    clean = centre_glyph(tile_of(cover), SIZE)
    cover[place[0] : place[0] + 2, place[1] : place[1] + 2] = 1
    np.testing.assert_allclose(centre_glyph(tile_of(cover), SIZE), clean, atol=8)


@pytest.mark.parametrize("edge", range(4))
def test_what_is_the_neighbours_is_gone(edge):
    cover = np.zeros((70, 70))
    cover[20:50, 30:40] = 0.3  # fainter than they
    clean = find_glyph(tile_of(cover), margin=0.15).cover
    turned = np.rot90(cover, edge).copy()
    turned[:11, 20:24] = 1  # hangs in from above
    turned[3:7, 50:60] = 1  # lies in the margin
    found = find_glyph(tile_of(np.rot90(turned, -edge)), margin=0.15).cover
    np.testing.assert_array_equal(found, clean)


@pytest.mark.parametrize("paper", [255, 235, 90, 10, (250, 240, 190)])
def test_an_empty_tile_is_bare_paper(paper):
    bare = np.full((40, 50, 3)[: 2 + np.ndim(paper)], paper, np.uint8)
    level = 255 if np.mean(paper) >= 128 else 0
    assert np.unique(centre_glyph(bare, SIZE, "glyph")).tolist() == [level]
    assert np.unique(centre_glyph(tile_of(np.zeros((40, 50)), paper, paper), SIZE)).tolist() == [
        level
    ]


def test_a_stain_is_paper():
    tile = tile_of(stroke(0), 224, 235)
    assert np.unique(centre_glyph(tile, SIZE, "glyph")).tolist() == [255]


def photo(seed, shape=(56, 56)):
    """Return smooth noise over all grey levels, as a photo has them."""
    rough = ndimage.gaussian_filter(np.random.default_rng(seed).random(shape), 5)
    rough = (rough - rough.min()) / np.ptp(rough)
    return (255 * rough).astype(np.uint8)


@pytest.mark.parametrize("seed", range(6))
def test_photos_are_left_alone(seed):
    tile = photo(seed)
    small = np.asarray(Image.fromarray(tile).resize(SIZE, Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(centre_glyph(tile, SIZE), small)
    assert not np.array_equal(centre_glyph(tile, SIZE, "glyph"), small)
    assert find_glyph(tile, sure=False) is None
    assert find_glyph(tile) is not None


def test_a_symbol_that_is_called_a_photo_is_left_alone():
    tile = tile_of(stroke(0))
    np.testing.assert_array_equal(centre_glyph(tile, tile.shape, "photo"), tile)


def test_frames_of_any_shape():
    for size in ((28, 28), (28, 40), (64, 32), (9, 9)):
        framed = centre_glyph(tile_of(stroke(0)), size)
        assert framed.shape == size
        assert max(extents(framed)) == pytest.approx(min(size) * 20 / 28, abs=2)


def test_unknown_content_is_refused():
    with pytest.raises(ValueError, match="content must be one of auto, glyph, photo, got 'text'"):
        centre_glyph(photo(0), SIZE, "text")
    assert CONTENTS[0] == "auto"


def test_dots_above_a_symbol_stay_and_bars_beside_it_go():
    tile = np.full((60, 60), 250, np.uint8)
    tile[22:50, 20:40] = 30
    tile[8:13, 22:27] = tile[8:13, 33:38] = 30  # an umlaut
    tile[15:45, 7:9] = 30  # what is left of a rule
    cover = find_glyph(tile).cover
    assert cover[8:13, 22:27].all()
    assert cover[8:13, 33:38].all()
    assert not cover[:, :10].any()
