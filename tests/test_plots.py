"""Figures say what they show; texts and artists are looked at, not pixels."""

import numpy as np
import pytest

from sklimg.images import read_pages
from sklimg.plots import as_png, confusion_figure, curve_figure, way_figure

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


@pytest.mark.parametrize("label", ["漢字", "a\nb", "x" * 99, "$\\frac{1", "", "\0"])
def test_any_label_can_be_drawn(label):
    (page,) = read_pages(as_png(confusion_figure(np.ones((1, 1)), [label])))
    assert page.shape[2] == 3


def test_a_figure_has_the_same_bytes_each_time():
    assert as_png(curve_figure(HISTORY, "loss", "")) == as_png(curve_figure(HISTORY, "loss", ""))


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
