"""A full disk or one that may not be written to: one line, exit 6, the old things still there."""

import shutil
import subprocess

import pytest

from tests.builders import noise, run_sklimg, write_images

QUICK = ["--features", "pixels", "--folds", "0", "--jobs", "1", "--param", "max_iter=2"]
WRITERS = {
    "csv": ["make-csv", "photos", "-o", "disk/t.csv", "--size", "64"],
    "gz": ["make-csv", "photos", "-o", "disk/t.csv.gz", "--size", "64"],
    "npz": ["make-csv", "photos", "-o", "disk/t.npz", "--size", "64"],
    "append": ["make-csv", "photos", "-o", "disk/a.csv", "--append"],
    "tiles": ["split-images", "sheet.png", "--rows", "30", "--cols", "30", "-o", "disk/tiles"],
    "run": ["fit", "photos", *QUICK, "-o", "disk/run"],
}


def mount(*words):
    done = subprocess.run(["mount", *map(str, words)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"mounting a small disk is not allowed here: {done.stderr.strip()}")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A working folder with 300 pictures, a sheet, and tables to stand on a disk."""
    folder = tmp_path_factory.mktemp("made")
    pictures = {f"photos/{i % 3}/{i}.png": image for i, image in enumerate(noise(300))}
    write_images(folder, pictures | {"sheet.png": noise(1, (900, 900))[0]})
    for name, size in (("t.csv", 4), ("t.csv.gz", 4), ("t.npz", 4), ("a.csv", 32)):
        words = ["make-csv", "photos/0", "--jobs", "1", "--size", size, "-o", f"tables/{name}"]
        assert run_sklimg(*words, cwd=folder).returncode == 0
    (folder / "disk").mkdir()
    return folder


@pytest.fixture
def here(made):
    """That folder, and a disk of 3 MB with the tables on it."""
    disk = made / "disk"
    try:
        mount("-t", "tmpfs", "-o", "size=3m", "none", disk)
    except FileNotFoundError:
        pytest.skip("mounting a small disk is not possible here: there is no mount command")
    try:
        shutil.copytree(made / "tables", disk, dirs_exist_ok=True)
        yield made
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("what", WRITERS)
def test_a_full_disk(here, what):
    disk = here / "disk"
    (disk / "fill").write_bytes(bytes(2_400_000))
    before = contents(disk)
    done = run_sklimg(*WRITERS[what], cwd=here)
    assert done.returncode == 6
    out = next(word for word in WRITERS[what] if word.startswith("disk/"))
    line = f"error: {out}: cannot be written: No space left on device; free the place"
    assert done.stderr.splitlines()[-1].startswith(line)
    assert done.stderr.count("\n") == 1 or what == "run"  # which has told of the data before
    assert contents(disk) == before


@pytest.mark.parametrize("what", WRITERS)
def test_a_disk_that_may_not_be_written_to(here, what):
    disk = here / "disk"
    before = contents(disk)
    mount("-o", "remount,ro", disk)
    done = run_sklimg(*WRITERS[what], cwd=here)
    assert done.returncode == 6
    out = next(word for word in WRITERS[what] if word.startswith("disk/"))
    assert done.stderr.splitlines()[-1].startswith(f"error: {out}: cannot be written: ")
    assert contents(disk) == before


def test_a_full_disk_during_a_search_keeps_the_journal(here):
    """What is there stays good, and the search goes on when there is room."""
    disk = here / "disk"
    (disk / "fill").write_bytes(bytes(2_577_000))
    words = ["--param", "alpha=" + ",".join(f"0.{k:02}" for k in range(1, 90))]
    words += ["--param", "hidden_layer_sizes=2"]
    done = run_sklimg("fit", "photos", *words, *QUICK, "-o", "disk/run", cwd=here)
    assert done.returncode == 6, done.stderr
    assert "cannot be written: No space left on device" in done.stderr.splitlines()[-1]
    there = {path: path.read_bytes() for path in (disk / "run" / "journal").rglob("fold*.json")}
    assert there
    (disk / "fill").unlink()
    for name in ("t.csv", "t.csv.gz", "t.npz", "a.csv"):
        (disk / name).unlink(missing_ok=True)
    done = run_sklimg("fit", "--resume", "disk/run", "--max-time", "1s", "--jobs", "1", cwd=here)
    assert done.returncode == 0, done.stderr
    assert all(path.read_bytes() == content for path, content in there.items())
