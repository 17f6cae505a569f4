"""What a fit found, in words."""

from types import SimpleNamespace

import pytest

from sklimg.telling import describe, tell_verdict

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


@pytest.mark.parametrize(
    ("trained", "held_back", "word"),
    [(1.0, 0.7, "overfits"), (0.6, 0.58, "underfits"), (0.95, 0.93, "fits well")],
)
def test_the_verdict(trained, held_back, word):
    history = {"validation_accuracy": [0.1, held_back]}
    run = SimpleNamespace(
        metrics={"train_accuracy": trained},
        search=None,
        history=history,
        parts=SimpleNamespace(validation=[]),
    )
    said = []
    tell_verdict(run, lambda topic, text: said.append((topic, text)))
    ((topic, text),) = said
    assert topic == "verdict"
    assert text.startswith(word)
    assert f"{trained:.3f} in training, {held_back:.3f}" in text
