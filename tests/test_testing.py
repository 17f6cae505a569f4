"""The test part is read once, by the pipeline that is saved."""

import numpy as np
import pytest

from sklimg.parts import split_table
from sklimg.pipeline import build_pipeline
from sklimg.sources import Collection
from sklimg.testing import judge
from tests.builders import bars


@pytest.fixture(scope="module")
def parts():
    read = Collection(bars({"2": 20, "10": 20, "a": 20}), [], [])
    rng = np.random.default_rng(0)
    return split_table(read, "bars", None, "none", rng, lambda *_: None, 0.0, "auto")


@pytest.fixture(scope="module")
def pipeline(parts):
    X, y = parts.table.pixels[parts.train], parts.table.labels[parts.train]
    return build_pipeline("logistic").fit(X, y)


def test_scores_are_those_of_the_test_rows(parts, pipeline):
    said = []
    run = judge(pipeline, parts, None, lambda *words: said.append(words))
    X, y = parts.table.pixels[parts.test], parts.table.labels[parts.test]
    assert run.metrics["accuracy"] == np.mean(pipeline.predict(X) == y)
    assert run.metrics["n_test"] == len(y)
    assert run.metrics["train_accuracy"] == 1
    assert set(run.metrics["baselines"]) == {"most_frequent", "nearest_neighbour"}
    assert [topic for topic, _ in said] == ["test", "mistakes"]
    assert said[1][1] == "none"


def test_the_model_knows_its_classes_in_order_and_what_it_has_seen(parts, pipeline):
    model = judge(pipeline, parts, None, lambda *_: None).model
    assert model.pipeline is pipeline
    assert model.classes == ("2", "10", "a")
    assert set(model.seen) == set(parts.digests[parts.train])
    assert sum(model.counts.values()) == len(parts.train)


def test_the_test_part_is_read_once(parts, pipeline, monkeypatch):
    read, plain = [], type(pipeline).predict_proba

    def spy(self, X):
        read.append(len(X))
        return plain(self, X)

    monkeypatch.setattr(type(pipeline), "predict_proba", spy)
    judge(pipeline, parts, None, lambda *_: None)
    assert read == [len(parts.test), len(parts.train)]
