"""More rows of a table: only new ones, and none of them is ever lost."""

import json
import os
from threading import Thread

import numpy as np
import pytest

from sklimg.errors import DataError, OutputError, TableError, UsageError
from sklimg.making import add_to_table, make_table
from sklimg.records import read_records
from sklimg.sources import read_data
from sklimg.spec import ImageSpec
from sklimg.table import Table, read_table, write_table
from tests.builders import contents, noise, write_images

ENDINGS = [("csv", "wide"), ("csv", "vector"), ("csv.gz", "wide"), ("npz", "wide")]


@pytest.mark.parametrize(("ending", "layout"), ENDINGS)
def test_adding_gives_what_making_all_would(photos, tmp_path, ending, layout):
    """Rows are the old ones and the new ones; the words beside are those of the whole."""
    out, whole = tmp_path / f"t.{ending}", tmp_path / f"whole.{ending}"
    make_table([photos / "2"], out, ImageSpec(5), layout=layout)
    added = add_to_table([photos / "2", photos / "deep"], out)
    assert (added.n_added, added.n_there, added.n_images) == (2, 2, 4)
    make_table([photos / "2", photos / "deep"], whole, ImageSpec(5), layout=layout)
    assert out.read_bytes() == whole.read_bytes()
    assert read_data(out).notes == []
    about, of_whole = (json.loads((tmp_path / f"{p.name}.json").read_text()) for p in (out, whole))
    assert about == of_whole
    before = contents(tmp_path)
    again = add_to_table([photos / "2", photos / "deep"], out)
    assert (again.n_added, again.n_there) == (0, 4)
    assert contents(tmp_path) == before


def test_an_image_that_changed_is_added_and_said(photos, tmp_path):
    out = tmp_path / "t.csv"
    make_table([photos], out, ImageSpec())
    write_images(photos, {"2/a.png": noise(1, seed=9)[0]})
    made = add_to_table([photos], out)
    assert (made.n_added, made.n_there) == (1, 3)
    assert made.notes == ["1 path with other pixels now; the old rows stay beside the new: 2/a.png"]
    assert read_table(out).paths.tolist().count("2/a.png") == 2
    assert add_to_table([photos], out).n_added == 0


def test_another_label_of_the_same_image_is_said_and_left(photos, tmp_path):
    out = tmp_path / "t.csv"
    make_table([photos], out, ImageSpec())
    before = out.read_bytes()
    (photos / "manifest.csv").write_text("path,label\n2/a.png,two\n")
    made = add_to_table([photos], out)
    assert made.n_added == 0
    (warning,) = made.warnings
    assert "labels differ for 1 image" in warning
    assert "2/a.png, '2' in the table, 'two' now" in warning
    assert out.read_bytes() == before
    assert add_to_table([photos], out, labels="none").warnings == []


def test_without_paths_label_and_pixels_tell(photos, tmp_path):
    out = tmp_path / "t.csv"
    make_table([photos], out, ImageSpec(), layout="vector")
    (photos / "2" / "a.png").rename(photos / "2" / "moved.png")
    assert add_to_table([photos], out).n_there == 4
    (photos / "manifest.csv").write_text("path,label\n2/moved.png,two\n")
    assert add_to_table([photos], out).n_added == 1


@pytest.mark.parametrize("ending", ["csv", "npz"])
def test_columns_that_are_new_are_empty_in_old_rows(photos, tmp_path, ending):
    out = tmp_path / f"t.{ending}"
    make_table([photos / "2"], out, ImageSpec())
    (tmp_path / "map.csv").write_text("path,label,split\nphotos/deep/10/c.png,10,test\n")
    assert add_to_table([tmp_path / "map.csv"], out).n_added == 1
    assert add_to_table([photos / "deep"], out).n_added == 2
    assert read_table(out).columns["split"].tolist() == ["", "", "test", "", ""]


def test_rejects_are_those_of_all_calls(photos, tmp_path):
    out, listed = tmp_path / "t.csv", tmp_path / "t.csv.rejects.csv"
    for name in ("2/x.png", "2/y.png", "deep/z.png"):
        (photos / name).write_text("no picture")
    make_table([photos], out, ImageSpec())
    write_images(photos, {"2/x.png": noise(1, seed=7)[0]})
    (photos / "2" / "y.png").write_text("")
    (photos / "deep" / "z.png").unlink()
    made = add_to_table([photos], out)
    assert len(made.refused) == 1
    rejects = read_records(listed)
    assert dict(zip(rejects["path"], rejects["code"], strict=True)) == {
        "deep/z.png": "not_an_image",
        "2/y.png": "empty",
    }
    before = out.read_bytes()
    (photos / "2" / "new.txt").write_text("no picture")
    assert add_to_table([photos], out).n_added == 0
    assert out.read_bytes() == before
    assert "2/new.txt" in read_records(listed)["path"]
    about = json.loads((tmp_path / "t.csv.json").read_text())
    assert about["n_rejects"] == 3
    assert read_data(out).notes == []


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"side": 5}, "--size: expected 28, by which .*t.csv was made, got 5; leave the option"),
        ({"mode": "RGB"}, "--mode: expected L, by which"),
        ({"invert": "yes"}, "--invert: expected no, by which"),
        ({"layout": "vector"}, "--layout: expected wide, by which"),
    ],
)
def test_options_that_contradict_the_table(photos, tmp_path, asked, words):
    make_table([photos], tmp_path / "t.csv", ImageSpec(invert="auto"))
    before = contents(tmp_path)
    with pytest.raises(UsageError, match=words):
        add_to_table([photos], tmp_path / "t.csv", asked)
    assert contents(tmp_path) == before
    same = {"side": 28, "invert": "auto", "layout": "wide"}  # settled to no for photographs
    assert add_to_table([photos], tmp_path / "t.csv", same).n_there == 4


def test_a_table_that_is_not_described_is_not_added_to(photos, tmp_path):
    out = tmp_path / "t.csv"
    write_table(Table(np.zeros((1, 4), np.uint8), ["a"]), out)
    for _ in range(2):
        with pytest.raises(DataError, match="expected t.csv.json beside it .* without --append"):
            add_to_table([photos], out)
        (tmp_path / "t.csv.json").unlink(missing_ok=True)
    out.write_text("path,label\n2/a.png,a\n")
    with pytest.raises(TableError, match="expected the columns label,path,pixel0"):
        add_to_table([photos], out)
    with pytest.raises(TableError, match="photos: cannot be read: Is a directory"):
        add_to_table([photos], photos)


def test_a_table_that_another_program_wrote_meanwhile_is_left(photos, tmp_path):
    out = tmp_path / "t.csv"
    make_table([photos / "2"], out, ImageSpec())
    before = contents(tmp_path)

    def meddle(*_):
        out.write_bytes(before["t.csv"] + b"\n")

    with pytest.raises(OutputError, match="was changed by another program meanwhile"):
        add_to_table([photos], out, progress=meddle)
    assert contents(tmp_path) == before | {"t.csv": before["t.csv"] + b"\n"}


def test_a_table_edited_by_hand_is_added_to_and_said(photos, tmp_path):
    out = tmp_path / "t.csv"
    make_table([photos / "2"], out, ImageSpec())
    out.write_bytes(out.read_bytes().replace(b"\n2,", b"\ntwo,"))
    made = add_to_table([photos / "deep"], out)
    assert "t.csv has changed since t.csv.json was written" in made.warnings[0]
    assert read_table(out).labels.tolist() == ["two", "two", "10", "10"]
    assert read_data(out).notes == []


def test_a_check_and_what_follows_are_one(photos, tmp_path, monkeypatch):
    """While the first renames, the second waits; then it sees that the table is another."""
    out, errors = tmp_path / "t.csv", []
    make_table([photos / "2"], out, ImageSpec())
    write_images(tmp_path / "more", {"new.png": noise(1, seed=9)[0]})

    def add_more():
        try:
            add_to_table([tmp_path / "more"], out)
        except OutputError as err:
            errors.append(str(err))

    second, replace = Thread(target=add_more), type(tmp_path).replace

    def slowly(one, to):
        if second.ident is None:
            second.start()
            second.join(0.5)
            assert second.is_alive()
        return replace(one, to)

    monkeypatch.setattr(type(tmp_path), "replace", slowly)
    add_to_table([photos / "deep"], out)
    second.join()
    assert len(errors) == 1
    assert "was changed by another program meanwhile" in errors[0]
    assert read_table(out).labels.tolist() == ["2", "2", "10", "10"]
    assert read_data(out).notes == []


@pytest.mark.parametrize("beside", ["", ".json", ".rejects.csv"])
def test_whatever_was_written_meanwhile_is_noticed(photos, tmp_path, beside):
    """Also by a program that keeps the size, and where no new row is to be written."""
    out = tmp_path / "t.csv"
    make_table([photos / "2"], out, ImageSpec())
    written = tmp_path / f"t.csv{beside}"
    content = written.read_bytes()
    (photos / "2" / "new.txt").write_text("no picture")

    times = iter(range(100))

    def meddle(*_):
        written.write_bytes(content)
        os.utime(written, ns=(0, next(times)))

    for sources in ([photos / "2"], [photos / "deep"]):
        with pytest.raises(OutputError, match="was changed by another program meanwhile"):
            add_to_table(sources, out, progress=meddle)
    assert written.read_bytes() == content


def test_where_nothing_changes_nothing_is_written(photos, tmp_path):
    (photos / "2" / "x.txt").write_text("no picture")
    make_table([photos], tmp_path / "t.csv", ImageSpec())
    before = {path: path.stat().st_ino for path in tmp_path.glob("t.csv*")}
    add_to_table([photos], tmp_path / "t.csv")
    assert {path: path.stat().st_ino for path in tmp_path.glob("t.csv*")} == before
    assert len(before) == 3


def test_an_image_that_two_sources_hold_is_added_once(photos, tmp_path):
    make_table([photos / "2"], tmp_path / "t.csv", ImageSpec())
    made = add_to_table([photos / "deep", photos / "deep"], tmp_path / "t.csv")
    assert (made.n_added, made.n_there) == (2, 2)
    assert len(read_table(tmp_path / "t.csv")) == 4


@pytest.mark.parametrize("sources", ["3", '{"a": 1}', '["a"]', "null"])
def test_words_that_are_damaged_are_named(photos, tmp_path, sources):
    make_table([photos / "2"], tmp_path / "t.csv", ImageSpec())
    words = json.loads((tmp_path / "t.csv.json").read_text())
    words["sources"] = json.loads(sources)
    (tmp_path / "t.csv.json").write_text(json.dumps(words))
    before = contents(tmp_path)
    with pytest.raises(DataError, match="t.csv.json: expected a list of sources, got .* --append"):
        add_to_table([photos / "deep"], tmp_path / "t.csv")
    assert contents(tmp_path) == before


def test_a_reject_of_one_source_stays_where_another_has_its_name(photos, tmp_path):
    out = tmp_path / "t.csv"
    (photos / "2" / "bad.png").write_text("no picture")
    make_table([photos], out, ImageSpec())
    write_images(tmp_path / "other", {"2/bad.png": noise(1, seed=9)[0]})
    assert add_to_table([tmp_path / "other"], out).n_added == 1
    assert read_records(tmp_path / "t.csv.rejects.csv")["path"] == ["2/bad.png"]
    write_images(photos, {"2/bad.png": noise(1, seed=8)[0]})
    assert add_to_table([photos], out).n_added == 1
    assert read_records(tmp_path / "t.csv.rejects.csv")["path"] == []
