"""What is saved is small, repeatable, and answers as the pipeline does."""

import joblib
import numpy as np
import pytest

from sklimg import saving
from sklimg.fitting import fit_alone
from sklimg.model import Model, load, load_pipeline
from sklimg.names import MODELS
from sklimg.pipeline import build_pipeline
from sklimg.saving import no_arrays, save_model
from sklimg.spec import ImageSpec
from sklimg.table import Table


def model_of(table, kind="mlp", **params):
    quick = {} if kind == "logistic" else {"max_iter": 9, "hidden_layer_sizes": (30,)}
    base = build_pipeline(kind, quick | params, features="hog+patches")
    pipeline = fit_alone(base, table.pixels, table.labels)
    counts = {"2": 20, "10": 20, "a": 20}
    seen = np.arange(3, dtype=np.uint64)
    return Model(pipeline, ("2", "10", "a"), table.spec, seen, counts, True, 0.7)


@pytest.fixture(scope="module")
def large_table(bars_table):
    """The bars as 16x16 images, large enough for patches."""
    pixels = bars_table.pixels.reshape(-1, 8, 8).repeat(2, axis=1).repeat(2, axis=2)
    return Table(pixels.reshape(len(pixels), -1), bars_table.labels, spec=ImageSpec(16))


@pytest.mark.parametrize("kind", MODELS)
def test_it_comes_back(large_table, tmp_path, kind):
    model = model_of(large_table, kind)
    name = save_model(tmp_path / "m", model)
    found = load(tmp_path / "m")
    assert found.id == name
    assert (found.classes, found.spec, found.counts) == (model.classes, model.spec, model.counts)
    assert (found.threshold, found.error_rate) == (0.7, 0.02)
    assert found.seen.tolist() == [0, 1, 2]
    expected = model.predict_proba(large_table.pixels)
    np.testing.assert_allclose(found.predict_proba(large_table.pixels), expected, rtol=0, atol=1e-5)
    opened = load_pipeline(tmp_path / "m", trust=True)
    np.testing.assert_array_equal(
        opened.predict_proba(large_table.pixels),
        model.pipeline.predict_proba(large_table.pixels),
    )


@pytest.mark.parametrize("kind", ["mlp", "sklearn-mlp"])
def test_no_state_of_an_optimiser_is_saved(large_table, tmp_path, kind):
    model = model_of(large_table, kind, solver="adam")
    save_model(tmp_path / "m", model)
    classifier = load_pipeline(tmp_path / "m", trust=True)[-1]
    held = {name for name in vars(classifier) if "optim" in name or "training" in name}
    assert not held
    assert {weights.dtype for weights in classifier.coefs_} == {np.dtype(np.float32)}
    joblib.dump(model.pipeline, tmp_path / "whole.joblib", compress=3)
    small = (tmp_path / "m" / "pipeline.joblib").stat().st_size
    assert small < 0.6 * (tmp_path / "whole.joblib").stat().st_size


def test_the_same_model_is_the_same_files(large_table, tmp_path):
    names = {save_model(tmp_path / str(k), model_of(large_table)) for k in (1, 2)}
    assert len(names) == 1
    files = [{f.name: f.read_bytes() for f in (tmp_path / str(k)).iterdir()} for k in (1, 2)]
    assert files[0] == files[1]


def test_arrays_that_answer_otherwise_are_not_saved(large_table, tmp_path, monkeypatch):
    model, plain = model_of(large_table), saving.array_form

    def spoiled(pipeline):
        steps, arrays = plain(pipeline)
        last = max(name for name in arrays if "intercepts" in name)
        return steps, arrays | {last: arrays[last] + np.float32([0.01, 0, 0])}

    monkeypatch.setattr(saving, "array_form", spoiled)
    with pytest.raises(AssertionError, match="arrays answer otherwise by 0.00"):
        save_model(tmp_path / "m", model)


def test_what_has_arrays_needs_no_word(large_table):
    assert no_arrays(model_of(large_table)) == ""
