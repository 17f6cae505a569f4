"""The images of a report: every kind of mistake, and some right answers."""

from base64 import b64decode
from collections import Counter

import numpy as np
import pytest

from sklimg.images import read_image, read_pages
from sklimg.reportpictures import choose_pictures, picture_uri, shown_size


def answers(n, n_classes, n_wrong, seed=0):
    """Return labels, predictions and certainties, *n_wrong* of them wrong."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, n_classes, n)
    guesses = codes.copy()
    wrong = rng.permutation(n)[:n_wrong]
    guesses[wrong] = (codes[wrong] + rng.integers(1, n_classes, n_wrong)) % n_classes
    return codes.astype(str).astype(object), guesses.astype(str).astype(object), rng.random(n)


def test_every_mistake_is_shown_where_there_is_room():
    labels, predicted, certainty = answers(2000, 10, 150)
    chosen = choose_pictures(labels, predicted, certainty)
    assert set(np.flatnonzero(labels != predicted)) <= set(chosen)
    assert len(chosen) == len(set(chosen)) <= 600
    assert (np.diff(chosen) > 0).all()
    right = Counter(labels[k] for k in chosen if labels[k] == predicted[k])
    assert set(right.values()) == {6}
    assert len(right) == 10


def test_without_room_every_cell_has_its_surest_mistake():
    labels, predicted, certainty = answers(5000, 10, 3000)
    chosen = choose_pictures(labels, predicted, certainty, most=200)
    assert len(chosen) == 200
    wrong = [k for k in chosen if labels[k] != predicted[k]]
    assert len(wrong) == 160
    cells = Counter((labels[k], predicted[k]) for k in wrong)
    assert set(cells.values()) == {1, 2}
    assert len(cells) == 90
    for cell in cells:
        members = np.flatnonzero((labels == cell[0]) & (predicted == cell[1]))
        assert members[certainty[members].argmax()] in wrong


def test_no_cell_takes_more_than_its_share():
    labels = np.array(["a"] * 100 + ["b"] * 100, object)
    predicted = np.array(["b"] * 100 + ["b"] * 100, object)
    certainty = np.linspace(0, 1, 200)
    chosen = choose_pictures(labels, predicted, certainty)
    assert [k for k in chosen if k < 100] == list(range(76, 100))  # the surest 24
    assert [k for k in chosen if k >= 100] == [100, 101, 102, 197, 198, 199]  # both ends


@pytest.mark.parametrize("n", [0, 1])
def test_few_images_are_all_shown(n):
    labels = np.array(["a"] * n, object)
    assert choose_pictures(labels, labels, np.ones((n, 2))).tolist() == list(range(n))


@pytest.mark.parametrize("shape", [(28, 28), (64, 64, 3)])
def test_a_picture_reads_back(shape, tmp_path):
    pixels = np.full(shape, 90, np.uint8)
    kind, _, text = picture_uri(pixels).partition(";base64,")
    assert kind == ("data:image/png" if len(shape) == 2 else "data:image/jpeg")
    (tmp_path / "a").write_bytes(b64decode(text))
    (seen,) = read_pages(tmp_path / "a")
    assert seen.shape[:2] == shape[:2]
    assert np.abs(seen.astype(int) - 90).max() <= 2


def test_a_large_one_is_made_smaller():
    text = picture_uri(np.zeros((300, 150), np.uint8)).partition(";base64,")[2]
    assert read_image(b64decode(text)).shape == (28, 28)
    assert len(b64decode(text)) < 400


def test_large_images_are_as_large_as_a_page_shows_them():
    assert shown_size(np.zeros((300, 150, 3), np.uint8)).shape == (96, 48, 3)
    small = np.zeros((28, 28), np.uint8)
    assert shown_size(small) is small
