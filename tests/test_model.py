"""A model is verified before it is opened, and answers as the pipeline does."""

import json
import shutil

import numpy as np
import pytest

from sklimg.errors import ImageError, ModelError, TableError
from sklimg.images import encode_image, read_image
from sklimg.model import find_model, load


@pytest.fixture
def folder(bars_run, tmp_path):
    """A copy of a run folder, free to be damaged."""
    return shutil.copytree(bars_run.path, tmp_path / "run")


def test_it_answers_as_before(bars_run, bars_table):
    model = load(bars_run.path)
    X = bars_table.pixels
    np.testing.assert_array_equal(model.predict_proba(X), bars_run.model.predict_proba(X))
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
    with pytest.raises(ModelError, match="expected a run folder or its model/"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["pipeline.joblib", "manifest.json", "seen.npy", "SHA256SUMS"])
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


def test_a_manifest_that_was_changed_is_refused_before_the_pipeline_is_opened(folder, monkeypatch):
    monkeypatch.setattr("joblib.load", lambda *_: pytest.fail("opened"))
    manifest = folder / "model" / "manifest.json"
    manifest.write_text(manifest.read_text().replace("stretch", "crop"))
    with pytest.raises(ModelError, match=r"manifest.json: damaged, its SHA-256"):
        load(folder)


def test_a_pipeline_that_this_scikit_learn_cannot_open_is_refused(folder, monkeypatch):
    def missing(*_):
        raise ModuleNotFoundError("No module named 'sklearn.old'")

    monkeypatch.setattr("joblib.load", missing)
    with pytest.raises(ModelError, match="cannot be opened by scikit-learn .* fit it again"):
        load(folder)


def test_the_id_is_that_of_the_files(bars_run, folder):
    assert load(folder).id == bars_run.model.id
    assert len(bars_run.model.id) == 12


def test_no_times_are_in_the_model(bars_run):
    manifest = json.loads((bars_run.path / "model" / "manifest.json").read_text())
    assert set(manifest) == {
        "format", "classes", "counts", "image", "image_is_known", "steps", "versions",
    }  # fmt: skip
    assert manifest["classes"] == ["2", "10", "a"]
