"""What a fit found, in words."""

from types import SimpleNamespace

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier as PlainMLPClassifier

from sklimg.mlp import MLPClassifier
from sklimg.telling import describe, tell_end, tell_verdict

METRICS = {
    "accuracy": 0.9,
    "accuracy_interval": [0.8, 0.95],
    "n_test": 40,
    "n_test_images": 60,
    "baselines": {"most_frequent": 0.1, "nearest_neighbour": None},
}


def test_an_accuracy_never_stands_alone():
    assert describe(METRICS) == (
        "accuracy 0.900 [0.800, 0.950] on 60 images in 40 groups; most frequent class 0.100"
    )


def run_of(last, history=None, **changed):
    """Return what a fit returns, as far as telling looks at it."""
    plain = {"search": None, "history": history, "augmented": False}
    parts = SimpleNamespace(validation=[])
    return SimpleNamespace(model=SimpleNamespace(pipeline=[last]), parts=parts, **plain | changed)


def said_by(tell, run):
    said = []
    tell(run, lambda topic, text: said.append((topic, text)))
    return said


@pytest.mark.parametrize(
    ("trained", "held_back", "word"),
    [(1.0, 0.7, "overfits"), (0.6, 0.58, "underfits"), (0.95, 0.93, "fits well")],
)
def test_the_verdict(trained, held_back, word):
    history = {"validation_accuracy": [0.1, held_back]}
    run = run_of(MLPClassifier(), history, metrics={"train_accuracy": trained})
    ((topic, text),) = said_by(tell_verdict, run)
    assert topic == "verdict"
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
    ((_, text),) = said_by(tell_verdict, run)
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
    ((_, text),) = said_by(tell_verdict, run)
    assert f"try {ways}" in text


def test_the_epoch_that_is_kept_is_judged():
    last = MLPClassifier()
    last.history_ = {"validation_accuracy": [0.1, 0.93, 0.5]}
    last.best_epoch_ = 2
    run = run_of(last, last.history_, metrics={"train_accuracy": 0.95})
    ((_, text),) = said_by(tell_verdict, run)
    assert "0.930 on images held back" in text


def test_nothing_held_back_no_verdict():
    history = {"validation_accuracy": [float("nan")]}
    run = run_of(MLPClassifier(), history, metrics={"train_accuracy": 1})
    assert not said_by(tell_verdict, run)


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ({"stop_reason_": "interrupted"}, "interrupted after 9 epochs; the model has the weights of"
         " epoch 7, the best so far"),
        ({"stop_reason_": "diverged"}, "the loss diverged in epoch 9 with learning_rate_init=0.001;"
         " the model has the weights of epoch 7; set a smaller one"),
        ({"stop_reason_": "max_iter", "max_iter": 9}, "training stopped at max_iter=9, still"),
    ],
)  # fmt: skip
def test_an_odd_end_is_told(how, text):
    last = MLPClassifier()
    vars(last).update({"n_iter_": 9, "best_epoch_": 7} | how)
    ((topic, told),) = said_by(tell_end, run_of(last))
    assert topic == "warning"
    assert told.startswith(text)


@pytest.mark.parametrize(
    "how", [{"learning_rate": "one-cycle"}, {"stop_reason_": "no_improvement"}]
)
def test_an_even_end_is_not(how):
    last = MLPClassifier()
    vars(last).update({"n_iter_": 9, "max_iter": 9, "stop_reason_": "max_iter"} | how)
    assert not said_by(tell_end, run_of(last))


def test_scikit_learns_end_is_told_by_its_epochs():
    last = PlainMLPClassifier(max_iter=9)
    last.n_iter_ = 9
    assert said_by(tell_end, run_of(last))[0][1].startswith("training stopped at max_iter=9")
    assert not said_by(tell_end, run_of(last.set_params(max_iter=10)))


def test_folds_over_all_images_judge_best():
    scores = {"train_accuracy": 1.0, "cross_validation": {"accuracy": 0.8}}
    run = run_of(MLPClassifier(), {"validation_accuracy": [0.99]}, metrics=scores)
    ((_, text),) = said_by(tell_verdict, run)
    assert text.startswith("overfits")
    assert text.endswith("(1.000 in training, 0.800 on the folds)")


def test_what_diverged_is_not_judged():
    last = MLPClassifier()
    last.stop_reason_ = "diverged"
    run = run_of(last, {"validation_accuracy": [0.2]}, metrics={"train_accuracy": 0.3})
    assert not said_by(tell_verdict, run)
