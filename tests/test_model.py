"""A model is verified, runs no code, and answers as the pipeline does."""

import json
import shutil
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler

from sklimg.errors import ImageError, ModelError, TableError
from sklimg.images import encode_image, read_image
from sklimg.model import load, load_pipeline
from sklimg.modelfiles import find_model
from sklimg.training import fit
from tests.forged import changed, set_right


@pytest.fixture
def folder(bars_run, tmp_path):
    """A copy of a run folder, free to be damaged."""
    return shutil.copytree(bars_run.path, tmp_path / "run")


def test_it_answers_as_before(bars_run, bars_table):
    model = load(bars_run.path)
    X = bars_table.pixels
    np.testing.assert_allclose(
        model.predict_proba(X), bars_run.model.predict_proba(X), rtol=0, atol=1e-5
    )
    assert np.mean(model.predict(X) == bars_table.labels) == 1


def test_classes_are_in_natural_order_and_so_are_the_columns(bars_run, bars_table):
    model = bars_run.model
    assert model.classes == ("2", "10", "a")
    plain = model.pipeline.predict(bars_table.pixels)
    np.testing.assert_array_equal(model.predict(bars_table.pixels), plain)


def test_images_are_answered_as_their_vectors(bars_run, bars_table):
    """A picture that is as large as the model's images is its own vector."""
    pixels = bars_table.pixels[25].reshape(8, 8)
    data = encode_image(pixels)
    np.testing.assert_array_equal(read_image(data, bars_run.model.spec), pixels)
    assert bars_run.model.predict_images([data]).tolist() == ["10"]
    assert bars_run.model.predict_images([]).tolist() == []
    with pytest.raises(ImageError, match="expected PNG"):
        bars_run.model.predict_images([b"no picture"])


def test_a_wrong_width_is_told(bars_run):
    with pytest.raises(TableError, match=r"expected images of 64 pixels \(8x8 grey\)"):
        bars_run.model.predict(np.zeros((1, 63)))


def test_a_model_is_found_by_its_run_or_itself(bars_run, tmp_path, monkeypatch):
    assert find_model(bars_run.path) == find_model(bars_run.path / "model")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match="fit one first or pass -m RUN"):
        find_model()
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "artifacts" / "latest").symlink_to(bars_run.path)
    assert load("latest").id == load(bars_run.path).id == load().id


def test_what_is_no_model_is_refused(tmp_path):
    with pytest.raises(ModelError, match="absent: expected a model, found nothing"):
        load(tmp_path / "absent")
    with pytest.raises(ModelError, match="expected a run folder, its model/ or an exported zip"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["model.npz", "pipeline.joblib", "manifest.json", "SHA256SUMS"])
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_damage_is_refused(folder, name, damage):
    path = folder / "model" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    if damage == "remove":
        path.unlink()
    else:
        path.write_bytes(data if damage == "flip" else data[:-7])
    with pytest.raises(ModelError, match="model|damaged|run folder"):
        load(folder)


def test_every_bit_of_the_sums_counts(folder):
    """Among them those that only change how a line ends."""
    path = folder / "model" / "SHA256SUMS"
    whole = path.read_bytes()
    for at in range(0, 8 * len(whole), 3):
        data = bytearray(whole)
        data[at // 8] ^= 1 << at % 8
        path.write_bytes(data)
        with pytest.raises(ModelError, match="SHA256SUMS|damaged|incomplete"):
            load(folder)
    path.write_bytes(whole[:-1])
    with pytest.raises(ModelError, match="damaged|lists other files"):
        load(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": ["2", "10", "b"]},
        {"classes": ["2", "10"]},
        {"columns": ["10", "2", "a", "b"]},
        {"counts": None, "image": {"side": 9}},
        {"image": {"side": 10**9}},
        {"image": 8},
        {"steps": []},
        {"steps": [{"op": "system", "command": "true"}]},
        {"steps": [{"op": "hog"}]},
        {"steps": 7},
        {"probes": {}},
        {"probes": {"pixels": "?", "probabilities": []}},
        {"probes": {"pixels": "", "probabilities": [[1, 0, 0]]}},
        {"columns": None},
    ],
)
def test_a_manifest_that_disagrees_with_the_arrays_is_refused(folder, changes):
    changed(folder, **changes)
    with pytest.raises(ModelError, match="disagree|answers otherwise"):
        load(folder)


def test_other_weights_answer_otherwise(folder):
    file = folder / "model" / "model.npz"
    with np.load(file) as arrays:
        others = {name: arrays[name] for name in arrays.files}
    last = max(name for name in others if "intercepts" in name)
    others[last] = others[last] + np.float32([9, 0, 0])
    np.savez(file, **others)
    set_right(file.parent)
    with pytest.raises(ModelError, match="answers otherwise than when it was saved, by 0."):
        load(folder)


@pytest.mark.parametrize("kind", ["objects", "packed", "text", "fewer"])
def test_an_npz_of_something_else_is_refused(folder, kind):
    file = folder / "model" / "model.npz"
    with np.load(file) as arrays:
        others = {name: arrays[name] for name in arrays.files}
    if kind == "objects":
        np.savez(file, **others | {"seen": np.array([Path("x")], object)})
    elif kind == "packed":
        np.savez_compressed(file, **others)
    elif kind == "text":
        file.write_text("no arrays")
    else:
        del others["seen"]
        np.savez(file, **others)
    set_right(file.parent)
    with pytest.raises(ModelError, match="disagree"):
        load(folder)


def test_a_model_of_another_format_is_told(folder):
    changed(folder, format="sklimg-model-1")
    with pytest.raises(ModelError, match="expected format sklimg-model-2, got 'sklimg-model-1'"):
        load(folder)
    with pytest.raises(ModelError, match="fit it anew"):
        load_pipeline(folder, trust=True)


def test_arrays_answer_whatever_scikit_learn_there_is(folder, bars_table, bars_run):
    versions = json.loads((folder / "model" / "manifest.json").read_text())["versions"]
    changed(folder, versions=versions | {"scikit-learn": "0.9"})
    (folder / "model" / "pipeline.joblib").write_bytes(b"of a version that none can read")
    set_right(folder / "model")
    expected = bars_run.model.predict_proba(bars_table.pixels)
    found = load(folder).predict_proba(bars_table.pixels)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    with pytest.raises(ModelError, match=r"cannot be opened by scikit-learn .*; install 0.9"):
        load_pipeline(folder, trust=True)


def test_the_pipeline_is_opened_only_when_it_is_trusted(folder, bars_table, bars_run, monkeypatch):
    pipeline = load_pipeline(folder, trust=True)
    np.testing.assert_array_equal(
        pipeline.predict(bars_table.pixels), bars_run.model.predict(bars_table.pixels)
    )
    monkeypatch.setattr("joblib.load", lambda *_: pytest.fail("opened"))
    with pytest.raises(ModelError, match="can run any code; if you trust who made it"):
        load_pipeline(folder)
    with pytest.raises(ModelError, match="trust=True"):
        load_pipeline(folder, trust="yes")
    assert load(folder, trust=True).classes == bars_run.model.classes  # arrays are there


@pytest.fixture
def unarrayed(bars_table, tmp_path):
    """A run whose pipeline has a step that no arrays stand for."""
    told = []
    params = {"centre": MinMaxScaler(), "max_iter": 5, "hidden_layer_sizes": (4,)}
    run = fit(bars_table, params=params, out=tmp_path / "custom", tell=lambda *t: told.append(t))
    return run, told


def test_a_step_without_arrays_is_said_and_asked_only_if_trusted(unarrayed, bars_table):
    run, told = unarrayed
    said = [text for topic, text in told if topic == "warning" and "MinMaxScaler" in text]
    assert len(said) == 1
    assert "centre: expected a step that plain arrays can stand for" in said[0]
    with pytest.raises(ModelError, match=r"MinMaxScaler; .*predict --trust"):
        load(run.path)
    model = load(run.path, trust=True)
    np.testing.assert_array_equal(
        model.predict_proba(bars_table.pixels), run.model.predict_proba(bars_table.pixels)
    )


def test_a_pipeline_of_other_classes_than_its_manifest_is_refused(unarrayed):
    run, _ = unarrayed
    changed(run.path, columns=["2", "10", "b"])
    with pytest.raises(ModelError, match="its manifest and its pipeline disagree"):
        load(run.path, trust=True)


def test_the_id_is_that_of_the_files(bars_run, folder):
    assert load(folder).id == bars_run.model.id
    assert len(bars_run.model.id) == 12


def test_no_times_and_no_pictures_are_in_the_model(bars_run, bars_table):
    manifest = json.loads((bars_run.path / "model" / "manifest.json").read_text())
    assert set(manifest) == {
        "format", "classes", "columns", "counts", "image", "image_is_known", "threshold",
        "error_rate", "pipeline", "steps", "no_arrays", "versions", "probes",
    }  # fmt: skip
    assert manifest["classes"] == ["2", "10", "a"]
    probes = np.frombuffer(b64decode(manifest["probes"]["pixels"]), np.uint8).reshape(-1, 64)
    assert len(probes) == 16
    assert not (probes[:, None] == bars_table.pixels).all(axis=2).any()


@pytest.mark.parametrize(
    "changes",
    [
        {"threshold": "x"}, {"threshold": float("nan")}, {"threshold": 5}, {"error_rate": "x"},
        {"classes": [0, 1, 2]}, {"columns": [None, "2", "a"]}, {"classes": ["2", "10", "\ud800"]},
        {"classes": ["2", "2", "a"]}, {"pipeline": None}, {"pipeline": [1]}, {"counts": {"2": 1}},
        {"counts": {"2": "1", "10": 1, "a": 1}}, {"versions": {"numpy": 2}}, {"no_arrays": None},
        {"image_is_known": "yes"},
    ],
)  # fmt: skip
def test_a_manifest_that_no_sklimg_writes_is_refused(folder, changes):
    changed(folder, **changes)
    (key,) = changes
    with pytest.raises(ModelError, match=rf"not as sklimg writes it \((.*, )?{key}"):
        load(folder)


@pytest.mark.parametrize("seen", [np.array(["x"]), np.zeros((3, 3)), np.zeros(3, np.int64)])
def test_digests_of_another_kind_are_refused(folder, seen):
    file = folder / "model" / "model.npz"
    with np.load(file) as arrays:
        others = {name: arrays[name] for name in arrays.files}
    np.savez(file, **others | {"seen": seen})
    set_right(file.parent)
    with pytest.raises(ModelError, match="digests of another kind"):
        load(folder)


def test_answers_that_are_a_little_off_are_refused(folder):
    file = folder / "model" / "manifest.json"
    manifest = json.loads(file.read_text())
    answers = np.array(manifest["probes"]["probabilities"])
    answers[0] += [0.004, -0.004, 0]
    manifest["probes"]["probabilities"] = answers.tolist()
    changed(folder, probes=manifest["probes"])
    with pytest.raises(ModelError, match="answers otherwise than when it was saved, by 0.004"):
        load(folder)
