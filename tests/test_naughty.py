"""Names and labels that break programs come through exactly."""

import csv
import io

import pytest

from sklimg.images import encode_image
from sklimg.names import OWN_FILES
from sklimg.records import read_records
from sklimg.table import read_table
from tests.builders import noise


@pytest.fixture(scope="module")
def strings(shared):
    """The naughty strings, each once; a comment of their file begins with #."""
    lines = (shared / "naughty-strings.txt").read_bytes().decode().split("\n")
    return list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))


def fits(name):
    """Tell whether a file system can hold a name."""
    return not set(name) & {"/", "\0"} and name not in (".", "..") and len(name.encode()) <= 255


def is_junk(name):
    return name.startswith(".")


def test_class_folders_of_naughty_names(strings, tmp_path, invoke):
    names = [name for name in strings if fits(name)]
    picture = encode_image(noise(1)[0])
    for name in names:
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / "1.png").write_bytes(picture)
    for layout in ("wide", "vector"):
        out = tmp_path / f"{layout}.csv"
        done = invoke("make-csv", tmp_path / "in", "-o", out, "--size", 3, "--layout", layout)
        assert done.exit_code == 0, done.stderr
        table = read_table(out)
        kept = [name for name in names if not is_junk(name)]
        assert sorted(table.labels) == sorted(kept)
        assert len(kept) > 300
    wide = read_table(tmp_path / "wide.csv")
    paths = [f"{label}/1.png" for label in wide.labels]
    assert list(wide.paths) == paths
    rejects = read_records(tmp_path / "wide.csv.rejects.csv")
    assert sorted(rejects["path"]) == sorted(f"{n}/1.png" for n in names if is_junk(n))
    assert set(rejects["code"]) <= {"ignored"}


def test_files_of_naughty_names(strings, tmp_path, invoke):
    """Every second one is no picture: its name stands in the rejects, exact."""
    names = [name for name in strings if fits(name) and name not in OWN_FILES]
    (tmp_path / "in" / "a").mkdir(parents=True)
    for i, name in enumerate(names):
        data = b"no picture" if i % 2 else encode_image(noise(1, seed=i)[0])
        (tmp_path / "in" / "a" / name).write_bytes(data)
    done = invoke("make-csv", tmp_path / "in", "-o", tmp_path / "t.csv", "--size", 3)
    assert done.exit_code == 4
    assert sorted(read_table(tmp_path / "t.csv").paths) == sorted(
        f"a/{name}" for name in names[::2] if not is_junk(name)
    )
    rejects = read_records(tmp_path / "t.csv.rejects.csv")
    expected = {f"a/{n}": "ignored" for n in names if is_junk(n)}
    expected |= {f"a/{n}": "not_an_image" for n in names[1::2] if not is_junk(n)}
    assert dict(zip(rejects["path"], rejects["code"], strict=True)) == expected


@pytest.mark.parametrize("lines", ["a row each", "a tile each"])
def test_naughty_labels_go_round(strings, tmp_path, invoke, lines):
    """Labels of tiles, from a file, come back from the manifest through make-csv."""
    rows = 20
    labels = strings[: len(strings) // rows * rows]
    columns = len(labels) // rows
    text = io.StringIO()
    width = columns if lines == "a row each" else 1
    csv.writer(text, lineterminator="\n").writerows(
        labels[i : i + width] for i in range(0, len(labels), width)
    )
    (tmp_path / "labels.csv").write_bytes(text.getvalue().encode())
    (tmp_path / "sheet.png").write_bytes(encode_image(noise(1, (rows * 4, columns * 4))[0]))
    words = ["--rows", rows, "--cols", columns, "--labels", tmp_path / "labels.csv"]
    done = invoke("split-images", tmp_path / "sheet.png", *words, "-o", tmp_path / "tiles")
    assert done.exit_code == 0, done.stderr
    assert read_records(tmp_path / "tiles" / "manifest.csv")["label"] == labels
    done = invoke("make-csv", tmp_path / "tiles", "-o", tmp_path / "t.csv", "--size", 3)
    assert done.exit_code == 0, done.stderr
    table = read_table(tmp_path / "t.csv")
    assert sorted(table.labels) == sorted(labels)
    manifest = read_records(tmp_path / "tiles" / "manifest.csv")
    truth = dict(zip(manifest["path"], manifest["label"], strict=True))
    assert [truth[path] for path in table.paths] == list(table.labels)


def test_naughty_labels_as_an_option(strings, tmp_path, invoke):
    """Each of them as the label of a row, quoted as CSV wants it."""
    (tmp_path / "sheet.png").write_bytes(encode_image(noise(1, (2 * 50, 4))[0]))
    for start in range(0, 500, 50):
        labels = strings[start : start + 50]
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow(labels)
        out = tmp_path / f"tiles{start}"
        words = ["--rows", 50, "--cols", 1, "--row-labels", text.getvalue(), "-o", out]
        done = invoke("split-images", tmp_path / "sheet.png", *words)
        assert done.exit_code == 0, done.stderr
        assert read_records(out / "manifest.csv")["label"] == labels
