"""What the numbers of a run mean, in words."""

from types import SimpleNamespace

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier as PlainMLPClassifier

from sklimg.mlp import MLPClassifier
from sklimg.verdicts import data_verdict, fit_verdict


def run_of(last, history=None, **changed):
    """Return what a fit returns, as far as telling looks at it."""
    plain = {"search": None, "history": history, "augmented": False}
    parts = SimpleNamespace(validation=[])
    changed["metrics"] = {"accuracy_interval": [0.0, 1.0], **changed["metrics"]}
    return SimpleNamespace(model=SimpleNamespace(pipeline=[last]), parts=parts, **plain | changed)


@pytest.mark.parametrize(
    ("trained", "held_back", "word"),
    [(1.0, 0.7, "overfits"), (0.6, 0.58, "underfits"), (0.95, 0.93, "fits well")],
)
def test_the_verdict(trained, held_back, word):
    history = {"validation_accuracy": [0.1, held_back]}
    run = run_of(MLPClassifier(), history, metrics={"train_accuracy": trained})
    text = fit_verdict(run)
    assert text.startswith(word)
    assert f"{trained:.3f} in training, {held_back:.3f}" in text


@pytest.mark.parametrize(
    ("last", "changed", "ways"),
    [
        (MLPClassifier(), {}, "--augment light, --param dropout=0.3, --param alpha=0.01, more"),
        (MLPClassifier(dropout=0.2), {"augmented": True}, "--param alpha=0.01, more images"),
        (PlainMLPClassifier(alpha=0.5), {}, "--augment light, --param alpha=50, more images"),
        (LogisticRegression(), {}, "--augment light, --param C=0.1, more images"),
    ],
)
def test_what_to_try_against_overfitting(last, changed, ways):
    history = {"validation_accuracy": [0.5]}
    run = run_of(last, history, metrics={"train_accuracy": 1.0}, **changed)
    text = fit_verdict(run)
    assert f"try {ways}" in text


@pytest.mark.parametrize(
    ("last", "ways"),
    [
        (
            MLPClassifier((60, 30), dropout=0.2),
            "--param hidden_layer_sizes=120, --param max_iter=400, --param dropout=0 ",
        ),
        (LogisticRegression(), "--model mlp "),
    ],
)
def test_what_to_try_against_underfitting(last, ways):
    run = run_of(last, {"validation_accuracy": [0.5]}, metrics={"train_accuracy": 0.5})
    text = fit_verdict(run)
    assert f"try {ways}" in text


def test_the_epoch_that_is_kept_is_judged():
    last = MLPClassifier()
    last.history_ = {"validation_accuracy": [0.1, 0.93, 0.5]}
    last.best_epoch_ = 2
    run = run_of(last, last.history_, metrics={"train_accuracy": 0.95})
    text = fit_verdict(run)
    assert "0.930 on images held back" in text


def test_nothing_held_back_no_verdict():
    history = {"validation_accuracy": [float("nan")]}
    run = run_of(MLPClassifier(), history, metrics={"train_accuracy": 1})
    assert fit_verdict(run) is None


def test_folds_over_all_images_judge_best():
    scores = {"train_accuracy": 1.0, "cross_validation": {"accuracy": 0.8}}
    run = run_of(MLPClassifier(), {"validation_accuracy": [0.99]}, metrics=scores)
    text = fit_verdict(run)
    assert text.startswith("overfits")
    assert text.endswith("(1.000 in training, 0.800 on the folds)")


def test_what_diverged_is_not_judged():
    last = MLPClassifier()
    last.stop_reason_ = "diverged"
    run = run_of(last, {"validation_accuracy": [0.2]}, metrics={"train_accuracy": 0.3})
    assert fit_verdict(run) is None


def test_held_back_images_judge_better_than_an_epoch():
    scores = {"train_accuracy": 0.95, "calibration": {"accuracy": 0.93, "where": "the folds"}}
    run = run_of(MLPClassifier(), {"validation_accuracy": [0.2]}, metrics=scores)
    assert "0.930 on the folds" in fit_verdict(run)


def data_of(interval, counts, n_test=400):
    metrics = {"accuracy_interval": interval, "n_test": n_test}
    return SimpleNamespace(metrics=metrics, model=SimpleNamespace(counts=counts))


def test_many_images_are_enough():
    assert data_verdict(data_of([0.95, 0.962], {"a": 90, "b": 70})) == (
        "400 test pictures: the accuracy lies between 0.950 and 0.962; the smallest class has 70 "
        "images to learn from"
    )


def test_few_images_are_named():
    text = data_verdict(data_of([0.7, 0.9], {"a": 90, "b": 3, "c": 19}, 40))
    assert "between 0.700 and 0.900; four times as many would halve that range" in text
    assert text.endswith("2 classes have under 20 images to learn from, add more: b (3), c (19)")
    text = data_verdict(data_of([0.7, 0.9], {str(i): 5 for i in range(6)}))
    assert text.endswith("add more: 0 (5), 1 (5), 2 (5), 3 (5), 4 (5) …")
    assert "1 class has under 20" in data_verdict(data_of([0.7, 0.9], {"a": 90, "b": 3}))


def test_a_test_part_of_another_kind_is_said():
    scores = {"train_accuracy": 0.99, "calibration": {"accuracy": 0.97, "where": "the folds"}}
    for interval, is_said in (([0.0, 0.5], True), ([0.0, 0.93], False), ([0.9, 0.99], False)):
        run = run_of(MLPClassifier(), metrics=scores | {"accuracy_interval": interval})
        assert ("of another kind" in fit_verdict(run)) == is_said
