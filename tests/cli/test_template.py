"""template, as one types it."""

import numpy as np
import pytest
from PIL import Image

from sklimg.forms import SIZES, read_form
from sklimg.names import PAPERS

NEXT = "print it at 100 %, fill it, scan it; then: sklimg split-images SCAN -o tiles\n"


def read(path):
    with Image.open(path) as image:
        return read_form(np.asarray(image.convert("L")))[0]


def test_a_page_as_pdf(invoke, tmp_path):
    out = tmp_path / "sheet.pdf"
    done = invoke("template", "--labels", "a,b,c", "--per-label", 10, "-o", out)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == f"3 labels x 10 cells on 1 page in {out}\n" + NEXT
    assert out.read_bytes().startswith(b"%PDF")
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.pdf"]


def test_a_page_as_png_holds_labels_exactly(invoke, tmp_path):
    out = tmp_path / "Sheet.PNG"
    done = invoke("template", "--labels", '007,NA,ü," ",",","say ""a""",True', "--per-label", 1,
                  "--paper", "letter", "-q", "-o", out)  # fmt: skip
    assert (done.exit_code, done.output) == (0, "")
    assert read(out).labels == ["007", "NA", "ü", " ", ",", 'say "a"', "True"]


def test_several_pages_are_several_png_files(invoke, tmp_path):
    out = tmp_path / "sheet.png"
    done = invoke("template", "--labels", "0,1", "--per-label", 120, "-o", out)
    assert done.exit_code == 0
    names = [f"sheet-{i}.png" for i in (1, 2)]
    assert done.stderr.startswith(f"2 labels x 120 cells on 2 pages in {out.with_name(names[0])} ")
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    forms = [read(tmp_path / name) for name in names]
    assert [(form.page, form.pages) for form in forms] == [(1, 2), (2, 2)]
    assert [x for form in forms for x in form.labels if x] == ["0"] * 120 + ["1"] * 120


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--labels", "a", "--per-label", 0], "0 is not in the range 1<=x<=9999"),
        (["--labels", "a,,b"], "label 2: expected a text, got an empty one"),
        (["--labels", "a,b,a"], "label 3: expected each label once, got 'a' again"),
        (["--labels", ""], "--labels: expected labels with commas between them, got none"),
        (["--labels", "a\nb"], "--labels: expected one line of CSV"),
        (["--labels", "a", "--paper", "a3"], "'a3' is not one of 'a4', 'letter'"),
        (["--labels", "a", "-o", "sheet.jpg"], "sheet.jpg: expected a name ending in .pdf or .png"),
        (["--labels", "".join(map(chr, range(300, 600)))], "bytes of UTF-8, got 600; shorten it"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_written(invoke, tmp_path, monkeypatch, words, part):
    monkeypatch.chdir(tmp_path)
    done = invoke("template", "--per-label", 3, "-o", "sheet.pdf", *words)
    assert done.exit_code == 2
    assert done.stderr.startswith("error: ")
    assert part in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_each_paper_has_a_size():
    assert set(PAPERS) == set(SIZES)
