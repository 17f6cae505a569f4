"""Copies are one group, whatever else is said of them."""

import re

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from sklimg.duplicates import find_copies
from sklimg.errors import UsageError
from sklimg.sources import read_data
from sklimg.spec import ImageSpec
from sklimg.table import read_table
from tests.test_thumbnails import pictures


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
    assert copies.turned
    assert np.mean(copies.groups[60:] == np.arange(60)) >= 0.9
    assert np.array_equal(copies.groups[:60], np.arange(60))


def thumbnailed(images):
    """Return images of any size stretched to 28x28."""
    sized = [Image.fromarray(np.ascontiguousarray(i, np.float32)).resize((28, 28)) for i in images]
    return np.stack([np.asarray(i) for i in sized])


def loose(characters, count, spread, seed=0):
    """Dark characters on grey, up to *spread* pixels off the middle, and which each is."""
    rng = np.random.default_rng(seed)
    images = np.full((count, 28, 28), 128, np.float32)
    labels = np.resize(np.array(list(characters), object), count)
    for image, label in zip(images, labels, strict=True):
        top, left = rng.integers(7 - spread, 8 + spread, 2)
        image[top : top + 13, left : left + 13] = 128 - 100 * SHAPES[label]
    return images + rng.normal(0, 4, images.shape), labels


def _shapes():
    """Four positions of one character that means something else in each, as bdpq do."""
    b = np.zeros((13, 13))
    b[:, :3] = b[6:9, :10] = b[10:, :10] = b[6:, 8:11] = 1
    b[2, 5] = 1
    return {"b": b, "d": b[:, ::-1], "p": b[::-1], "q": b[::-1, ::-1]}


SHAPES = _shapes()


def test_symbols_are_compared_as_they_stand():
    images = strokes(200)
    rows = as_rows(np.concatenate([images, images[:50] * 0.8 + 3, images[:, ::-1, ::-1][:50]]))
    copies = find_copies(rows, ImageSpec())
    assert not copies.turned
    assert np.array_equal(copies.groups[:200], np.arange(200))
    assert np.array_equal(copies.groups[200:250], np.arange(50))
    assert np.array_equal(copies.groups[250:], np.arange(250, 300))


@pytest.mark.parametrize("spread", [0, 6])
def test_what_labels_tell_apart_when_turned_is_not_turned(spread):
    """No thin ink, and no layout in common where spread: only labels tell."""
    images, labels = loose("bdpq", 80, spread)
    copies = find_copies(as_rows(images), ImageSpec(), labels=labels)
    assert not copies.turned
    assert len(set(copies.groups)) > 60
    same = np.full(80, "x", object)
    assert find_copies(as_rows(images), ImageSpec(), labels=same).turned == (spread > 0)
    told = find_copies(as_rows(images), ImageSpec(), labels=labels, turned="yes")
    assert told.turned
    assert len(set(told.groups)) < 20 or not spread  # in a crowd, copies have to stand apart


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3])
def test_wrong_labels_do_not_stop_turning(share):
    """They differ as often where nothing was turned, so turning is not why they do."""
    rng = np.random.default_rng(0)
    images = pictures(60, 28)
    rows = as_rows(np.concatenate([images, images[:, :, ::-1], 0.8 * images + 9]))
    labels = np.tile(np.arange(60), 3).astype(str).astype(object)
    is_wrong = rng.random(180) < share
    labels[is_wrong] = rng.permutation(labels[is_wrong])
    copies = find_copies(rows, ImageSpec(), labels=labels)
    assert (copies.turned, copies.notes) == (True, [])
    assert copies.groups.tolist() == [*range(60)] * 3


def test_missing_labels_do_not_stop_turning():
    images = pictures(60, 28)
    rows = as_rows(np.concatenate([images, images[:, :, ::-1]]))
    copies = find_copies(rows, ImageSpec(), labels=np.array(["a"] * 60 + ["b"] * 60, object))
    assert not copies.turned
    (note,) = copies.notes
    assert "as 100% of such pairs have two labels; if labels are wrong, pass --turned yes" in note
    for n_wrong in (0, 7):
        labels = np.array(["a"] * 120, object)
        labels[60 : 60 + n_wrong] = "b"
        copies = find_copies(rows, ImageSpec(), labels=labels)
        assert (copies.turned, copies.notes) == (True, [])
    assert copies.groups.tolist() == [*range(60), *range(60)]
    unlabelled = np.array(["a"] * 60 + [""] * 60, object)
    assert find_copies(rows, ImageSpec(), labels=unlabelled).turned


def test_things_in_the_middle_are_turned_unless_all_are_alike():
    """Objects on white have a layout in common; mirrored copies of them are found all the same."""
    rng = np.random.default_rng(0)
    images = np.full((60, 28, 28), 250.0, np.float32)
    for image, picture in zip(images, pictures(60, 28), strict=True):
        for _ in range(3):
            (top, left), (height, width) = rng.integers(3, 10, 2), rng.integers(8, 16, 2)
            part = slice(top, top + height), slice(left, left + width)
            image[part] = picture[part] * rng.uniform(0.2, 1)
    rows = as_rows(np.concatenate([images, images[:, :, ::-1]]))
    copies = find_copies(rows, ImageSpec())
    assert copies.turned
    assert np.mean(copies.groups[60:] == copies.groups[:60]) >= 0.9
    assert len(set(copies.groups[:60])) >= 50


def test_one_may_say_whether_turned_pictures_are_copies():
    images = pictures(30, 28)
    rows = as_rows(np.concatenate([images, images[:, ::-1]]))
    for turned, n_groups in (("auto", 30), ("yes", 30), ("no", 60)):
        copies = find_copies(rows, ImageSpec(), turned=turned)
        assert (len(set(copies.groups)), copies.turned) == (n_groups, turned != "no")
    with pytest.raises(UsageError, match="turned: expected one of auto, yes, no, got 'maybe'"):
        find_copies(rows, ImageSpec(), turned="maybe")


def test_ink_may_be_turned_if_one_says_so():
    images = strokes(40)
    rows = as_rows(np.concatenate([images, np.rot90(images, axes=(1, 2))]))
    assert len(set(find_copies(rows, ImageSpec(invert="auto")).groups)) == 80
    assert len(set(find_copies(rows, ImageSpec(invert="auto"), turned="yes").groups)) <= 41


def test_exact_copies_are_told_from_near_ones():
    images = pictures(40, 28)
    rows = as_rows(np.concatenate([images, images[:5], 0.5 * images[:5]]))
    copies = find_copies(rows, ImageSpec())
    assert copies.exact.tolist() == [*range(40), *range(5), *range(45, 50)]
    assert copies.groups.tolist() == [*range(40), *range(5), *range(5)]


@pytest.mark.parametrize("seed", range(3))
def test_groups_do_not_depend_on_the_order_of_rows(seed):
    """Over a thousand images, so that those that others are measured by are a sample."""
    images = np.concatenate([strokes(900), pictures(300, 28)])
    rows = as_rows(np.concatenate([images, 0.9 * images[::4] + 8]))
    order = np.random.default_rng(seed).permutation(len(rows))
    plain, mixed = (find_copies(r, ImageSpec(), turned="no").groups for r in (rows, rows[order]))
    assert len(set(plain)) == len(set(mixed)) < len(rows)
    assert len(set(zip(plain[order], mixed, strict=True))) == len(set(plain))


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


@pytest.mark.parametrize("count", [100, 300, 700, 1100, 1797])
def test_digits_are_no_copies_of_each_other_however_few(count):
    """Coarse and thick, so that they show no strokes; 6 and 9, turned, are alike."""
    digits = load_digits()
    rows = as_rows(15.9 * digits.images[:count])
    labels = digits.target[:count].astype(str).astype(object)
    groups = find_copies(rows, ImageSpec(side=8), labels=labels).groups
    assert len(set(groups)) >= 0.995 * count


def test_copies_as_they_stand_do_not_make_symbols_photographs():
    digits = 15.9 * load_digits().images
    rows = as_rows(np.concatenate([digits, 0.9 * digits[:400] + 4]))
    copies = find_copies(rows, ImageSpec(side=8))
    assert not copies.turned
    assert np.mean(copies.groups[1797:] == np.arange(400)) > 0.9
    assert len(set(copies.groups)) > 1780
