"""Pictures stand beside their names, and all of it fits."""

import numpy as np
import pytest

from sklimg.drawing import as_png
from sklimg.pictureplots import classes_figure, weights_figure, worst_figure
from tests.figures import boxes_of, caption_of, class_names, laid_out, texts_cut_off, texts_of


def pictures(n, side=8, channels=()):
    return np.random.default_rng(n).integers(0, 256, (n, side, side, *channels), np.uint8)


def names_in(figure):
    """Return the texts of the pictures, without the title."""
    return [text.get_text() for text in figure.axes[0].texts[1:]]


def overlapping(figure):
    """Return pairs of texts and pictures that stand on each other."""
    (axes,) = laid_out(figure).axes
    seen = [*axes.texts, *figure.texts, *axes.images]
    boxes = [*boxes_of(seen[: -len(axes.images)]), *(i.get_window_extent() for i in axes.images)]
    boxes = [box.padded(-0.5) for box in boxes]  # rows of pictures touch
    return [
        (str(seen[i]), str(seen[k]))
        for i, box in enumerate(boxes)
        for k in range(i)
        if box.overlaps(boxes[k])
    ]


@pytest.mark.parametrize("channels", [(), (3,)])
@pytest.mark.parametrize("n_classes", [1, 3, 10, 80, 120])
def test_each_class_has_its_row(n_classes, channels):
    classes = class_names(n_classes)
    labels = np.array(classes * 2, object)
    figure = classes_figure(pictures(2 * n_classes, 8, channels), labels, classes)
    (axes,) = figure.axes
    n_shown = min(n_classes, 100)
    assert len(axes.images) == len(names_in(figure)) == n_shown
    assert not texts_cut_off(figure)
    assert not overlapping(figure)
    assert ("the first 100 of 120" in caption_of(figure)) == (n_classes == 120)
    for text, image in zip(axes.texts[1:], axes.images, strict=True):
        left, right, bottom, top = image.get_extent()
        assert top < text.get_position()[1] < bottom
        assert text.get_position()[0] < left
        assert right <= axes.get_xlim()[1]


@pytest.mark.parametrize("side", [8, 28, 64, 224])
def test_up_to_so_many_images_are_spread_over_those_of_the_class(side):
    greys = np.arange(10, 130, 10, dtype=np.uint8)  # of the images of class a
    images = np.zeros((14, side, side), np.uint8)
    images[:12] = greys[:, None, None]
    labels = np.array(["a"] * 12 + ["b"] * 2, object)
    figure = classes_figure(images, labels, ["a", "b", "none"], most=4)
    strips = [image.get_array() for image in figure.axes[0].images]
    assert len(strips) == 2
    middle = strips[0][len(strips[0]) // 2, :, 0]
    centres = middle[(np.arange(4) * 2 + 1) * len(middle) // 8]
    assert centres.tolist() == [10, 50, 80, 120]
    widths = [np.subtract(*image.get_extent()[1::-1]) for image in figure.axes[0].images]
    assert widths[0] == pytest.approx(2 * widths[1])  # pictures of one size
    assert names_in(figure) == ["a", "b", "none"]
    assert caption_of(figure) == "up to 4 training images of each class"


@pytest.mark.parametrize(("n_units", "n_shown"), [(1, 1), (5, 5), (48, 48), (100, 48)])
@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 3)])
def test_the_strongest_units_are_drawn(n_units, n_shown, shape):
    weights = np.random.default_rng(0).normal(size=(np.prod(shape), n_units))
    figure = weights_figure(weights, shape)
    picture = figure.axes[0].images[0].get_array()
    assert picture.shape[1] == 4 + 68 * min(n_shown, 8)
    assert picture.shape[0] == 4 + 68 * -(-n_shown // 8)
    some = "the 48 strongest of 100 units" if n_units > 48 else f"{n_units} unit"
    assert caption_of(figure).startswith(some)
    assert not texts_cut_off(figure)


def test_units_stand_by_their_strength_and_zero_is_white():
    weights = np.zeros((16, 3))
    weights[0, 0], weights[1, 1] = 1, -3
    figure = weights_figure(weights, (4, 4))
    picture = figure.axes[0].images[0].get_array()
    first, second, third = (picture[4:68, 4 + 68 * k : 68 + 68 * k] for k in range(3))
    assert first[8, 24].argmax() == 2  # blue: below zero
    assert second[8, 8].argmax() == 0  # orange: above
    assert (third == 255).all()
    bar = figure.axes[1]
    assert bar.get_ylim()[0] == -bar.get_ylim()[1]


def test_weights_of_colours_are_grey_at_zero():
    weights = np.zeros((4 * 4 * 3, 1))
    weights[0] = 1  # red of the first pixel
    picture = weights_figure(weights, (4, 4, 3)).axes[0].images[0].get_array()
    assert picture[8, 8].tolist() == [255, 128, 128]
    assert picture[30, 30].tolist() == [128, 128, 128]


def test_weights_of_nothing_can_be_drawn():
    assert as_png(weights_figure(np.zeros((16, 1)), (4, 4)))


@pytest.mark.parametrize("channels", [(), (3,)])
@pytest.mark.parametrize("n", [1, 3, 10, 24, 40])
def test_the_worst_images_have_their_words(n, channels):
    labels, answers = class_names(n), class_names(n)[::-1]
    files = [f"photos/of a $long$ name/and a longer one/IMG_{k:05d}.png" for k in range(n)]
    figure = worst_figure(pictures(n, 28, channels), files, labels, answers, [0.975] * n)
    words = names_in(figure)
    assert len(words) == len(figure.axes[0].images) == min(n, 24)
    assert not texts_cut_off(figure)
    assert not overlapping(figure)
    for k, text in enumerate(words):
        name, is_what, read_as = text.split("\n")
        assert name.startswith("…")
        assert name.endswith(f"IMG_{k:05d}.png")
        assert is_what.startswith("is ")
        assert read_as.startswith("read as ")
        assert read_as.endswith(" (0.97)")
    assert ("the first 24 of 40" in caption_of(figure)) == (n == 40)


def test_words_are_whole_where_there_is_room():
    figure = worst_figure(pictures(2), ["a.png", ""], ["cat", "$"], ["dog", "7"], [0.9, 0.5])
    assert names_in(figure) == [
        "a.png\nis cat,\nread as dog (0.90)",
        "is \\$,\nread as 7 (0.50)",
    ]


def test_without_mistakes_there_are_words():
    figure = worst_figure([], [], [], [], [])
    assert "There are none: every test image was read right." in texts_of(figure)
