"""Images become a table file, or more rows of one; what stands beside it is right."""

import json

import numpy as np
import pytest
from PIL import Image

from sklimg import imagestream
from sklimg.errors import DataError, OutputError, TableError, UsageError
from sklimg.making import add_to_table, make_table
from sklimg.records import read_records
from sklimg.sources import read_data, read_images
from sklimg.spec import ImageSpec
from sklimg.table import Table, read_table, write_table
from tests.builders import noise, write_images

ENDINGS = [("csv", "wide"), ("csv", "vector"), ("csv.gz", "wide"), ("npz", "wide")]


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_table_has_its_sidecars(photos, tmp_path):
    (photos / "2" / "notes.txt").write_text("no picture")
    made = make_table([photos / "deep", photos / "2"], tmp_path / "t.csv", ImageSpec(4))
    assert (made.n_images, made.n_classes, made.n_added, len(made.refused)) == (4, 2, 4, 1)
    about = json.loads((tmp_path / "t.csv.json").read_text())
    assert about["image"] == ImageSpec(4).as_dict()
    assert list(about["classes"].items()) == [("2", 2), ("10", 2)]
    assert (about["n_images"], about["n_rejects"]) == (4, 1)
    assert about["sources"] == [
        {"path": str(photos / "deep"), "n_images": 2},
        {"path": str(photos / "2"), "n_images": 2},
    ]
    rejects = read_records(tmp_path / "t.csv.rejects.csv")
    assert (rejects["path"], rejects["code"]) == (["notes.txt"], ["not_an_image"])
    assert read_data(tmp_path / "t.csv").notes == []


@pytest.mark.parametrize(("ending", "layout"), ENDINGS)
def test_piece_by_piece_is_the_same_as_at_once(tmp_path, ending, layout):
    """Batch after batch gives the bytes that one table in memory gives."""
    write_images(tmp_path, {f"p/{i % 3}/{i}.png": image for i, image in enumerate(noise(150))})
    make_table([tmp_path / "p"], tmp_path / f"t.{ending}", ImageSpec(), layout=layout)
    table = read_images([tmp_path / "p"], ImageSpec()).table
    write_table(table, tmp_path / f"u.{ending}", layout)
    assert (tmp_path / f"t.{ending}").read_bytes() == (tmp_path / f"u.{ending}").read_bytes()


def test_an_npz_is_what_numpy_writes(tmp_path):
    table = Table(np.arange(8, dtype=np.uint8).reshape(2, 4), ["a", "b"])
    write_table(table, tmp_path / "t.npz")
    with np.load(tmp_path / "t.npz") as arrays:
        np.savez_compressed(tmp_path / "u.npz", **arrays)
    assert (tmp_path / "t.npz").read_bytes() == (tmp_path / "u.npz").read_bytes()


def test_what_describes_a_table_is_in_place_before_it(photos, tmp_path, monkeypatch):
    """A kill between two renames leaves no table with words that are not its own."""
    order = []
    replace = type(tmp_path).replace
    monkeypatch.setattr(
        type(tmp_path), "replace", lambda one, to: order.append(to.name) or replace(one, to)
    )
    make_table([photos], tmp_path / "t.csv", ImageSpec())
    assert order == ["t.csv.rejects.csv", "t.csv.json", "t.csv"]


@pytest.mark.parametrize("strict", [False, True])
def test_where_nothing_is_made_nothing_is_touched(photos, tmp_path, strict):
    (tmp_path / "t.csv").write_text("old")
    source = photos if strict else tmp_path / "none"
    source.mkdir(exist_ok=True)
    (source / "a.txt").write_text("no picture")
    before = contents(tmp_path)
    with pytest.raises(DataError, match="a.txt: expected PNG"):
        make_table([source], tmp_path / "t.csv", ImageSpec(), strict=strict)
    assert contents(tmp_path) == before


def test_a_table_written_into_its_own_source_is_left_alone(photos):
    for _ in range(2):
        made = make_table([photos], photos / "t.csv", ImageSpec())
        assert (made.n_images, made.refused) == (4, [])
    rejects = read_records(photos / "t.csv.rejects.csv")
    assert set(rejects["code"]) == {"ignored"}
    (photos / "u.csv").symlink_to(photos.parent / "elsewhere.csv")
    for path in photos.glob("t.csv*"):
        path.unlink()
    for _ in range(2):
        made = make_table([photos], photos / "u.csv", ImageSpec())
        assert (made.n_images, made.refused) == (4, [])
    assert (photos / "u.csv").is_symlink()


@pytest.mark.parametrize("out", ["map.csv", "photos/manifest.csv", "link.csv"])
def test_a_list_of_images_is_not_written_over(photos, tmp_path, out):
    (tmp_path / "map.csv").write_text("path,label\nphotos/2/a.png,a\n")
    (photos / "manifest.csv").write_text("path,label\n2/a.png,a\n")
    (tmp_path / "link.csv").symlink_to("map.csv")
    with pytest.raises(UsageError, match="csv: is read here and cannot be written too"):
        make_table([tmp_path / "map.csv", photos], tmp_path / out, ImageSpec())
    with pytest.raises(UsageError, match="map.csv: is read here and cannot be written too"):
        make_table(
            [photos / "2"], tmp_path / "map.csv", ImageSpec(), labels=str(tmp_path / "map.csv")
        )


def test_paths_that_two_sources_share_are_said(photos, tmp_path):
    write_images(tmp_path / "more", {"a.png": noise(1)[0]})
    made = make_table([photos / "2", tmp_path / "more"], tmp_path / "t.csv", ImageSpec())
    assert made.n_images == 3
    assert made.notes == ["1 path in several sources, each with a row of its own: a.png"]


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
    assert made.notes == ["1 image changed since; the old rows stay beside the new: 2/a.png"]
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
    assert "t.csv has changed since t.csv.json was written" in made.notes[0]
    assert read_table(out).labels.tolist() == ["two", "two", "10", "10"]
    assert read_data(out).notes == []


def test_splits_of_a_map_stay_in_every_table(photos, tmp_path):
    (tmp_path / "map.csv").write_text(
        "path,label,split,group\nphotos/2/a.png,a,test,g\nphotos/2/b.png,b,,\n"
    )
    for name in ("t.csv", "t.csv.gz", "t.npz"):
        make_table([tmp_path / "map.csv"], tmp_path / name, ImageSpec())
        write_table(read_table(tmp_path / name), tmp_path / f"again-{name}")
        for path in (tmp_path / name, tmp_path / f"again-{name}"):
            columns = read_table(path).columns
            assert {k: v.tolist() for k, v in columns.items()} == {
                "group": ["g", ""],
                "split": ["test", ""],
            }


def test_further_frames_are_noted(photos, tmp_path):
    frames = [Image.fromarray(picture) for picture in noise(2)]
    frames[0].save(photos / "2" / "moving.gif", save_all=True, append_images=frames[1:])
    made = make_table([photos], tmp_path / "t.csv", ImageSpec())
    assert made.notes == ["the first frame was taken of 1 file that hold several: 2/moving.gif"]


def test_images_that_vanish_before_they_are_read_are_rejects(photos, tmp_path, monkeypatch):
    list_images = imagestream.list_images

    def listed(*words):
        listing = list_images(*words)
        (photos / "2" / "a.png").unlink()
        return listing

    monkeypatch.setattr(imagestream, "list_images", listed)
    made = make_table([photos], tmp_path / "t.csv", ImageSpec())
    assert made.n_images == 3
    rejects = read_records(tmp_path / "t.csv.rejects.csv")
    assert (rejects["path"], rejects["code"]) == (["2/a.png"], ["missing"])
