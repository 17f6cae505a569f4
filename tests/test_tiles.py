"""A folder of tiles holds the sheet, its manifest the truth."""

import os

import numpy as np
import pytest
from PIL import Image

from sklimg.errors import GridError, ImageError, SheetError, UsageError
from sklimg.images import read_pages
from sklimg.manifest import join_sheet
from sklimg.records import read_records
from sklimg.tiles import cut_sheets
from tests.builders import noise
from tests.drawn import draw_sheet

COLUMNS = ["path", "label", "sheet", "row", "col", "left", "top", "right", "bottom"]


def test_tiles_and_manifest(sheet_file, tmp_path):
    cut = cut_sheets([sheet_file], (2, 3), tmp_path / "out", labels=list("abcabc"))
    manifest = read_records(tmp_path / "out" / "manifest.csv")
    assert list(manifest) == COLUMNS
    assert [row[0] for row in cut.tiles] == manifest["path"]
    assert manifest["path"][:2] == ["a/sheet_r01_c01.png", "b/sheet_r01_c02.png"]
    assert [values[4] for values in manifest.values()][1:] == list("b") + ["sheet", "2", "2"] + [
        "4",
        "4",
        "8",
        "8",
    ]
    (tile,) = read_pages(tmp_path / "out" / manifest["path"][4])
    assert np.unique(tile) == 160


def test_joined_tiles_are_the_sheet(sheet_file, tmp_path):
    cut_sheets([sheet_file], (2, 3), tmp_path / "out")
    (sheet,) = read_pages(sheet_file)
    np.testing.assert_array_equal(join_sheet(tmp_path / "out" / "manifest.csv"), sheet)


@pytest.mark.parametrize("square", ["pad", "crop"])
@pytest.mark.parametrize("shape", [(20, 13), (13, 20, 3)])
def test_square_tiles_go_back_where_they_were(tmp_path, square, shape):
    (sheet,) = noise(1, shape)
    Image.fromarray(sheet).save(tmp_path / "s.png")
    cut_sheets([tmp_path / "s.png"], (2, 3), tmp_path / "out", square=square)
    joined = join_sheet(tmp_path / "out" / "manifest.csv")
    assert joined.shape == sheet.shape
    same = np.all((joined == sheet).reshape(*shape[:2], -1), axis=2)
    assert same.all() if square == "pad" else 0.3 < same.mean() < 1
    assert np.all(joined[~same] == 255)
    shapes = {next(read_pages(p)).shape[:2] for p in (tmp_path / "out").glob("*.png")}
    assert all(height == width for height, width in shapes)


def test_an_inset_cuts_the_edges_off(tmp_path):
    Image.fromarray(noise(1, (40, 40))[0]).save(tmp_path / "s.png")
    cut_sheets([tmp_path / "s.png"], (1, 1), tmp_path / "out", inset=0.1)
    manifest = read_records(tmp_path / "out" / "manifest.csv")
    assert [manifest[side] for side in COLUMNS[-4:]] == [["4"], ["4"], ["36"], ["36"]]
    assert join_sheet(tmp_path / "out" / "manifest.csv").shape == (40, 40)


def test_a_tile_of_two_pixels_bears_any_inset(sheet_file, tmp_path):
    cut = cut_sheets([sheet_file], (4, 6), tmp_path / "out", inset=0.44)
    assert len(cut.tiles) == 24


def test_empty_tiles_are_left_out_and_the_size_is_kept(tmp_path):
    sheet = np.full((40, 80), 240, np.uint8)
    sheet[12:28, 12:28] = 20
    Image.fromarray(sheet).save(tmp_path / "s.png")
    cut = cut_sheets([tmp_path / "s.png"], (1, 2), tmp_path / "out", skip_empty=True)
    assert (len(cut.tiles), cut.n_empty) == (1, 1)
    assert join_sheet(tmp_path / "out" / "manifest.csv").shape == (40, 80)


def test_every_page_is_a_sheet(tmp_path):
    first, second = (Image.fromarray(a) for a in noise(2))
    first.save(tmp_path / "s.tif", save_all=True, append_images=[second])
    cut_sheets([tmp_path / "s.tif"], (1, 1), tmp_path / "out")
    manifest = tmp_path / "out" / "manifest.csv"
    assert read_records(manifest)["sheet"] == ["s", "s_p02"]
    np.testing.assert_array_equal(join_sheet(manifest, "s_p02"), np.asarray(second))
    with pytest.raises(UsageError, match=r"holds 2 sheets .* pass --sheet"):
        join_sheet(manifest)
    with pytest.raises(UsageError, match="got 't'"):
        join_sheet(manifest, "t")


def test_two_sheets_of_one_name_stay_two(tmp_path):
    for folder, pixels in zip("ab", noise(2), strict=True):
        (tmp_path / folder).mkdir()
        Image.fromarray(pixels).save(tmp_path / folder / "s.png")
    sheets = [tmp_path / "a" / "s.png", tmp_path / "b" / "s.png"]
    cut_sheets(sheets, (1, 1), tmp_path / "out")
    assert read_records(tmp_path / "out" / "manifest.csv")["sheet"] == ["s", "s-2"]


def test_a_sheet_that_is_none_is_listed(sheet_file, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no picture")
    cut = cut_sheets([tmp_path / "bad.png", sheet_file], (2, 3), tmp_path / "out")
    rejects = read_records(tmp_path / "out" / "rejects.csv")
    assert (len(cut.sheets), rejects["code"]) == (1, ["not_an_image"])


def test_a_sheet_is_cut_whole_or_not_at_all(sheet_file, tmp_path):
    """The second page of the TIFF is too small for the grid."""
    pages = [Image.fromarray(noise(1, shape)[0]) for shape in ((9, 9), (1, 1))]
    pages[0].save(tmp_path / "s.tif", save_all=True, append_images=pages[1:])
    labels = ["x"] * 2 + ["y"] * 4
    cut_sheets([tmp_path / "s.tif", sheet_file], (2, 3), tmp_path / "out", labels=labels)
    files = [p.name for p in (tmp_path / "out").rglob("*.png")]
    assert sorted(files) == sorted(f"sheet_r0{r}_c0{c}.png" for r in (1, 2) for c in (1, 2, 3))


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"labels": ["a"]}, UsageError, "expected 6 for a grid of 2x3, got 1"),
        ({"inset": 0.5}, UsageError, r"inset: expected a share in \[0, 0.45\)"),
        ({"grid": (9, 9)}, SheetError, "8x12 pixels .* 9x9 tiles"),
        ({"sheets": ["absent.png"]}, ImageError, "absent.png: no such file"),
        ({"sheets": ["a", "b"]}, SheetError, "none of 2 sheets could be cut; the first: a: no"),
    ],
)
def test_what_cannot_be_cut_leaves_nothing(sheet_file, tmp_path, options, error, words):
    arguments = {"sheets": [sheet_file], "grid": (2, 3)} | options
    with pytest.raises(error, match=words):
        cut_sheets(out=tmp_path / "out", **arguments)
    assert [p.name for p in tmp_path.iterdir()] == ["sheet.png"]


def test_labels_never_leave_the_folder(sheet_file, tmp_path):
    labels = ["..", "/etc", "manifest.csv", "a\0b", "é", ""]
    cut_sheets([sheet_file], (2, 3), tmp_path / "out", labels=labels)
    manifest = read_records(tmp_path / "out" / "manifest.csv")
    assert manifest["label"] == labels
    folders = [os.path.dirname(path) for path in manifest["path"]]  # noqa: PTH120
    assert folders == ["%2E%2E", "%2Fetc", "manifest%2Ecsv", "a%00b", "%C3%A9", ""]
    assert all((tmp_path / "out" / path).is_file() for path in manifest["path"])


@pytest.fixture(scope="module")
def drawn_files(tmp_path_factory):
    """Two drawn sheets on disk, 4x5 with thin rules, and one whose rules are mostly gone."""
    here = tmp_path_factory.mktemp("drawn")
    for name, sheet in (
        ("one", draw_sheet(1, (4, 5), "thin")),
        ("two", draw_sheet(2, (4, 5), "thin")),
        ("bad", draw_sheet(49)),
    ):
        Image.fromarray(sheet.pixels).save(here / f"{name}.png")
    return here


def test_how_a_grid_was_found_is_recorded(drawn_files, tmp_path):
    sheets = [drawn_files / "one.png", drawn_files / "two.png"]
    cut = cut_sheets(sheets, (None, None), tmp_path / "out", clean=True)
    told = read_records(tmp_path / "out" / "sheets.csv")
    assert len(cut.tiles) == 40
    assert [told[n] for n in ("rows", "cols", "grid", "cleaned")] == [
        ["4", "4"],
        ["5", "5"],
        ["rules", "rules"],
        ["yes", "yes"],
    ]
    assert all(float(confidence) > 0.8 for confidence in told["confidence"])
    joined = join_sheet(tmp_path / "out" / "manifest.csv", "two")
    assert joined.shape == (int(told["height"][1]), int(told["width"][1]))


def test_a_doubtful_grid_is_drawn_and_nothing_cut(drawn_files, tmp_path):
    with pytest.raises(GridError, match=r"out\.grid\.png shows it; if it is right, pass --grid"):
        cut_sheets([drawn_files / "bad.png"], (None, None), tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["out.grid.png"]
    (picture,) = read_pages(tmp_path / "out.grid.png")
    red = (picture[..., 0] > 150) & (picture[..., 1] < 90)
    assert 0.01 < red.mean() < 0.5


def test_one_doubtful_sheet_does_not_stop_the_others(drawn_files, tmp_path):
    sheets = [drawn_files / "bad.png", drawn_files / "one.png"]
    cut = cut_sheets(sheets, (None, None), tmp_path / "out")
    assert [row[1] for row in cut.rejects] == ["grid"]
    assert len(cut.tiles) == 20
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "out.bad.grid.png"]
