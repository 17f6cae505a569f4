"""The table of a run is found again, the same to the pixel, or it is said what differs."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from sklimg.errors import DataError
from sklimg.model import load
from sklimg.names import TABLE
from sklimg.recorded import kept_table, read_recorded
from sklimg.records import read_records, records_csv
from sklimg.runfiles import read_run
from sklimg.stacking import stack_tables
from sklimg.table import Table, write_table
from sklimg.training import fit
from tests.builders import bars, write_images

pytestmark = pytest.mark.usefixtures("no_figures")

HOW = {"params": {"max_iter": 3, "hidden_layer_sizes": (8,)}, "folds": 0, "jobs": 1}


def found(run, given=None):
    return read_recorded(read_run(run), load(run).seen, given, jobs=1)


@pytest.fixture(scope="module")
def runs(no_figures, bars_table, tmp_path_factory):
    """Runs fitted to a file, to a file tested on another, and to a folder of pictures."""
    here = tmp_path_factory.mktemp("recorded")
    write_table(bars_table, here / "t.csv")
    write_table(bars({"2": 6, "10": 6, "a": 6}, seed=1), here / "other.csv")
    images = bars_table.pixels.reshape(-1, 8, 8)
    names = [f"{label}/{k}.png" for k, label in enumerate(bars_table.labels)]
    write_images(here / "photos", dict(zip(names, images, strict=True)))
    fit(here / "t.csv", out=here / "file", **HOW)
    fit(here / "t.csv", test=here / "other.csv", out=here / "tested", **HOW)
    fit(here / "photos", size=8, out=here / "folder", **HOW)
    return here


@pytest.fixture
def here(runs, tmp_path):
    """A copy of all that, free to be changed, to which the copied runs lead."""
    shutil.copytree(runs, tmp_path, dirs_exist_ok=True)
    for name in ("file", "tested", "folder"):
        change(tmp_path / name, "data", path=lambda told: told.replace(str(runs), str(tmp_path)))
    change(tmp_path / "tested", "config", test=lambda told: str(tmp_path / "other.csv"))
    return tmp_path


def change(run, name, **values):
    """Set values of a JSON file of a run; a function makes it from the old one."""
    file = run / f"{name}.json"
    held = json.loads(file.read_text())
    made = {key: new(held[key]) if callable(new) else new for key, new in values.items()}
    file.write_text(json.dumps(held | made))


@pytest.mark.parametrize(("name", "n"), [("file", 60), ("tested", 78), ("folder", 60)])
def test_it_is_where_the_run_says(here, name, n):
    recorded, splits = found(here / name), read_records(here / name / "splits.csv")
    assert len(recorded.table) == n
    assert recorded.split.tolist() == splits["split"]
    assert recorded.table.labels.tolist() == splits["label"]
    assert recorded.groups.tolist() == [int(group) for group in splits["group"]]
    n_test = int(np.sum(recorded.split == "test"))
    assert recorded.shares == {"test": n_test / n, "validation": 0.0}


def test_it_may_be_elsewhere(here):
    (here / "t.csv").rename(here / "u.csv")
    with pytest.raises(DataError, match=r"t.csv: expected the table .*--recorded"):
        found(here / "file")
    assert len(found(here / "file", here / "u.csv").table) == 60
    assert len(found(here / "tested", here / "u.csv").table) == 78


def test_a_table_of_python_has_to_be_brought(bars_run, bars_table):
    with pytest.raises(DataError, match="from a table in Python, which is not kept; pass it as"):
        found(bars_run.path)
    assert len(found(bars_run.path, bars_table).table) == 60
    with pytest.raises(DataError, match="a table of 59 images: has changed .*60 rows, got 59"):
        found(bars_run.path, bars_table.take(np.arange(59)))


def test_test_data_of_python_has_to_be_brought_with_it(bars_table, tmp_path):
    other = bars({"2": 6, "10": 6, "a": 6}, seed=1)
    fit(bars_table, test=other, out=tmp_path / "run", **HOW)
    with pytest.raises(DataError, match="a table of 18 images tested it, which is not kept; bri"):
        found(tmp_path / "run", bars_table)
    recorded = found(tmp_path / "run", stack_tables([bars_table, other]))
    assert (recorded.split == "test").sum() == 18


def test_a_changed_file_is_told_by_its_sum(here, bars_table):
    with (here / "t.csv").open("ab") as file:
        file.write(b"\n")
    with pytest.raises(DataError, match=r"t.csv: has changed since .*expected SHA-256"):
        found(here / "file")
    assert len(found(here / "file", here / "t.csv").table) == 60  # the rows are the same


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_changed_picture_is_told_whatever_its_part(here, part):
    splits = read_records(here / "folder" / "splits.csv")
    path = here / "photos" / splits["path"][splits["split"].index(part)]
    pixels = np.asarray(Image.open(path)).copy()
    pixels[0, 0] ^= 1
    Image.fromarray(pixels).save(path)
    with pytest.raises(DataError, match="photos: has changed since .*: other pixels; bring it"):
        found(here / "folder")


def test_changed_test_data_is_told(here):
    write_table(bars({"2": 6, "10": 6, "a": 6}, seed=2), here / "other.csv")
    with pytest.raises(DataError, match=r"t.csv or .*other.csv: has changed .*: other pixels"):
        found(here / "tested")


def test_a_run_without_a_sum_of_pixels_is_known_by_those_it_learned(here, bars_table):
    change(here / "file", "data", pixels_sha256=None)
    assert len(found(here / "file").table) == 60
    row = read_records(here / "file" / "splits.csv")["split"].index("train")
    pixels = bars_table.pixels.copy()
    pixels[row, 0] ^= 1
    with pytest.raises(DataError, match="other pixels than its model has learned"):
        found(here / "file", Table(pixels, bars_table.labels))


def test_other_rows_are_told_by_their_number(here, bars_table):
    relabelled = Table(bars_table.pixels, ["2"] * 60)
    with pytest.raises(DataError, match="row 20: expected label '10', got '2'"):
        found(here / "file", relabelled)
    renamed = Table(bars_table.pixels, bars_table.labels, ["x"] * 60)
    with pytest.raises(DataError, match="row 0: expected path '', got 'x'"):
        found(here / "file", renamed)
    extra = here / "photos" / "a" / "extra.png"
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(extra)
    with pytest.raises(DataError, match="expected 60 rows, got 61"):
        found(here / "folder")


@pytest.mark.parametrize("told", ["x" * 5000, "/a/\0"])
def test_a_path_that_is_none_is_told(here, told):
    change(here / "file", "data", path=told)
    with pytest.raises(DataError, match=r"cannot be read: File name too long|got nothing there"):
        found(here / "file")


def test_an_other_models_seen_pictures_are_told(here):
    run = read_run(here / "file")
    with pytest.raises(DataError, match="other pixels than its model has learned"):
        read_recorded(run, load(here / "file").seen[:-1], jobs=1)


@pytest.mark.parametrize(
    ("told", "shares"),
    [({"test": 0.3, "validation": 0}, [0.3, 0]), ({"test": 9, "validation": float("nan")}, [1, 0])],
)
def test_shares_of_the_first_run_are_kept(here, told, shares):
    change(here / "file", "config", shares=told)
    assert list(found(here / "file").shares.values()) == shares


def test_dropped_rows_have_no_share(here):
    file = here / "file" / "splits.csv"
    splits = read_records(file)
    first = splits["split"].index("test")
    splits["split"][first] = "dropped"
    file.write_bytes(records_csv(splits))
    assert found(here / "file").shares["test"] == 11 / 59


def test_a_table_in_the_folder_moves_with_it(tmp_path):
    run = tmp_path / "run"
    assert kept_table(run, None) is None
    assert str(kept_table(run, "/x/data/table.npz")) == "/x/data/table.npz"
    (run / TABLE).parent.mkdir(parents=True)
    (run / TABLE).touch()
    assert kept_table(run, "/x/data/table.npz") == run / TABLE
    assert str(kept_table(run, "/x/table.npz")) == "/x/table.npz"
