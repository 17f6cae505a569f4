"""A pipeline from a model's arrays is the one that was saved, and nothing of a pickle."""

from pathlib import Path

import numpy as np
import pytest

from sklimg.arraysteps import read_arrays
from sklimg.digests import pixel_digests
from sklimg.errors import ModelError
from sklimg.files import natural_key
from sklimg.fitting import fit_alone
from sklimg.model import Model, load
from sklimg.modelfiles import read_model_files, sums_of
from sklimg.pipeline import build_pipeline
from sklimg.restoring import restored
from sklimg.saving import save_model
from sklimg.table import Table
from tests.builders import bars
from tests.pickled import traps

QUICK = {"max_iter": 4, "hidden_layer_sizes": (9, 5)}
GREY = ("pixels", "hog", "hog+pixels", "patches", "hog+patches")
MANY = tuple("abcde")


def coloured(table):
    """Return the images in three colours, each of another brightness."""
    shares = np.array([1, 0.5, 0.8])
    pixels = (table.pixels[:, :, None] * shares).astype(np.uint8)
    return Table(pixels.reshape(len(table), -1), table.labels)


def saved(folder, table, features, params=QUICK):
    """Save the model of a pipeline; return the pipeline and what loads from the folder."""
    pipeline = fit_alone(build_pipeline("mlp", params, 3, features), table.pixels, table.labels)
    names, counts = np.unique(table.labels, return_counts=True)
    of_class = dict(zip(names, counts.tolist(), strict=True))
    classes = tuple(sorted(of_class, key=natural_key))
    seen = np.unique(pixel_digests(table.pixels))
    save_model(folder, Model(pipeline, classes, table.spec, seen, of_class))
    return pipeline, load(folder)


def again(folder, features, model, params=QUICK):
    base = build_pipeline("mlp", params, 3, features)
    return restored(base, read_model_files(folder), model.predict_proba)


def check_same(one, other, pixels):
    assert one.classes_.tolist() == other.classes_.tolist()
    expected = other.predict_proba(pixels)
    np.testing.assert_allclose(one.predict_proba(pixels), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("labels", ["ab", MANY])
@pytest.mark.parametrize("features", [*GREY, "hog+colour", "hog+colour+patches"])
def test_it_answers_as_the_one_that_was_saved(tmp_path, features, labels):
    table = bars(dict.fromkeys(labels, 8), side=16)
    table = coloured(table) if "colour" in features else table
    pipeline, model = saved(tmp_path / "m", table, features)
    found = again(tmp_path / "m", features, model)
    check_same(found, pipeline, table.pixels)
    described = found[:-1].transform(table.pixels)
    went_on = found[-1].set_params(warm_start=True, max_iter=60).fit(described, table.labels)
    assert went_on.loss_curve_[-1] < went_on.loss_curve_[0]  # it can be trained further


@pytest.mark.parametrize(
    "params",
    [
        {"dtype": "float64", "activation": "tanh"},
        {"centre__with_std": True},
        {"centre__with_mean": False},
        {"scale__maximum": 100.0},
        {"hidden_layer_sizes": (), "solver": "sgd"},
    ],
)
def test_whatever_it_was_set_to(tmp_path, params):
    table = bars(dict.fromkeys(MANY, 8))
    pipeline, model = saved(tmp_path / "m", table, "pixels", QUICK | params)
    check_same(again(tmp_path / "m", "pixels", model, QUICK | params), pipeline, table.pixels)


def test_a_network_that_others_have_trained_comes_from_the_model_itself(tmp_path):
    networks = pytest.importorskip("tests.networks", reason="onnx is not installed")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    file = networks.write_network(tmp_path / "n.onnx")
    features, params = f"onnx:{file}", QUICK | {"features__side": 16}
    table = coloured(bars(dict.fromkeys(MANY, 6), side=16))
    pipeline, model = saved(tmp_path / "m", table, features, params)
    file.unlink()
    check_same(again(tmp_path / "m", features, model, params), pipeline, table.pixels)


def test_classes_stay_in_their_order(tmp_path):
    """Natural order is not that of the outputs: 2 before 10, "10" before "2"."""
    table = bars({"10": 8, "2": 8, "a": 8})
    pipeline, model = saved(tmp_path / "m", table, "pixels")
    found = again(tmp_path / "m", "pixels", model)
    assert (model.classes, found.classes_.tolist()) == (("2", "10", "a"), ["10", "2", "a"])
    check_same(found, pipeline, table.pixels)


@pytest.mark.parametrize(
    ("features", "params"),
    [
        ("hog+patches", QUICK),
        ("pixels", QUICK | {"hidden_layer_sizes": (9,)}),
        ("pixels", QUICK | {"activation": "tanh"}),
        ("pixels", QUICK | {"scale__maximum": 1.0}),
        ("pixels", QUICK | {"centre__with_mean": False}),
    ],
)
def test_a_pipeline_that_is_not_the_models_is_refused(tmp_path, features, params):
    _, model = saved(tmp_path / "m", bars(dict.fromkeys(MANY, 8), side=16), "pixels")
    with pytest.raises(ModelError, match=r"m: (its arrays are not|the pipeline .* otherwise)"):
        again(tmp_path / "m", features, model, params)


def test_arrays_of_another_model_are_refused(tmp_path):
    _, model = saved(tmp_path / "m", bars(dict.fromkeys(MANY, 8)), "pixels")
    saved(tmp_path / "other", bars(dict.fromkeys(MANY, 8), seed=1), "pixels")
    with pytest.raises(ModelError, match=r"answers otherwise than the model, by .*--from-scratch"):
        again(tmp_path / "other", "pixels", model)


def test_a_trap_in_place_of_the_pipeline_is_not_opened(tmp_path):
    table = bars(dict.fromkeys(MANY, 8))
    pipeline, _ = saved(tmp_path / "m", table, "pixels")
    for kind, content in traps(tmp_path / "marker").items():
        (tmp_path / "m" / "pipeline.joblib").write_bytes(content)
        names = ["model.npz", "manifest.json", "pipeline.joblib"]
        sums = sums_of({name: Path(tmp_path, "m", name).read_bytes() for name in names})
        (tmp_path / "m" / "SHA256SUMS").write_bytes(sums)
        check_same(again(tmp_path / "m", "pixels", load(tmp_path / "m")), pipeline, table.pixels)
        assert not (tmp_path / "marker").exists(), kind


def test_arrays_are_read_without_pickles(tmp_path):
    with pytest.raises(ValueError, match="allow_pickle=False"):
        read_arrays(traps(tmp_path / "marker")["npz"])
    assert not (tmp_path / "marker").exists()
