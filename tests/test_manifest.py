"""A manifest leads back to the sheet, and is not believed blindly."""

import numpy as np
import pytest

from sklimg.errors import ImageError, SheetError, TableError
from sklimg.images import read_pages
from sklimg.manifest import join_sheet
from sklimg.records import read_records, records_csv
from sklimg.tiles import cut_sheets


def test_the_order_of_the_rows_does_not_matter(sheet_file, tmp_path):
    cut_sheets([sheet_file], (2, 3), tmp_path / "out")
    manifest = tmp_path / "out" / "manifest.csv"
    turned = {name: values[::-1] for name, values in read_records(manifest).items()}
    manifest.write_bytes(records_csv(turned))
    (sheet,) = read_pages(sheet_file)
    np.testing.assert_array_equal(join_sheet(manifest), sheet)


def test_a_missing_tile_is_named(sheet_file, tmp_path):
    cut_sheets([sheet_file], (2, 3), tmp_path / "out")
    (tmp_path / "out" / "sheet_r02_c02.png").unlink()
    with pytest.raises(ImageError, match=r"sheet_r02_c02.png: no such file"):
        join_sheet(tmp_path / "out" / "manifest.csv")


def test_a_manifest_without_tiles_is_refused(sheet_file, tmp_path):
    cut_sheets([sheet_file], (2, 3), tmp_path / "out")
    manifest = tmp_path / "out" / "manifest.csv"
    manifest.write_text(manifest.read_text().splitlines()[0] + "\n")
    with pytest.raises(TableError, match="expected tiles, got a header alone"):
        join_sheet(manifest)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (",0,0,4,4", ",0,0,4,x", "tile 1: expected whole numbers"),
        (",0,0,4,4", ",4,0,4,4", "is no box"),
        (",0,0,4,4", ",0,0,99,99", "expected a tile of 99x99 pixels"),
    ],
)
def test_a_damaged_manifest_is_named(sheet_file, tmp_path, old, new, words):
    cut_sheets([sheet_file], (2, 3), tmp_path / "out")
    manifest = tmp_path / "out" / "manifest.csv"
    manifest.write_text(manifest.read_text().replace(old, new, 1))
    with pytest.raises((TableError, SheetError), match=words):
        join_sheet(manifest)


@pytest.mark.parametrize(
    ("size", "words"),
    [("x,12", "whole numbers as its size"), ("99999,99999", "at most 50 million")],
)
def test_a_size_that_is_none_is_refused(sheet_file, tmp_path, size, words):
    cut_sheets([sheet_file], (2, 3), tmp_path / "out")
    sheets = tmp_path / "out" / "sheets.csv"
    sheets.write_text(sheets.read_text().replace(",8,12,", f",{size},"))
    with pytest.raises(TableError, match=words):
        join_sheet(tmp_path / "out" / "manifest.csv")
