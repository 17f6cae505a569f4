"""Pictures to look at: which, how many, with what is known of them, drawn anew."""

import base64
import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image

from sklimg.images import encode_image
from sklimg.serve.gallery import Gallery
from sklimg.serve.learned import MOST_SHOWN, read_learned
from sklimg.table import read_table
from tests.builders import noise
from tests.serving import keeping


@pytest.fixture(scope="module")
def kept(run_with_table, tmp_path_factory):
    """A service with a known picture, a new one twice, one under two labels, and one in doubt."""
    table = read_table(run_with_table.parent / "bars.npz")
    known, other = (encode_image(row.reshape(8, 8)) for row in table.pixels[:2])
    first, second = map(encode_image, noise(2, seed=4))
    again = io.BytesIO()
    Image.open(io.BytesIO(first)).save(again, "BMP")  # the same pixels in other bytes
    with keeping(run_with_table, tmp_path_factory.mktemp("gallery") / "data") as served:
        served.upload([known], [table.labels[0]], [b"known.png"])
        served.upload([other], ["odd"], [b"other.png"])
        served.upload([first, again.getvalue()], ["<new>"] * 2, [b"first.png", b"again.bmp"])
        served.upload([second, second], ["<new>", "b&w"], [b"second.png"] * 2)
        yield served


def page(served, **asked):
    query = "&".join(f"{key}={quote(str(value))}" for key, value in asked.items())
    answer = served.ask("GET", "/pictures?" + query)
    assert answer.status == 200, answer.body
    return answer.json


def image_of(told):
    head, _, data = told["picture"].partition(",")
    return head, np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_the_newest_come_first_with_what_is_known_of_them(kept):
    told = page(kept)
    assert told["n_pictures"] == 5
    assert [each["name"] for each in told["pictures"]] == [
        "second.png", "again.bmp", "first.png", "other.png", "known.png"
    ]  # fmt: skip
    second, again, first, other, known = told["pictures"]
    assert second["labels"] == ["<new>", "b&w"]
    assert [each["copy_of"] for each in (again, first, known)] == [["upload"], [], ["table"]]
    assert other["with_table"] == "2"
    assert all(each["is_new"] for each in told["pictures"])


def test_some_of_them(kept):
    of_label = page(kept, label="<new>")
    assert [each["name"] for each in of_label["pictures"]] == [
        "second.png", "again.bmp", "first.png"
    ]  # fmt: skip
    doubted = page(kept, in_doubt="true")
    assert [each["name"] for each in doubted["pictures"]] == ["second.png", "other.png"]
    assert page(kept, label="none of this") == {"n_pictures": 0, "pictures": []}
    part = page(kept, start=1, most=2)
    assert part["n_pictures"] == 5
    assert [each["name"] for each in part["pictures"]] == ["again.bmp", "first.png"]


def test_what_is_shown_is_drawn_anew(kept):
    """No byte of an upload reaches a browser as it came."""
    for each in page(kept)["pictures"]:
        head, pixels = image_of(each)
        assert head == "data:image/jpeg;base64"
        assert pixels.shape == (96, 96, 3)
    head, pixels = image_of(page(kept, label="2")["pictures"][0])
    known = read_table(kept.keeper.lineage.current().run / "data" / "table.npz").pixels[0]
    large = np.asarray(Image.fromarray(known.reshape(8, 8)).resize((96, 96), 2))
    assert np.abs(pixels.mean(axis=2) - large).mean() < 4


def test_what_the_model_learned_from(kept):
    table = read_table(kept.keeper.lineage.current().run / "data" / "table.npz")
    told = page(kept, source="table", label="10")
    assert told["n_pictures"] == 30
    rows = table.pixels[np.asarray(table.labels) == "10"]
    for each, row in zip(told["pictures"], rows, strict=True):
        assert (each["id"], each["labels"]) == (None, ["10"])
        head, pixels = image_of(each)
        assert head == "data:image/png;base64"
        np.testing.assert_array_equal(pixels, row.reshape(8, 8))
    assert page(kept, source="table")["n_pictures"] == 60


def test_only_some_of_each_class_are_kept_to_be_shown(tmp_path, monkeypatch, run_with_table):
    monkeypatch.setattr("sklimg.serve.learned.MOST_SHOWN", 7)
    table = run_with_table.parent / "bars.npz"
    learned = read_learned(table)
    assert {label: len(rows) for label, rows in learned.first.items()} == {"2": 7, "10": 7}
    assert len(learned.labels) == 60
    np.testing.assert_array_equal(learned.first["2"], read_table(table).pixels[:7])
    assert read_learned(tmp_path / "none.npz") == ({}, {}, True)
    monkeypatch.setattr("sklimg.serve.learned._MOST_BYTES", 3 * 64)
    assert sum(map(len, read_learned(table).first.values())) == 3


@pytest.mark.parametrize(
    "query", ["most=0", f"most={MOST_SHOWN + 1}", "start=-1", "source=disk", "what=1"]
)
def test_what_cannot_be_asked(kept, query):
    answer = kept.ask("GET", "/pictures?" + query)
    assert (answer.status, answer.json["code"]) == (422, "parameter")


def test_a_picture_that_can_be_read_no_more_is_listed(kept):
    (content,) = map(encode_image, noise(1, seed=8))
    (stored,) = kept.upload([content], ["torn"]).json["pictures"]
    file = kept.keeper.store._blobs.file(stored["id"])
    try:
        file.write_bytes(b"no picture any more")
        (told,) = page(kept, label="torn")["pictures"]
        assert (told["id"], told["picture"]) == (stored["id"], None)
        file.unlink()
        assert page(kept, label="torn")["pictures"] == [told]
        file.write_bytes(content)
        assert page(kept, label="torn")["pictures"][0]["picture"]
    finally:
        kept.ask("DELETE", f"/data/{stored['id']}", headers=kept.bearer)


def test_who_looks_at_pictures_does_not_stop_the_others(kept, monkeypatch):
    """One request is drawn at a time, few wait, and questions are answered meanwhile."""
    drawing, go_on, n_drawn = threading.Event(), threading.Event(), []

    def slow(self, asked):
        n_drawn.append(1)
        drawing.set()
        assert go_on.wait(60)
        return {"n_pictures": 0, "pictures": []}

    monkeypatch.setattr(Gallery, "_uploaded", slow)
    with ThreadPoolExecutor(20) as pool:
        waiting = [pool.submit(kept.ask, "GET", "/pictures") for _ in range(20)]
        assert drawing.wait(30)
        refused = []
        while len(refused) < 12:
            refused = [each.result() for each in waiting if each.done()]
        assert {(each.status, each.json["code"]) for each in refused} == {(503, "busy")}
        assert kept.images(encode_image(noise(1)[0])).status == 200
        assert len(n_drawn) == 1
        go_on.set()
        answers = [each.result() for each in waiting]
    assert sorted(each.status for each in answers) == [200] * 8 + [503] * 12


def test_without_a_folder_there_is_nothing_to_look_at(served):
    answer = served.ask("GET", "/pictures")
    assert (answer.status, answer.json["code"]) == (409, "no_folder")


def test_a_decision_shows(kept):
    (told,) = page(kept, label="b&w")["pictures"]
    headers = {"Content-Type": "application/json", **kept.bearer}
    kept.ask("PUT", f"/data/{told['id']}", json.dumps({"label": "b&w"}), headers)
    (told,) = page(kept, label="b&w")["pictures"]
    assert told["labels"] == ["b&w"]
    classes = kept.ask("GET", "/data").json["classes"]
    assert {"label": "b&w", "pictures": 1, "new": 1} in classes
