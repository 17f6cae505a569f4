"""A model's files are found and checked, in a folder and in a zip."""

import os
import zipfile

import pytest

from sklimg.errors import ModelError
from sklimg.modelfiles import find_model, read_model_files, sums_of

FILES = {"model.npz": b"arrays", "manifest.json": b"{}", "pipeline.joblib": b"pickle"}


def write(folder, files=None):
    files = FILES if files is None else files
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / "SHA256SUMS").write_bytes(sums_of(files))
    return folder


def write_zip(path, entries=(), files=None):
    files = FILES if files is None else files
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**files, "SHA256SUMS": sums_of(files)}.items():
            archive.writestr(f"model/{name}", data)
        for name, data in entries:
            archive.writestr(name, data)
    return path


def test_a_folder_and_a_zip_are_one_model(tmp_path):
    folder = read_model_files(write(tmp_path / "model"))
    zipped = read_model_files(write_zip(tmp_path / "m.zip", [("MODEL_CARD.md", "# A model")]))
    assert folder.contents == zipped.contents == FILES
    assert folder.id == zipped.id
    assert (folder.place, zipped.place) == (tmp_path / "model", tmp_path / "m.zip")
    assert find_model(tmp_path) == tmp_path / "model"


def test_a_network_is_one_more_file(tmp_path):
    files = FILES | {"backbone.onnx": b"onnx"}
    assert read_model_files(write(tmp_path / "m", files)).contents == files
    assert read_model_files(write_zip(tmp_path / "m.zip", files=files)).contents == files


@pytest.mark.parametrize(
    "files",
    [
        {"model.npz": b"", "manifest.json": b"{}"},
        FILES | {"more.py": b""},
        dict(reversed(FILES.items())),
        {},
    ],
)
def test_other_files_than_a_models_are_refused(tmp_path, files):
    write(tmp_path / "m", files)
    (tmp_path / "m" / "manifest.json").write_bytes(b"{}")
    with pytest.raises(ModelError, match="SHA256SUMS lists other files than a model has"):
        read_model_files(tmp_path / "m")


@pytest.mark.parametrize("kind", ["pipe", "folder", "missing"])
def test_what_is_no_file_is_not_waited_for(tmp_path, kind):
    write(tmp_path / "m")
    file = tmp_path / "m" / "model.npz"
    file.unlink()
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    with pytest.raises(ModelError, match=r"incomplete model: .*model.npz"):
        read_model_files(tmp_path / "m")


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "model/../../evil", "..\\evil", "C:evil", "a/../b"]
)
def test_a_name_that_leads_out_of_a_zip_is_refused(tmp_path, name):
    with pytest.raises(ModelError, match="leads out of it; do not trust this file"):
        read_model_files(write_zip(tmp_path / "m.zip", [(name, b"x")]))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused(tmp_path):
    path = write_zip(tmp_path / "m.zip", [("model/manifest.json", b"{ }")])
    with pytest.raises(ModelError, match="a name stands twice"):
        read_model_files(path)


def test_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("sklimg.modelfiles._MOST_BYTES", 100)
    path = write_zip(tmp_path / "m.zip", [("report.html", b"x" * 99)])
    with pytest.raises(ModelError, match="expected at most 1 GB"):
        read_model_files(path)


def test_other_zips_and_broken_ones_are_told(tmp_path):
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(ModelError, match="expected an exported model, got a zip without"):
        read_model_files(tmp_path / "other.zip")
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(ModelError, match="damaged zip: File is not a zip file"):
        read_model_files(tmp_path / "text.zip")
    whole = write_zip(tmp_path / "m.zip").read_bytes()
    (tmp_path / "m.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match="damaged zip"):
        read_model_files(tmp_path / "m.zip")
    (tmp_path / "m.zip").write_bytes(whole.replace(b"arrays", b"arrayz"))
    with pytest.raises(ModelError, match="damaged zip: Bad CRC-32"):
        read_model_files(tmp_path / "m.zip")


def test_a_model_in_a_zip_is_compared_with_its_sums(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        for name, data in {**FILES, "SHA256SUMS": sums_of(FILES)}.items():
            archive.writestr(f"model/{name}", data.replace(b"arrays", b"others"))
    with pytest.raises(ModelError, match=r"m.zip/model.npz: damaged, it is not what was saved"):
        read_model_files(tmp_path / "m.zip")
