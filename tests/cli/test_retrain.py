"""retrain, as one types it."""

import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from sklimg.model import load
from sklimg.stacking import stack_tables
from sklimg.table import Table, write_table
from sklimg.training import fit
from tests.builders import bars, write_images

QUICK = ["--param", "max_iter=60", "--param", "hidden_layer_sizes=30", "--folds", "0"]
pytestmark = pytest.mark.usefixtures("no_figures")


def more(seed, n=6, **others):
    """Return *n* images of each class of the bars, and as many of others as told."""
    return bars(dict.fromkeys(("2", "10", "a"), n) | others, seed)


@pytest.fixture(scope="module")
def made(no_figures, bars_table, tmp_path_factory):
    """A table t.csv and the folder of a run on it, an own place for each run to be copied to."""
    here = tmp_path_factory.mktemp("made")
    write_table(bars_table, here / "t.csv")
    write_table(more(1, new=8), here / "more.csv")
    params = {"max_iter": 60, "hidden_layer_sizes": (30,)}
    fit(here / "t.csv", out=here / "run", params=params, folds=0, jobs=1)
    return here


@pytest.fixture
def here(made, tmp_path, monkeypatch):
    """A working folder with all that; the table of the run is where it was made."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_results_go_to_stdout_and_the_rest_to_stderr(invoke, here):
    done = invoke("retrain", "run", "more.csv", "-o", "newer")
    assert done.exit_code == 0, done.stderr
    gate, test = done.stdout.splitlines()
    assert gate.startswith("gate      passed: known pictures: ")
    assert test.startswith("test      accuracy ")
    topics = [line.split()[0] for line in done.stderr.splitlines()]
    assert topics == [
        *("data", "note", "classes", "new", "folds", "doubt", "certainty", "mistakes"),
        *("verdict", "size", "saved", "next"),
    ]
    assert "next      sklimg predict -m newer IMAGE..." in done.stderr
    assert load("newer").classes == ("2", "10", "a", "new")


def test_json_is_one_object(invoke, here):
    done = invoke("retrain", "run", "more.csv", "-o", "newer", "--json")
    told = json.loads(done.stdout)
    assert told["metrics"] == json.loads((here / "newer" / "metrics.json").read_text())
    assert told["gate"] == told["metrics"]["gate"]
    assert told["gate"]["passed"]


def test_other_commands_take_the_run_that_was_made(invoke, here):
    """Also after it was moved: its table goes with it."""
    invoke("retrain", "run", "more.csv", "-o", "newer")
    shutil.move("newer", "moved")
    assert "model  " in invoke("info", "moved").stdout
    compared = invoke("compare", "run", "moved")
    assert compared.exit_code == 0
    assert "parent" not in compared.stdout
    write_table(more(9, new=6), "others.csv")
    assessed = invoke("evaluate", "-m", "moved", "others.csv")
    assert assessed.exit_code == 0
    assert "nearest neighbour 1.000" in assessed.stdout
    reported = invoke("report", "moved")
    assert reported.exit_code == 0
    command = f"sklimg retrain {here / 'run'} {here / 'more.csv'}"
    assert command in (here / "moved" / "report.html").read_text()
    assert command in (here / "moved" / "MODEL_CARD.md").read_text()
    write_table(more(10), "again.csv")
    again = invoke("retrain", "moved", "again.csv", "-o", "third")
    assert again.exit_code == 0, again.stderr
    assert invoke("export", "-m", "third", "-o", "m.zip").exit_code == 0


def test_runs_come_out_in_artifacts_under_the_same_name(invoke, here):
    """However often, and by whatever name the run is called; latest follows."""
    names = []
    for k, run in enumerate(("run", "latest", "artifacts/latest")):
        write_table(more(20 + k), "some.csv")
        done = invoke("retrain", run, "some.csv", *(["--name", "a b"] if run == "run" else []))
        assert done.exit_code == 0, done.stderr
        names.append((here / "artifacts" / "latest").resolve().name)
    assert len({*names}) == 3
    assert [name.partition("-")[2].split("-")[0] for name in names] == ["a%20b"] * 3
    invoke("retrain", "run", "some.csv", "-o", "elsewhere")
    assert (here / "artifacts" / "latest").resolve().name == names[-1]


@pytest.mark.parametrize("words", [[], ["--from-scratch"], ["--json"]])
def test_poison_is_refused_with_both_numbers_and_nothing_written(invoke, here, words):
    new = more(7, n=30)
    labels = np.random.default_rng(0).permutation(new.labels)
    write_table(Table(new.pixels, labels), "poison.csv")
    done = invoke("retrain", "run", "poison.csv", "--name", "x", *words)
    assert done.exit_code == 7
    last = done.stderr.splitlines()[-1]
    assert last.startswith(
        "error: run: the newer model is refused, nothing was written: known pictures: "
    )
    assert last.count(" -> ") == 2
    assert "it reads" in last
    assert not (here / "artifacts").exists()
    if words == ["--json"]:
        told = json.loads(done.stdout)
        assert (told["gate"]["passed"], told["metrics"]) == (False, None)
    else:
        assert done.stdout.startswith("gate      refused: known pictures")


def test_what_was_not_taken_in_is_listed(invoke, here, bars_table):
    """A picture under another label, a class of one, a file that is no image, whatever names."""
    images = more(1).pixels.reshape(-1, 8, 8)
    names = [f"{label}/{k}.png" for k, label in enumerate(more(1).labels)]
    twin, lone = bars_table.pixels[0].reshape(8, 8), bars({"lone": 1}, 5).pixels.reshape(8, 8)
    files = dict(zip(names, images, strict=True)) | {
        "10/a\nb.png": twin,
        "lone\x1b[31m/1.png": lone,
    }
    write_images(here / "photos", files)
    (here / "photos" / "a" / "torn.png").write_bytes(b"\x89PNG")
    done = invoke("retrain", "run", "photos", "-o", "newer")
    assert done.exit_code == 4, done.stderr
    rejected = [line for line in done.stderr.splitlines() if line.startswith("rejected: ")]
    assert len(rejected) == 3
    assert "rejected: 10/a\\nb.png: '10' here, '2' elsewhere; decide" in rejected
    assert any("lone\\x1b[31m/1.png: too few different pictures" in line for line in rejected)
    assert any("torn.png" in line for line in rejected)
    assert (here / "newer" / "rejects.csv").read_text().count("conflict") == 1
    assert load("newer").classes == ("2", "10", "a")


def photos(folder, table):
    names = [f"{label}/{k}.png" for k, label in enumerate(table.labels)]
    return write_images(folder, dict(zip(names, table.pixels.reshape(-1, 8, 8), strict=True)))


def test_a_folder_whose_picture_changed_is_told_and_may_be_brought_back(invoke, here, bars_table):
    photos(here / "photos", bars_table)
    shutil.copytree("photos", "as-it-was")
    invoke("fit", "photos", *QUICK, "--size", "8", "-o", "folder")
    file = here / "photos" / "2" / "0.png"
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(file)
    done = invoke("retrain", "folder", "more.csv", "-o", "newer")
    assert done.exit_code == 3
    assert f"error: {here}/photos: has changed since folder was made of it" in done.stderr
    for place in ("photos/x", "as-it-was/x"):
        words = ["--recorded", "as-it-was", "-o", place]
        data = "photos" if place == "photos/x" else "more.csv"
        assert invoke("retrain", "folder", data, *words).exit_code == 2
    again = invoke("retrain", "folder", "more.csv", "--recorded", "as-it-was", "-o", "newer")
    assert again.exit_code == 0, again.stderr
    command = f"sklimg retrain {here}/folder {here}/more.csv --recorded {here}/as-it-was"
    assert command in (here / "newer" / "report.html").read_text()


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (["run", "absent.csv"], 3, "absent.csv: no such file or folder"),
        (["absent", "more.csv"], 5, "absent: expected a model, found nothing there"),
        (["run/model", "more.csv"], 3, "this is no finished run"),
        (["t.csv", "more.csv"], 5, "t.csv: expected a run folder"),
        (["run", "t.csv"], 3, "t.csv: expected new pictures to train on, got none: 60 of 60"),
        (["run", "empty"], 3, "empty: expected images, got none"),
        (["run", "one.csv"], 3, "got none: 4 of 4 are there already"),
        (["run", "blank.csv"], 3, "blank.csv: 2 of 2 new images have no label"),
        (["run", "large.csv"], 3, "large.csv: expected images of 8x8 grey like those of the run"),
        (["run", "few.csv"], 3, "few.csv: expected new pictures .* 1 could not be taken in"),
        (["run", "ragged.csv"], 3, "ragged.csv, line 2: expected 5 fields"),
        (["run", "more.csv", "--recorded", "more.csv"], 3, "expected 60 rows, got 26"),
        (["run", "more.csv", "--recorded", "absent"], 3, "absent: no such file or folder"),
        (["run", "more.csv", "--name", "x"], 2, "-o and --name, got both"),
        (["run", "more.csv", "-o", "run"], 2, "run: expected a new or empty folder"),
        (["run", "more.csv", "--jobs", "0"], 2, "Invalid value for '--jobs'"),
        (["run"], 2, "Missing argument 'DATA'"),
        (["damaged", "more.csv"], 5, "model.npz"),
        (["torn", "more.csv"], 3, "metrics.json: expected JSON"),
        (["gone", "more.csv"], 3, r"gone.csv: expected the table .* \(--recorded\)"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_written(invoke, here, words, code, part):
    (here / "empty").mkdir()
    write_table(bars({"2": 4}), "one.csv")  # which the run has
    write_table(bars({"": 2}, 9), "blank.csv")
    write_table(bars({"few": 1}, 9), "few.csv")
    write_table(bars({"2": 2}, side=9), "large.csv")
    (here / "ragged.csv").write_text("label,pixel0,pixel1,pixel2,pixel3\na,1,2,3\n")
    for name in ("damaged", "torn", "gone"):
        shutil.copytree("run", name)
    (here / "damaged" / "model" / "model.npz").write_bytes(b"x")
    (here / "torn" / "metrics.json").write_text("{")
    data = json.loads((here / "gone" / "data.json").read_text())
    (here / "gone" / "data.json").write_text(json.dumps(data | {"path": str(here / "gone.csv")}))
    before = sorted(here.iterdir())
    out = [] if "-o" in words else ["-o", "newer"]
    done = invoke("retrain", *words, *out)
    assert done.exit_code == code
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: ")
    assert "bug" not in last
    assert re.search(part, last), last
    assert sorted(here.iterdir()) == before


def test_a_run_of_a_python_table_needs_it_brought(invoke, bars_run, here, bars_table):
    done = invoke("retrain", bars_run.path, "more.csv", "-o", "newer")
    assert done.exit_code == 3
    assert "from a table in Python, which is not kept; pass it as recorded" in done.stderr
    done = invoke("retrain", bars_run.path, "more.csv", "--recorded", "t.csv", "-o", "newer")
    assert done.exit_code == 0, done.stderr


def test_what_stands_in_several_parts_is_told(invoke, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = bars({"a": 20, "b": 20})
    write_table(Table(table.pixels, table.labels, None, {"group": [*map(str, range(40))]}), "t.csv")
    invoke("fit", "t.csv", *QUICK, "-o", "run")
    parts = (tmp_path / "run" / "splits.csv").read_text().splitlines()[1:21]
    test = next(k for k, line in enumerate(parts) if line.endswith("test"))
    train = next(k for k, line in enumerate(parts) if line.endswith("train"))
    new = bars({"a": 5, "b": 5}, 1)
    near = (0.9 * table.pixels[[train]]).astype(np.uint8)
    link = Table(near, ["a"], ["link.png"], {"group": [str(test)]})
    write_table(stack_tables([new, link]), "more.csv")
    done = invoke("retrain", "run", "more.csv", "-o", "newer")
    assert done.exit_code == 4
    assert "rejected: link.png: it is a copy of pictures in several parts; leave it out" in (
        done.stderr
    )
