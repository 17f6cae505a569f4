"""The hostile corpus: every file ends as a row or a reject, soon and in little memory."""

import csv
import json
import os
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from sklimg.errors import ImageError
from sklimg.images import read_image, read_pages
from tests.kills import SKLIMG

MOST_MB = 512
MOST_SECONDS = 5


@pytest.fixture(scope="module")
def hostile(shared, tmp_path_factory):
    """The files of the corpus, unpacked."""
    folder = tmp_path_factory.mktemp("hostile")
    with tarfile.open(shared / "hostile-images.tar.gz") as packed:
        packed.extractall(folder, filter="data")
    return folder


def files_of(folder):
    return sorted(path for path in folder.rglob("*") if not path.is_dir())


def run_measured(words, cwd):
    """Run a command; return its exit code, what it printed and its peak memory in MB."""
    with (Path(cwd) / "printed").open("w+") as printed:
        run = subprocess.Popen([SKLIMG, *map(str, words)], cwd=cwd, stdout=printed, stderr=printed)
        _, status, usage = os.wait4(run.pid, 0)  # of this one child and its own
        run.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        return run.returncode, printed.read(), usage.ru_maxrss / 1024


def records(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.long
def test_make_csv_of_the_hostile_corpus(hostile, tmp_path, case, record_property):
    code, printed, memory_mb = run_measured(["make-csv", hostile, "-o", "t.csv"], tmp_path)
    record_property("note", f"peak {memory_mb:.0f} MB")
    files = {path.relative_to(hostile).as_posix() for path in files_of(hostile)}
    rows = json.loads((tmp_path / "t.csv.json").read_text())["n_images"]
    rejects = records(tmp_path / "t.csv.rejects.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        table = csv.reader(file)
        next(table)
        paths = [row[1] for row in table]
    case(len(paths) == rows and rows + len(rejects) == len(files), f"{rows} + {len(rejects)}")
    told = set(paths) | {reject["path"] for reject in rejects}
    for name in files:
        case(name in told, f"{name} is neither a row nor a reject")
    case(code == 4, f"exit {code}")
    case("Traceback" not in printed, "a traceback")
    case(memory_mb < MOST_MB, f"{memory_mb:.0f} MB")


@pytest.mark.long
def test_split_images_of_the_hostile_corpus(hostile, tmp_path, case, record_property):
    files = files_of(hostile)
    words = ["split-images", *files, "--rows", "2", "--cols", "2", "-o", "tiles"]
    code, printed, memory_mb = run_measured(words, tmp_path)
    record_property("note", f"peak {memory_mb:.0f} MB")
    sheets = {row["path"] for row in records(tmp_path / "tiles" / "sheets.csv")}
    rejects = [row["path"] for row in records(tmp_path / "tiles" / "rejects.csv")]
    case(len(sheets) + len(rejects) == len(files), f"{len(sheets)} + {len(rejects)}")
    for path in files:
        case((str(path) in sheets) != (str(path) in rejects), f"{path} is not one of the two")
    case(code == 4, f"exit {code}")
    case("Traceback" not in printed, "a traceback")
    case(memory_mb < MOST_MB, f"{memory_mb:.0f} MB")


def read_sheets(path):
    return list(read_pages(path))


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")  # Pillow's, of damaged files; the commands do the same
@pytest.mark.parametrize("read", [read_image, read_sheets])
def test_no_hostile_file_takes_long(hostile, case, record_property, read):
    slowest = 0
    for path in files_of(hostile):
        start = time.perf_counter()
        try:
            read(path)
        except ImageError:
            pass
        except Exception as err:
            case(False, f"{path}: {err!r}")
        seconds = time.perf_counter() - start
        slowest = max(slowest, seconds)
        case(seconds < MOST_SECONDS, f"{path}: {seconds:.1f} s")
    record_property("note", f"slowest {slowest:.2f} s")
