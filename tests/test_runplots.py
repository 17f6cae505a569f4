"""A run draws all that it has to show."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from sklimg.drawing import words_figure
from sklimg.runplots import run_plots
from sklimg.training import fit
from tests.builders import bars

ALWAYS = {
    "confusion",
    "class_scores",
    "mistakes",
    "certainty",
    "reliability",
    "coverage",
    "classes",
}


@pytest.fixture(scope="module")
def run():
    return fit(bars({"a": 20, "b": 20, "c": 20}), params={"max_iter": 5}, folds=0)


def test_each_figure_is_a_picture(run):
    found = run_plots(run)
    assert set(found) == ALWAYS | {"loss", "accuracy", "weights"}
    for content in found.values():
        image = Image.open(io.BytesIO(content))
        assert min(image.size) > 100
        assert len(np.unique(np.asarray(image.convert("L")))) > 5  # something is drawn


def test_what_is_not_there_is_not_drawn():
    """No mistakes, no epochs, no weights of pixels, no search."""
    run = fit(bars({"a": 30, "b": 30}), model="logistic", params={"C": 9}, folds=0)
    assert run.metrics["accuracy"] == 1
    assert set(run_plots(run)) == ALWAYS


def test_mistakes_are_shown_the_surest_first(run, monkeypatch):
    shown = {}

    def spy(images, names, labels, predicted, confidence):
        shown.update(names=names, labels=labels, predicted=predicted, confidence=confidence)
        return words_figure("", "")

    monkeypatch.setattr("sklimg.runplots.worst_figure", spy)
    wrong = run.probabilities.copy()
    wrong[:3] = np.roll(np.eye(3)[[0, 0, 0]], 1, axis=1) * [[0.7], [0.9], [0.8]]
    labels = run.parts.table.labels[run.parts.test]
    expected = [i for i in (1, 2, 0) if run.model.classes[1] != labels[i]]
    assert "worst" in run_plots(replace(run, probabilities=wrong))
    assert list(shown["confidence"]) == sorted(shown["confidence"], reverse=True)
    assert shown["names"][: len(expected)] == [f"row {run.parts.test[i]}" for i in expected]
