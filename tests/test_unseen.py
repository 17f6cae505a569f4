"""Both models are asked what neither was trained on."""

import numpy as np
import pytest

from sklimg.digests import pixel_digests
from sklimg.fitting import fit_alone
from sklimg.growth import Growth
from sklimg.learners import Anew, GoingOn
from sklimg.model import Model
from sklimg.parts import Parts
from sklimg.pipeline import build_pipeline
from sklimg.unseen import fold_answers, validation_answers
from tests.builders import bars

QUICK = {"max_iter": 30, "hidden_layer_sizes": (30,)}


def growth(n_of_class, n_new, validation=()):
    """Return rows of the bars, each class's last *n_new* being new."""
    table = bars(n_of_class)
    ends = np.cumsum(list(n_of_class.values()))
    is_new = np.zeros(len(table), bool)
    for end in ends:
        is_new[end - n_new : end] = True
    split = np.full(len(table), "train", object)
    split[list(validation)] = "validation"
    digests = pixel_digests(table.pixels)
    return Growth(Parts(table, np.arange(len(table)), digests, split, False), is_new, 0, [])


def learners(grown, **params):
    """Return one that goes on from the old training rows, one that begins anew, and the older."""
    parts = grown.parts
    old = np.setdiff1d(parts.train, np.flatnonzero(grown.is_new))
    base = build_pipeline("mlp", QUICK | params)
    pipeline = fit_alone(base, parts.table.pixels[old], parts.table.labels[old])
    classes = tuple(pipeline.classes_)
    older = Model(pipeline, classes, parts.table.spec, np.zeros(0, np.uint64), {})
    return GoingOn(pipeline, parts, None), Anew(base, parts), older


def log(learner, monkeypatch):
    """Record which rows a learner is given."""
    seen = []
    first, further, says = learner.first, learner.further, learner.probabilities
    monkeypatch.setattr(learner, "first", lambda rows: seen.append(("first", rows)) or first(rows))
    monkeypatch.setattr(
        learner,
        "further",
        lambda before, rows, watch=None, **how: (
            seen.append(("further", rows, before, watch))
            or further(before, rows, watch=watch, **how)
        ),
    )
    monkeypatch.setattr(
        learner, "probabilities", lambda fit, rows: seen.append(("says", rows)) or says(fit, rows)
    )
    return seen


@pytest.mark.parametrize("which", [0, 1])
def test_the_validation_part_is_read_by_both(which):
    held = [*range(5), *range(20, 25)]
    grown = growth({"a": 20, "b": 20}, 5, held)
    *found, older = learners(grown)
    learner = found[which]
    fitted = learner.further(None, grown.parts.train, watch=grown.parts.validation)
    answers = validation_answers(learner, fitted, older, grown)
    assert answers.held.where == "the validation part"
    assert answers.held.rows.tolist() == held
    pixels = grown.parts.table.pixels[held]
    assert answers.before.tolist() == older.predict(pixels).tolist()
    whole = learner.pipeline(fitted)
    np.testing.assert_allclose(answers.held.probabilities, whole.predict_proba(pixels))
    assert np.isfinite(answers.history["validation_accuracy"]).all()
    gate = answers.gate(whole.classes_, grown)
    assert (gate.known["n"], gate.new, gate.where) == (10, None, "the validation part")


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_folds_are_read_by_who_lacked_them(monkeypatch, which, early_stopping):
    grown = growth({"a": 20, "b": 20, "c": 20}, 5)
    *found, _ = learners(grown, early_stopping=early_stopping)
    learner = found[which]
    seen = log(learner, monkeypatch)
    classes = np.array(["a", "b", "c"], object)
    answers = fold_answers(learner, classes, grown, np.random.default_rng(0))
    assert sorted(answers.held.rows) == list(range(60))
    assert answers.held.is_known.all()
    asked = [rows for what, rows, *_ in seen if what == "says"][::2]
    first = [rows for what, rows, *_ in seen if what == "first"]
    after = [told for what, *told in seen if what == "further" and told[1] is not None]
    assert len(asked) == len(first) == len(after) == 5  # each goes on from that of its fold
    for k, (held, old, (rows, _, watch)) in enumerate(zip(asked, first, after, strict=True)):
        assert not np.intersect1d(held, rows).size
        assert set(old) <= set(rows)
        assert not grown.is_new[old].any()
        is_watched = watch is not None
        assert is_watched == (k == 0 and not early_stopping)  # or they would choose the epoch
    gate = answers.gate(classes, grown)
    assert (gate.known["n"], gate.new["n"], gate.where) == (45, 15, "the folds")


def test_of_many_rows_one_fold_is_enough(monkeypatch):
    grown = growth({"a": 20, "b": 20}, 5)
    learner, *_ = learners(grown)
    monkeypatch.setattr("sklimg.unseen._MOST_FOLDED", 39)
    answers = fold_answers(learner, np.array(["a", "b"]), grown, np.random.default_rng(0))
    assert (len(answers.held.rows), answers.held.where) == (8, "a fifth held back")


def test_a_new_class_is_wrong_before(monkeypatch):
    grown = growth({"a": 20, "b": 20, "c": 6}, 6)
    learner, *_ = learners(grown)
    answers = fold_answers(learner, np.array(["a", "b", "c"]), grown, np.random.default_rng(0))
    of_c = grown.parts.table.labels[answers.held.rows] == "c"
    assert "c" not in answers.before
    assert of_c.sum() == 6


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("which", [0, 1])
def test_folds_that_take_all_old_pictures_of_a_class_can_be_asked(which, seed):
    """Of b there is one old picture: the older one of that fold would know but a."""
    grown = growth({"a": 12, "b": 6}, 5)
    *found, _ = learners(grown)
    classes = np.array(["a", "b"], object)
    answers = fold_answers(found[which], classes, grown, np.random.default_rng(seed))
    assert sorted(answers.held.rows) == list(range(18))
    assert set(answers.before) <= {"a", "b"}
    gate = answers.gate(classes, grown)
    assert gate.all["n"] == 18


def test_classes_that_training_rows_have_are_asked_for():
    grown = growth({"a": 20, "b": 20}, 5, range(5))
    learner, _, older = learners(grown)
    fitted = learner.further(None, grown.parts.train)
    answers = validation_answers(learner, fitted, older, grown)
    grown.parts.table.labels[-1] = "lost"
    gate = answers.gate(np.array(["a", "b"], object), grown)
    assert gate.reasons == ["it does not know 1 class: 'lost'"]
