"""Uploads: answered when they last, told by what became of each file."""

import io
import json
import zipfile

import numpy as np
import pytest

from sklimg.errors import OutputError
from sklimg.images import encode_image
from sklimg.table import read_table
from tests.builders import bars, noise
from tests.serve.test_jobs import pictures
from tests.serving import FORM, keeping, upload_form

DATA = "/data"


@pytest.fixture(scope="module")
def kept(run_with_table, tmp_path_factory):
    with keeping(run_with_table, tmp_path_factory.mktemp("alone") / "data") as served:
        yield served


@pytest.fixture
def empty(kept):
    """The service without any picture."""
    for each in kept.keeper.store.labelled():
        kept.keeper.store.remove(each.id)
    for each in kept.ask("GET", DATA).json["conflicts"]:
        kept.keeper.store.remove(each["id"])
    return kept


def test_each_file_is_told(empty):
    first, second = map(encode_image, noise(2))
    answer = empty.upload([first, b"no image", second, first], ["cat", "cat", "dog", "cat"])
    assert answer.status == 200
    told = answer.json
    assert [(p["name"], p["label"], p["status"]) for p in told["pictures"]] == [
        ("0.png", "cat", "new"), ("2.png", "dog", "new"), ("3.png", "cat", "known")
    ]  # fmt: skip
    assert [(r["name"], r["code"]) for r in told["rejected"]] == [("1.png", "not_an_image")]
    data = empty.ask("GET", DATA).json
    assert data["n_pictures"] == data["n_new"] == 2
    assert data["classes"] == [
        {"label": label, "pictures": 1, "new": 1} for label in ("cat", "dog")
    ]


def test_an_archive_of_class_folders(empty):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for label, image in zip(["cat", "../dog"], noise(2), strict=True):
            archive.writestr(f"photos/{label}/a.png", encode_image(image))
        archive.writestr("photos/cat/readme.txt", "text")
    body = upload_form([("archive", packed.getvalue(), b"x.zip")], [])
    answer = empty.ask("POST", "/upload-data", body, {**FORM, **empty.bearer})
    assert [p["label"] for p in answer.json["pictures"]] == ["cat"]
    assert sorted(r["code"] for r in answer.json["rejected"]) == ["bad_name", "not_an_image"]


def test_a_picture_under_two_labels_waits_for_a_decision(empty):
    (image,) = map(encode_image, noise(1, seed=3))
    empty.upload([image], ["cat"])
    assert empty.upload([image], ["dog"]).json["pictures"][0]["status"] == "conflict"
    data = empty.ask("GET", DATA).json
    assert data["n_conflicts"] == 1
    (conflict,) = data["conflicts"]
    assert conflict["labels"] == ["cat", "dog"]
    assert empty.keeper.store.labelled() == []
    headers = {"Content-Type": "application/json", **empty.bearer}
    path = f"{DATA}/{conflict['id']}"
    answer = empty.ask("PUT", path, json.dumps({"label": "dog"}), headers)
    assert answer.json == {"id": conflict["id"], "label": "dog"}
    assert empty.ask("GET", DATA).json["n_conflicts"] == 0
    assert [each.label for each in empty.keeper.store.labelled()] == ["dog"]
    for body, status in (("{}", 422), ('{"label": ""}', 422), ('{"label": 1}', 422), ("x", 400)):
        assert empty.ask("PUT", path, body, headers).status == status
    assert empty.ask("DELETE", path, headers=empty.bearer).status == 204
    assert empty.ask("DELETE", path, headers=empty.bearer).status == 404
    assert empty.ask("PUT", path, '{"label": "a"}', headers).status == 404


def test_what_the_table_has_is_told(empty, run_with_table):
    table = read_table(run_with_table.parent / "bars.npz")
    old = [encode_image(row.reshape(8, 8)) for row in table.pixels[:3]]
    empty.upload(old, [table.labels[0], table.labels[1], "other"])
    data = empty.ask("GET", DATA).json
    assert data["copies"] == {"of_table": 2, "among_uploads": 0}
    assert [(c["labels"], c["with_table"]) for c in data["conflicts"]] == [(["other"], "2")]


def test_nothing_that_can_be_kept_is_a_refusal(empty):
    answer = empty.upload([b"x", b""], ["a", "b"])
    assert answer.status == 422
    assert len(answer.json["errors"]) == 2
    assert empty.ask("GET", DATA).json["n_pictures"] == 0
    assert list(empty.keeper.store.incoming.iterdir()) == []


def test_what_is_no_upload(empty):
    for body, kind, status in (
        (b"{}", "application/json", 415),
        (b"x", FORM["Content-Type"], 400),
        (upload_form([("label", b"a", None)], []), FORM["Content-Type"], 422),
        (upload_form([], [b"x"]), FORM["Content-Type"], 422),
    ):
        headers = {"Content-Type": kind, **empty.bearer}
        assert empty.ask("POST", "/upload-data", body, headers).status == status
    assert empty.ask("POST", "/upload-data", b"", FORM).status == 401
    assert list(empty.keeper.store.incoming.iterdir()) == []


def test_uploads_may_be_larger_than_questions(empty):
    rng = np.random.default_rng(0)
    large = encode_image(rng.integers(0, 256, (2200, 2200, 3), np.uint8))
    assert len(large) > 10_000_000
    assert empty.upload([large], ["large"]).json["pictures"][0]["status"] == "new"
    too_long = {"Content-Length": "512000001", **FORM, **empty.bearer}
    assert empty.ask("POST", "/upload-data", b"", too_long).status == 413
    assert (
        empty.ask("POST", "/retrain", b"", {"Content-Length": "10000001", **empty.bearer}).status
        == 413
    )


def test_a_full_disk_is_told_and_nothing_is_kept(empty, monkeypatch):
    def full(*_):
        raise OutputError("no space left")

    monkeypatch.setattr(empty.keeper.store, "add", full)
    answer = empty.upload(*pictures({"2": 1, "10": 1}))
    assert (answer.status, answer.json["code"]) == (507, "disk")
    assert empty.ask("GET", DATA).json["n_pictures"] == 0


def test_naughty_labels_and_names_are_data(empty, shared):
    lines = (shared / "naughty-strings.txt").read_text("utf-8").splitlines()
    told = [line for line in dict.fromkeys(lines) if line.strip() and len(line) <= 1000][:400]
    images = [encode_image(row.reshape(8, 8)) for row in bars({"x": len(told)}, seed=8).pixels]
    answer = empty.upload(images, told, [b"../" + str(i).encode() for i in range(len(told))])
    assert answer.status == 200, answer.json
    assert [p["label"] for p in answer.json["pictures"]] == told
    counts = {c["label"]: c["pictures"] for c in empty.ask("GET", DATA).json["classes"]}
    assert counts == dict.fromkeys(told, 1)
    folder = empty.keeper.folder
    assert {p.name for p in folder.parent.iterdir()} == {folder.name}
