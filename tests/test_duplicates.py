"""Copies are one group, whatever else is said of them."""

import re

import numpy as np
import pytest
from PIL import Image

from sklimg.duplicates import find_copies, group_copies, join_groups, pixel_digests
from sklimg.sources import read_data
from sklimg.spec import ImageSpec
from sklimg.table import read_table
from tests.test_thumbnails import pictures


def test_equal_rows_are_one_group():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (40, 9), np.uint8)
    rows = rng.integers(0, 40, 100)
    groups = group_copies(pixel_digests(pixels[rows]))
    for i, j in rng.integers(0, 100, (300, 2)):
        assert (groups[i] == groups[j]) == (rows[i] == rows[j])
    assert all(groups[i] <= i and rows[groups[i]] == rows[i] for i in range(100))


def test_digests_do_not_depend_on_the_memory_layout():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8), np.uint8)
    strided = np.repeat(pixels, 2, axis=1)[:, ::2]
    np.testing.assert_array_equal(pixel_digests(pixels), pixel_digests(strided))


def test_copies_join_given_groups():
    """Rows 0 and 3 are copies, 3 and 4 share a name, 1 and 2 have none."""
    copies = np.array([0, 1, 2, 0, 4])
    given = np.array(["", "", "", "g", "g"], object)
    assert join_groups(copies, given).tolist() == [0, 1, 2, 0, 0]


@pytest.mark.parametrize("seed", range(10))
def test_joined_groups_part_neither(seed):
    rng = np.random.default_rng(seed)
    copies = group_copies(rng.integers(0, 20, 30).astype(np.uint64))
    given = rng.integers(0, 20, 30).astype(str).astype(object)
    joined = join_groups(copies, given)
    for kind in (copies, given):
        for value in set(kind):
            assert len(set(joined[kind == value])) == 1


def as_rows(images):
    return np.clip(np.rint(images), 0, 255).astype(np.uint8).reshape(len(images), -1)


def strokes(count, seed=0):
    """Symbols: random bright strokes in the middle of a dark frame, none like another."""
    rng = np.random.default_rng(seed)
    images = np.zeros((count, 28, 28), np.float32)
    for image in images:
        for _ in range(4):
            (top, left), (height, width) = rng.integers(6, 17, 2), rng.integers(2, 6, 2)
            image[top : top + height, left : left + width] = 220
    return images


CHANGES = {
    "mirrored": lambda images: images[:, :, ::-1],
    "turned": lambda images: np.rot90(images, axes=(1, 2)),
    "on its head": lambda images: images[:, ::-1],
    "darkened": lambda images: 0.15 * images,
    "brightened": lambda images: 1.3 * images,
    "noisy": lambda images: images + np.random.default_rng(5).normal(0, 6, images.shape),
    "cropped": lambda images: images[:, 3:, :-3],
    "zoomed and mirrored": lambda images: images[:, 2:-2, 2:-2][:, :, ::-1],
    "shifted": lambda images: np.pad(images, ((0, 0), (2, 0), (0, 2)), "edge")[:, :-2, 2:],
}


@pytest.mark.parametrize("change", CHANGES)
def test_near_copies_of_photographs_are_found(change):
    """Sixty pictures and a changed copy of each: each pair is a group of its own."""
    images = pictures(60, 28)
    changed = CHANGES[change](images)
    sized = thumbnailed(changed)
    copies = find_copies(as_rows(np.concatenate([images, sized])), ImageSpec())
    assert copies.is_photos
    assert np.mean(copies.groups[60:] == np.arange(60)) >= 0.9
    assert np.array_equal(copies.groups[:60], np.arange(60))


def thumbnailed(images):
    """Return images of any size stretched to 28x28."""
    sized = [Image.fromarray(np.ascontiguousarray(i, np.float32)).resize((28, 28)) for i in images]
    return np.stack([np.asarray(i) for i in sized])


def test_symbols_are_compared_as_they_stand():
    images = strokes(200)
    rows = as_rows(np.concatenate([images, images[:50] * 0.8 + 3, images[:, ::-1, ::-1][:50]]))
    copies = find_copies(rows, ImageSpec())
    assert not copies.is_photos
    assert np.array_equal(copies.groups[:200], np.arange(200))
    assert np.array_equal(copies.groups[200:250], np.arange(50))
    assert np.array_equal(copies.groups[250:], np.arange(250, 300))


def test_ink_on_paper_is_never_turned():
    images = pictures(30, 28)
    rows = as_rows(np.concatenate([images, images[:, ::-1]]))
    ink = ImageSpec(invert="auto")
    assert len(set(find_copies(rows, ink).groups)) == 60
    assert len(set(find_copies(rows, ink, is_photos=True).groups)) == 30


def test_exact_copies_are_told_from_near_ones():
    images = pictures(40, 28)
    rows = as_rows(np.concatenate([images, images[:5], 0.5 * images[:5]]))
    copies = find_copies(rows, ImageSpec())
    assert copies.exact.tolist() == [*range(40), *range(5), *range(45, 50)]
    assert copies.groups.tolist() == [*range(40), *range(5), *range(5)]


def test_groups_do_not_depend_on_the_order_of_rows():
    rows = as_rows(np.concatenate([pictures(40, 28), pictures(20, 28)[:, :, ::-1]]))
    order = np.random.default_rng(3).permutation(60)
    plain, mixed = find_copies(rows, ImageSpec()).groups, find_copies(rows[order], ImageSpec())
    same = plain[order][:, None] == plain[order]
    np.testing.assert_array_equal(mixed.groups[:, None] == mixed.groups, same)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_few_images_of_any_kind_are_grouped_too(rows):
    spec = ImageSpec(side=2, mode="RGB")
    blank = np.zeros((rows, 12), np.uint8)
    assert find_copies(blank, spec).groups.tolist() == [0] * rows
    different = np.arange(12 * rows, dtype=np.uint8).reshape(rows, 12) ** 2
    assert len(set(find_copies(different, spec).exact)) == rows


def test_blank_images_of_different_grey_are_no_copies():
    greys = np.repeat(np.arange(50, 250, 20, dtype=np.uint8)[:, None], 784, axis=1)
    assert len(set(find_copies(greys, ImageSpec()).groups)) == 10


def test_copies_in_a_table_of_symbols(shared):
    """The table holds 100 rows twice."""
    table = read_table(shared / "sheets" / "sheet_vectors.csv")
    _, sizes = np.unique(find_copies(table.pixels, table.spec).groups, return_counts=True)
    assert np.bincount(sizes).tolist() == [0, 100, 100]


def test_clothes_are_hardly_ever_copies(shared):
    table = read_table(shared / "fashion-mnist" / "train-images-idx3-ubyte.gz")
    copies = find_copies(table.pixels[:10_000], table.spec)
    _, sizes = np.unique(copies.groups, return_counts=True)
    assert sizes[sizes > 1].sum() < 20


def test_photographs_and_their_changed_copies(shared):
    """File names tell families; three pairs of families are the same photograph."""
    table = read_data(shared / "animals").table
    names = [re.match(r"[^_]+_[^_.]+", path.rpartition("/")[2]).group() for path in table.paths]
    same_name = np.equal.outer(names, names)
    groups = find_copies(table.pixels, table.spec).groups
    same_group = np.equal.outer(groups, groups)
    np.fill_diagonal(same_name, False)
    np.fill_diagonal(same_group, False)
    assert (same_name & same_group).sum() / same_group.sum() >= 0.98
    assert (same_name & same_group).sum() / same_name.sum() >= 0.85
