"""What a data set holds and hides, found again by `check`."""

import json

import numpy as np
import pytest

from sklimg import inspection
from sklimg.errors import DataError
from sklimg.inspection import check
from sklimg.table import Table, write_table
from tests.builders import bars, noise, write_images
from tests.test_duplicates import as_rows
from tests.test_thumbnails import pictures


@pytest.fixture
def folder(tmp_path):
    """Eight photographs a class; b/again.png is a/0.png mirrored, a/dark.png is dark."""
    images = pictures(16, 48).astype(np.uint8)
    files = {f"{'ab'[k % 2]}/{k}.png": image for k, image in enumerate(images)}
    files |= {"b/again.png": images[0][:, ::-1], "a/dark.png": images[1] // 8}
    files |= {"a/blank.png": np.full((30, 60), 9, np.uint8)}
    write_images(tmp_path / "photos", files)
    (tmp_path / "photos" / "a" / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "photos" / "Thumbs.db").write_bytes(b"x")
    return tmp_path / "photos"


def test_a_folder(folder):
    found = check(folder)
    report = found.report
    assert report["n_images"] == 19
    assert report["classes"] == {
        "a": {"n_images": 10, "n_pictures": 10},
        "b": {"n_images": 9, "n_pictures": 9},
    }
    assert report["sizes"]["height"] == [30, 48, 48]
    assert report["sizes"]["width"] == [48, 48, 60]
    assert report["sizes"]["aspect"] == [1, 1, 2]
    assert report["copies"]["groups"] == [["a/0.png", "b/again.png"], ["a/dark.png", "b/1.png"]]
    assert report["label_conflicts"][0] == {
        "paths": ["a/0.png", "b/again.png"],
        "labels": ["a", "b"],
    }
    assert (report["empty"], report["dark"]) == (["a/blank.png"], ["a/dark.png"])
    assert sum(report["rejects"].values()) == 2
    assert report["rejects"]["ignored"] == 1
    assert report["problems"] == {
        "leak": 0, "copy": 2, "label": 2, "corrupt": 1, "empty": 1, "dark": 1,
        "blurry": len(report["blurry"]),
    }  # fmt: skip
    assert found.refused == 1
    assert json.loads(json.dumps(report)) == report


def test_pictures_of_a_folder_are_coloured_and_of_one_size(folder):
    found = check(folder)
    assert {picture.shape for picture in found.pictures([0, 18])} == {(64, 64, 3)}
    found.files[0].unlink()
    assert found.pictures([0])[0].shape == (64, 64, 3)


def test_a_table_has_no_sizes_and_its_rows_have_numbers(bars_table):
    twice = bars_table.take(np.r_[np.arange(60), 0, 1])
    found = check(twice)
    assert found.report["sizes"] is None
    assert found.report["copies"]["groups"] == [["row 0", "row 60"], ["row 1", "row 61"]]
    assert found.report["copies"]["n_pictures"] == 60
    assert found.report["label_conflicts"] == []
    assert found.pictures([0, 3])[0].shape == (64, 64)


def test_leaks_between_given_parts_are_counted():
    """Row 20 copies row 0 across the parts, row 21 copies row 1 within; rows 2 and 12 share g."""
    images = as_rows(pictures(20, 28))
    words = ["train"] * 10 + ["test"] * 8 + ["validation"] * 2 + ["test", "train"]
    groups = [""] * 22
    groups[2] = groups[12] = "g"
    table = Table(
        np.vstack([images, images[:2]]), ["a"] * 22, None, {"split": words, "group": groups}
    )
    report = check(table).report
    assert report["leaks"] == {
        "is_given": True,
        "n_groups": 2,
        "n_images": 4,
        "between": {"test and train": 2},
        "groups": [
            {"paths": ["row 0", "row 20"], "splits": ["train", "test"]},
            {"paths": ["row 2", "row 12"], "splits": ["train", "test"]},
        ],
    }
    assert report["problems"]["leak"] == 2


def test_parts_that_fit_does_not_take_are_said():
    table = Table(
        as_rows(pictures(4, 28)), list("abab"), None, {"split": ["train", "held", "", ""]}
    )
    found = check(table)
    assert found.notes == [
        "sklimg fit takes train, validation, test in the column split, not 'held', ''"
    ]
    assert found.report["leaks"]["n_groups"] == 0


def test_one_vanished_file_costs_no_other(folder, monkeypatch):
    """It goes after the pixels were read and before sizes and looks are."""
    looks = inspection._looks

    def vanishing(table, files, *rest):
        files[0].unlink()
        return looks(table, files, *rest)

    monkeypatch.setattr(inspection, "_looks", vanishing)
    report = check(folder).report
    assert report["sizes"]["height"] == [30, 48, 48]
    assert report["dark"] == ["a/dark.png"]


def test_a_map_finds_its_files(folder):
    (folder / "map.csv").write_text("path,label,split\nb/1.png,x,train\na/dark.png,x,test\n")
    report = check(folder / "map.csv").report
    assert report["sizes"]["n_different"] == 1
    assert report["leaks"]["between"] == {"test and train": 1}


def test_a_table_file_and_nothing(tmp_path):
    write_table(bars({"a": 3, "": 2}), tmp_path / "t.csv")
    assert check(tmp_path / "t.csv").report["classes"]["a"]["n_images"] == 3
    write_images(tmp_path / "none", {})
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="expected images, got none"):
        check(tmp_path / "none")


def test_colour_tables_are_judged_too():
    rows = np.stack([image.ravel() for image in noise(5, (8, 8, 3))])
    rows[0] = 0
    assert check(Table(rows, list("abcde"))).report["empty"] == ["row 0"]


def test_copies_of_the_real_symbols(shared):
    copies = check(shared / "sheets" / "sheet_vectors.csv").report["copies"]
    assert (copies["n_copies"], copies["n_groups"], copies["n_pictures"]) == (100, 100, 200)
