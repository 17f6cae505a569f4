"""Figures say what they show; texts and artists are looked at, not pixels."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from sklimg.drawing import BLUE, as_png
from sklimg.plots import confusion_figure, curve_figure, way_figure
from tests.figures import boxes_of, class_names, laid_out, texts_cut_off

HISTORY = {
    "epoch": [1, 2],
    "loss": [1.0, 0.5],
    "accuracy": [0.5, 0.9],
    "validation_loss": [1.1, 0.7],
    "validation_accuracy": [0.4, 0.8],
}


def texts_of(axes):
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize(("what", "last"), [("loss", (0.5, 0.7)), ("accuracy", (0.9, 0.8))])
def test_curves_are_named_at_their_ends(what, last):
    (axes,) = curve_figure(HISTORY, what, "a fifth").axes
    assert texts_of(axes) == [f"training {last[0]:.3f}", f"validation {last[1]:.3f}"]
    assert [line.get_ydata().tolist() for line in axes.lines] == [
        HISTORY[what],
        HISTORY[f"validation_{what}"],
    ]


def test_epochs_are_whole_numbers_and_names_do_not_meet():
    (axes,) = curve_figure(HISTORY, "accuracy", "").axes
    assert all(tick == int(tick) for tick in axes.get_xticks())
    assert [text.get_va() for text in axes.texts] == ["bottom", "top"]


def test_a_confusion_matrix_has_a_number_in_each_used_cell():
    (axes,) = confusion_figure(np.array([[5, 1], [0, 3]]), ["cat", "$dog$"]).axes
    assert sorted(texts_of(axes)) == ["1", "3", "5"]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["cat", r"\$dog\$"]
    assert axes.get_ylabel() == "true"


def test_the_way_shows_mistakes():
    figure = way_figure(np.zeros((9, 9)), np.zeros((2, 4, 4)), ["7", "8"], ["7", "9"])
    titles = [axes.get_title() for panel in figure.subfigs for axes in panel.axes]
    assert titles == ["a scanned sheet …", "7", "9, not 8"]


@pytest.mark.parametrize("n_classes", [1, 3, 10, 80])
def test_a_matrix_of_any_size_has_room_for_its_names(n_classes):
    figure = confusion_figure(np.eye(n_classes, dtype=int), class_names(n_classes))
    assert not texts_cut_off(figure)
    assert figure.get_size_inches().max() < 12
    for axis in (figure.axes[0].xaxis, figure.axes[0].yaxis):
        boxes = boxes_of(axis.get_ticklabels())
        assert len(boxes) == n_classes
        assert not any(a.overlaps(b) for a, b in pairwise(boxes))


@pytest.mark.parametrize(("n_classes", "most"), [(10, 1), (10, 123456), (26, 1234)])
def test_counts_stay_in_their_cells(n_classes, most):
    figure = confusion_figure(np.full((n_classes, n_classes), most), class_names(n_classes))
    (axes,) = laid_out(figure).axes
    cell = axes.get_window_extent().width / n_classes
    widths = [box.width for box in boxes_of(axes.texts)]
    assert len(widths) == n_classes**2
    assert max(widths) < cell


def test_of_many_classes_the_shades_are_shown():
    (axes,) = confusion_figure(np.eye(80, dtype=int), class_names(80)).axes
    assert not axes.texts
    assert "images;" not in axes.figure.get_supxlabel()


def test_mistakes_are_orange_and_rows_without_images_grey():
    counts = np.array([[99, 1, 0], [0, 0, 0], [0, 0, 50]])
    (axes,) = confusion_figure(counts, ["a", "b", "c"]).axes
    shown = axes.images[0].get_array()
    np.testing.assert_allclose(shown[2, 2], to_rgb(BLUE))
    assert shown[0, 1][0] > shown[0, 1][2] + 0.08  # one of a hundred can be seen
    np.testing.assert_allclose(shown[1], 0.9)
    np.testing.assert_allclose(shown[0, 2], 1)
    assert "grey: no images" in axes.figure.get_supxlabel()
    assert "grey" not in confusion_figure(np.eye(2), ["a", "b"]).get_supxlabel()


@pytest.mark.parametrize(
    ("changed", "texts"),
    [
        ({"validation_loss": [float("nan")] * 2}, ["training 0.500"]),
        ({"loss": [1.0, float("inf")]}, ["training 1.000", "validation 0.700"]),
    ],
)
def test_what_is_no_number_is_not_drawn(changed, texts):
    figure = curve_figure(HISTORY | changed, "loss", "")
    assert texts_of(figure.axes[0]) == texts
    as_png(figure)
