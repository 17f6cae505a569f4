"""Scores, mistakes and probabilities, drawn: what the figures say, and that all of it fits."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from sklimg.drawing import BLUE, ORANGE, as_png
from sklimg.scoreplots import (
    certainty_figure,
    class_figure,
    coverage_figure,
    mistakes_figure,
    reliability_figure,
)
from tests.figures import (
    boxes_of,
    caption_of,
    class_names,
    laid_out,
    row_names,
    texts_cut_off,
    texts_of,
)


def scores_of(f1, support=9):
    return {"precision": f1, "recall": f1 / 2, "f1": f1, "support": support}


def bins_of(*bins):
    names = ("low", "high", "confidence", "accuracy", "n_images")
    return [dict(zip(names, values, strict=True)) for values in bins]


def points_of(*points):
    names = ("threshold", "coverage", "accuracy")
    return [dict(zip(names, values, strict=True)) for values in points]


@pytest.mark.parametrize("n_classes", [1, 3, 10, 80])
def test_classes_stand_worst_first_and_fit(n_classes):
    rng = np.random.default_rng(n_classes)
    per_class = {name: scores_of(rng.uniform()) for name in class_names(n_classes)}
    figure = class_figure(per_class)
    assert not texts_cut_off(figure)
    (axes,) = figure.axes
    f1 = next(line for line in axes.lines if line.get_label() == "F1").get_xdata()
    assert list(f1) == sorted(scores["f1"] for scores in per_class.values())[:40]
    assert len(row_names(axes)) == min(n_classes, 40)
    assert ("the 40 worst of 80 classes" in caption_of(figure)) == (n_classes == 80)
    boxes = boxes_of(axes.get_yticklabels())
    assert not any(a.overlaps(b) for a, b in pairwise(boxes))


def test_each_class_has_its_three_scores_and_its_images():
    (axes,) = class_figure({"b": scores_of(0.9), "a": scores_of(0.4, 1234)}).axes
    seen = {line.get_label(): list(line.get_xdata()) for line in axes.lines}
    assert seen == {"precision": [0.4, 0.9], "recall": [0.2, 0.45], "F1": [0.4, 0.9]}
    spans = [segment[:, 0].tolist() for segment in axes.collections[0].get_segments()]
    assert spans == [[0.2, 0.4], [0.45, 0.9]]
    assert row_names(axes) == ["a  (1234)", "b  (9)"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(seen)
    assert axes.yaxis.get_inverted()


def test_a_class_without_images_is_last_and_has_no_scores():
    (axes,) = class_figure({"a": scores_of(0, 0), "b": scores_of(0.8), "c": scores_of(0.9)}).axes
    assert row_names(axes) == ["b  (9)", "c  (9)", "a  (0)"]
    assert all(len(line.get_xdata()) == 2 for line in axes.lines)
    (text,) = axes.texts
    assert text.get_text().strip() == "no test images"
    assert text.get_position()[1] == 2


@pytest.mark.parametrize(("lowest", "start"), [(1.0, 0.8), (0.3, 0.2), (0.0, 0.0)])
def test_the_axis_of_scores_holds_all_and_says_where_it_begins(lowest, start):
    figure = class_figure({"a": {"precision": 1, "recall": lowest, "f1": lowest, "support": 3}})
    low, high = figure.axes[0].get_xlim()
    assert low == pytest.approx(start)
    assert high >= 1
    assert (f"begins at {start}" in caption_of(figure)) == (start > 0)


def test_no_class_and_no_mistake_are_said_in_words():
    assert "There is no class to score." in texts_of(class_figure({}))
    figure = mistakes_figure([])
    assert "There are none: every test image was read right." in texts_of(figure)
    assert not texts_cut_off(figure)


@pytest.mark.parametrize("n", [1, 3, 10, 80])
def test_mistakes_have_their_names_and_counts(n):
    names = class_names(n + 1)
    mistakes = [{"label": names[k], "predicted": names[k + 1], "count": 2000 - k} for k in range(n)]
    figure = mistakes_figure(mistakes)
    assert not texts_cut_off(figure)
    (axes,) = figure.axes
    n_shown = min(n, 20)
    assert [bar.get_width() for bar in axes.patches] == [2000 - k for k in range(n_shown)]
    assert [text.get_text() for text in axes.texts] == [f"{2000 - k:,}" for k in range(n_shown)]
    assert row_names(axes)[0] == "sulphur-crested c… read as class 1"
    assert caption_of(figure).startswith(f"{sum(m['count'] for m in mistakes)} images read as")
    assert ("the 20 most frequent" in caption_of(figure)) == (n == 80)


def test_right_and_wrong_images_are_counted_apart():
    confidence = np.array([0.5, 0.97, 0.99, 1.0000001, 0.31], np.float32)
    figure = certainty_figure(confidence, np.array([True, True, True, True, False]))
    right, wrong = figure.axes
    heights = [[bar.get_height() for bar in axes.patches] for axes in figure.axes]
    assert (sum(heights[0]), heights[0][10], heights[0][19]) == (4, 1, 3)
    assert (sum(heights[1]), heights[1][6]) == (1, 1)
    assert (right.get_title("left"), wrong.get_title("left")) == (
        "read right: 4 images",
        "read wrong: 1 image",
    )
    assert wrong.patches[6].get_facecolor() == to_rgba(ORANGE)
    assert right.patches[0].get_width() == pytest.approx(0.05)


def test_a_wrong_image_among_thousands_is_seen():
    is_right = np.arange(5000) > 0
    _, wrong = laid_out(certainty_figure(np.full(5000, 0.9), is_right)).axes
    bar = max(wrong.patches, key=lambda patch: patch.get_height())
    assert bar.get_window_extent().height > 0.5 * wrong.get_window_extent().height


@pytest.mark.parametrize("n", [0, 1])
def test_without_wrong_images_it_says_none(n):
    figure = certainty_figure(np.full(n, 0.9), np.full(n, True))
    assert [text.get_text() for text in figure.axes[1].texts] == ["none"]
    assert not texts_cut_off(figure)
    assert as_png(figure)


def test_reliability_tells_how_far_a_bin_is_from_the_line():
    figure = reliability_figure(bins_of((0.5, 0.6, 0.55, 0.75, 10), (0.9, 1, 0.95, 0.9, 90)), 0.05)
    upper, lower = figure.axes
    gaps, dots = upper.collections
    assert [s.tolist() for s in gaps.get_segments()] == [
        [[0.55, 0.55], [0.55, 0.75]],
        [[0.95, 0.9], [0.95, 0.95]],
    ]
    np.testing.assert_allclose(dots.get_offsets(), [[0.55, 0.75], [0.95, 0.9]])
    small, large = dots.get_sizes()
    assert large > 3 * small
    assert [bar.get_height() for bar in lower.patches] == [10, 90]
    assert [bar.get_x() for bar in lower.patches] == [0.5, 0.9]
    assert lower.patches[0].get_width() == pytest.approx(0.1)
    assert upper.get_title("left") == "expected calibration error 0.050"
    assert not texts_cut_off(figure)


@pytest.mark.parametrize("bins", [(), ((0.9, 1, 0.95, 1, 1),)])
def test_reliability_of_one_image_or_none(bins):
    figure = reliability_figure(bins_of(*bins), 0.0)
    assert len(figure.axes[1].patches) == len(bins)
    assert as_png(figure)


def test_coverage_marks_what_was_chosen():
    coverage = points_of((0, 1, 0.8), (0.5, 0.9, 0.85), (0.9, 0.4, 0.99), (1, 0, None))
    figure = coverage_figure(coverage, coverage[1])
    (axes,) = figure.axes
    curve, _, dot = axes.lines
    np.testing.assert_array_equal(curve.get_xdata(), [1, 0.9, 0.4, 0])
    np.testing.assert_array_equal(curve.get_ydata(), [0.8, 0.85, 0.99, np.nan])
    assert curve.get_color() == BLUE
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (0.9, 0.85)
    (text,) = axes.texts
    assert text.get_text() == "threshold 0.50:\n90.0% answered, 85.0% of these right"
    assert axes.get_ylim()[0] == pytest.approx(0.7)
    assert "orange" in caption_of(figure)
    assert not texts_cut_off(figure)


@pytest.mark.parametrize("at", [0.02, 0.5, 0.51, 1.0])
@pytest.mark.parametrize("accuracy", [0.0, 0.2, 0.5, 0.85, 1.0])
def test_the_words_of_a_chosen_point_stay_within_the_axes(at, accuracy):
    (point,) = points_of((0.5, at, accuracy))
    (axes,) = laid_out(coverage_figure([point], point)).axes
    (words,), frame = boxes_of(axes.texts), axes.get_window_extent()
    assert frame.x0 < words.x0 < words.x1 < frame.x1
    assert frame.y0 < words.y0 < words.y1 < frame.y1


def test_coverage_without_a_choice_has_one_line():
    figure = coverage_figure(points_of((0, 1, 0.9)))
    assert len(figure.axes[0].lines) == 1
    assert figure.axes[0].lines[0].get_marker() == "o"  # a line of one point is not seen
    assert "orange" not in caption_of(figure)
