"""Images become a table file; what stands beside it is right."""

import json

import pytest

from sklimg.errors import DataError, OutputError, UsageError
from sklimg.making import make_table
from sklimg.records import read_records
from sklimg.sources import read_data, read_images
from sklimg.spec import ImageSpec
from sklimg.table import read_table, write_table
from tests.builders import contents, noise, write_images


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


@pytest.mark.parametrize(
    ("ending", "layout"),
    [("csv", "wide"), ("csv", "vector"), ("csv.gz", "wide"), ("npz", "wide")],
)
def test_piece_by_piece_is_the_same_as_at_once(tmp_path, ending, layout):
    """Batch after batch gives the bytes that one table in memory gives."""
    write_images(tmp_path, {f"p/{i % 3}/{i}.png": image for i, image in enumerate(noise(150))})
    make_table([tmp_path / "p"], tmp_path / f"t.{ending}", ImageSpec(), layout=layout)
    table = read_images([tmp_path / "p"], ImageSpec()).table
    write_table(table, tmp_path / f"u.{ending}", layout)
    assert (tmp_path / f"t.{ending}").read_bytes() == (tmp_path / f"u.{ending}").read_bytes()


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


def test_a_table_that_came_into_being_meanwhile_is_not_replaced_unasked(photos, tmp_path):
    """Of two that begin a table to add to it later, one is told to run again."""
    out = tmp_path / "t.csv"

    def meddle(*_):
        out.write_bytes(b"other")

    with pytest.raises(OutputError, match="t.csv: was written by another program meanwhile"):
        make_table([photos], out, ImageSpec(), replace=False, progress=meddle)
    assert contents(tmp_path) == {"t.csv": b"other"}
    make_table([photos], out, ImageSpec(), progress=meddle)
    assert len(read_table(out)) == 4
