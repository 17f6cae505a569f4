"""Every hostile file becomes pixels or a listed reject, by whatever way it comes in."""

import os
from collections import Counter

import numpy as np
import pytest

from sklimg.errors import ImageError
from sklimg.images import read_image, read_pages
from sklimg.records import read_records
from sklimg.spec import ImageSpec
from tests.builders import run_sklimg
from tests.hostile import HOSTILE, make_places, write_hostile

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL", "ignore::Warning:PIL")
SPEC = ImageSpec(side=2, resample="box")
REJECTED = {name: code for name, (_, code) in HOSTILE.items() if isinstance(code, str)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with all hostile files; do not change it."""
    return write_hostile(tmp_path_factory.mktemp("hostile") / "files")


@pytest.mark.parametrize("name", HOSTILE)
def test_pixels_or_a_code(folder, name):
    data, expected = HOSTILE[name]
    for source in (data, folder / name):
        if isinstance(expected, str):
            with pytest.raises(ImageError, match="image|JPEG|file|picture|PNG|GIF|BMP") as caught:
                read_image(source, SPEC)
            assert caught.value.code == expected
        elif source:
            levels = read_image(source, SPEC).ravel().astype(int)
            assert np.abs(levels - expected).max() <= 2


@pytest.mark.parametrize("name", HOSTILE)
def test_sheets_fare_as_images_do(name):
    """A page is cut if the picture is read; but for a TIFF, it is one."""
    data, expected = HOSTILE[name]
    if isinstance(expected, str):
        with pytest.raises(ImageError, match="image|JPEG|file|picture|PNG|GIF|BMP") as caught:
            list(read_pages(data))
        assert caught.value.code == expected
    else:
        pages = list(read_pages(data))
        assert len(pages) == (3 if name == "pages.tif" else 1)
        height, width = pages[0].shape[:2]
        corners = pages[0][:: height - 1, :: width - 1].reshape(4, -1)[:, 0].astype(int)
        assert np.abs(corners - expected).max() <= 4


def test_pages_of_different_sizes(folder):
    assert [p.shape for p in read_pages(folder / "pages.tif")] == [(64, 64), (40, 9), (20, 300)]


def test_make_csv_lists_each(folder, tmp_path):
    """Rows and rejects are the files, and stderr holds nothing that is not ours."""
    source, table = tmp_path / "in", tmp_path / "t.csv"
    write_hostile(source)
    places = make_places(source)
    done = run_sklimg("make-csv", source, "-o", table, "--size", 2)
    assert (done.returncode, done.stdout) == (4, "")
    rejects = read_records(f"{table}.rejects.csv")
    codes = dict(zip(rejects["path"], rejects["code"], strict=True))
    assert codes == REJECTED | places
    rows = read_records(table)["path"]
    assert sorted(rows) == sorted(set(HOSTILE) - set(REJECTED))
    assert all("\n" not in reason for reason in rejects["reason"])
    told = done.stderr.splitlines()
    assert [line.split(" ")[0] for line in told] == ["note:", str(len(rows)), str(len(codes))]


def test_split_images_lists_each(folder, tmp_path):
    """Sheets cut and rejects are the sheets; the pages of a TIFF are sheets of one file."""
    out = tmp_path / "tiles"
    (tmp_path / "in").mkdir()
    places = make_places(tmp_path / "in") | {"device.png": "not_a_file", "\\xff.png": ""}
    others = [tmp_path / "in" / name for name in os.listdir(tmp_path / "in")]  # noqa: PTH208
    files = [folder / name for name in HOSTILE] + others
    done = run_sklimg("split-images", *files, "--rows", 2, "--cols", 2, "-o", out)
    assert (done.returncode, done.stdout) == (4, "")
    sheets, rejects = read_records(out / "sheets.csv"), read_records(out / "rejects.csv")
    assert len(set(sheets["path"])) + len(rejects["path"]) == len(files)
    assert Counter(sheets["path"])[str(folder / "pages.tif")] == 3
    expected = Counter([*REJECTED.values(), *places.values(), "not_a_file"])
    expected["not_an_image"] += expected.pop("")  # the one whose name is no UTF-8
    assert Counter(rejects["code"]) == expected
    assert {line.split(" ")[0] for line in done.stderr.splitlines()[:-1]} == {"rejected"}


@pytest.mark.parametrize("name", [n for n, (data, _) in HOSTILE.items() if data])
def test_split_images_of_one_hostile_sheet(folder, tmp_path, invoke, name):
    expected = HOSTILE[name][1]
    done = invoke("split-images", folder / name, "--rows", 2, "--cols", 2, "-o", tmp_path / "out")
    assert done.exit_code == (3 if isinstance(expected, str) else 0)
    assert (tmp_path / "out").exists() == (done.exit_code == 0)
    if done.exit_code:
        assert done.stderr.startswith(f"error: {folder / name}: ")
        assert done.stderr.count("\n") == 1
