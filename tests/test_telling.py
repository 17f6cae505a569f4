"""What a fit found, in words."""

from types import SimpleNamespace

import pytest
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


def test_verdicts_are_told():
    run = run_of(MLPClassifier(), metrics={"verdict": {"fit": "fits well", "data": "9 pictures"}})
    assert said_by(tell_verdict, run) == [("verdict", "fits well"), ("size", "9 pictures")]
    run.metrics["verdict"]["fit"] = None
    assert said_by(tell_verdict, run) == [("size", "9 pictures")]
