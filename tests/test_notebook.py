"""The notebook of the docs: stored without outputs, and run from top to bottom."""

import base64
import os
import re
import subprocess
import sys
from io import BytesIO
from math import comb
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "docs" / "pipeline.ipynb"
SECONDS = 180


@pytest.fixture(scope="module")
def stored():
    return nbformat.read(NOTEBOOK, as_version=4)


def of_kind(notebook, kind):
    return [cell for cell in notebook.cells if cell.cell_type == kind]


def test_it_is_a_notebook_and_nothing_of_a_machine_is_stored(stored):
    nbformat.validate(stored)
    for cell in of_kind(stored, "code"):
        assert (cell.outputs, cell.execution_count) == ([], None)
    assert not any(cell.metadata for cell in stored.cells)
    assert set(stored.metadata) == {"kernelspec", "language_info"}
    assert not re.search(r"/(home|root|tmp|work|Users)\b|[A-Z]:\\\\", NOTEBOOK.read_text())


def test_every_step_is_explained(stored):
    """A figure may follow a figure; otherwise words stand before each step."""
    kinds = [cell.cell_type for cell in stored.cells]
    assert kinds[0] == kinds[-1] == "markdown"
    assert kinds.count("markdown") >= kinds.count("code")


def test_its_links_lead_somewhere(stored):
    text = "\n".join(cell.source for cell in of_kind(stored, "markdown"))
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    for link in re.findall(r"\]\((.*?)\)", text.replace("?)", "%3F)")):
        if link.startswith("#"):
            assert link[1:].replace("%3F", "?").replace("-", " ") in headings
        else:
            assert (NOTEBOOK.parent / link).is_file(), link


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The notebook as it is after all of it was run, in a process and a folder of its own."""
    place = tmp_path_factory.mktemp("notebook")
    own = {name: str(place / name) for name in ("JUPYTER_CONFIG_DIR", "IPYTHONDIR", "TMPDIR")}
    own |= {"JUPYTER_DATA_DIR": str(place / "data"), "JUPYTER_RUNTIME_DIR": str(place / "run")}
    (place / "TMPDIR").mkdir()
    before = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(ROOT), *[before] * bool(before)])
    words = [Path(sys.executable).with_name("jupyter-execute"), NOTEBOOK]
    words += ["--output", place / "executed.ipynb", f"--timeout={SECONDS}"]
    done = subprocess.run(
        words, cwd=place, env=os.environ | own | {"PYTHONPATH": path},
        capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return nbformat.read(place / "executed.ipynb", as_version=4)


@pytest.fixture(scope="module")
def outputs(executed):
    return [output for cell in of_kind(executed, "code") for output in cell.outputs]


@pytest.fixture(scope="module")
def said(outputs):
    """All that it has printed."""
    return "".join(output.text for output in outputs if output.output_type == "stream")


def test_it_runs_without_an_error_or_a_warning(executed, outputs):
    counts = [cell.execution_count for cell in of_kind(executed, "code")]
    assert counts == list(range(1, len(counts) + 1))
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]


def test_it_finds_the_copies(said):
    assert "25 rows are copies of another row, 0 of them exact\n" in said
    assert "they are the 25 that were put in: True\n{'copy': 25}\n" in said
    assert "in 600 groups" in said


def test_settings_that_differ_by_one_picture_are_told_to_be_no_different(stored, outputs, said):
    assert "the best and the worst differ by 1 of 123 pictures\n" in said
    words = "\n".join(cell.source for cell in of_kind(stored, "markdown"))
    assert "Settings that differ by one picture of about 120 are no different" in words
    (table,) = [o.data["text/plain"] for o in outputs if "dropout=0.3" in str(o.get("data"))]
    assert re.match(r" +parameters +accuracy on the validation part\n", table)


def test_the_accuracy_is_good_and_told_with_its_interval_and_baselines(outputs, said):
    told = re.search(r"^accuracy (\S+) \[(\S+), (\S+)\] on 120 test pictures$", said, re.MULTILINE)
    accuracy, low, high = map(float, told.groups())
    assert 0.93 < accuracy <= 1  # after a single epoch it is below
    assert low < accuracy < high
    (table,) = [o.data["text/plain"] for o in outputs if "nearest_neighbour" in str(o.get("data"))]
    assert re.search(rf"the model +{accuracy}", table)
    assert float(re.search(r"most_frequent +(\S+)", table)[1]) < 0.2


def test_the_saved_model_reads_a_digit(said):
    told = re.search(r"read as (\d), and it is a (\d)\n", said)
    assert told[1] == told[2]


def test_the_gate_lets_right_labels_through_and_no_wrong_ones(said):
    assert re.search(r"^passed - known pictures: 0\.9\d+ -> ", said, re.MULTILINE)
    assert re.search(r"^refused - .*their labels are in doubt\n", said, re.MULTILINE)
    assert "run3 was written: False\n" in said


def test_the_newer_model_is_no_worse_on_the_same_pictures(said):
    n_only = dict(re.findall(r"^(before|after) .*; (\d+) only it reads right$", said, re.MULTILINE))
    before, after = int(n_only["before"]), int(n_only["after"])
    assert after > before
    n_all = before + after
    chance = 2 * sum(comb(n_all, k) for k in range(before + 1)) / 2**n_all
    assert f"so uneven by chance alone: {100 * chance:.1f} times of 100\n" in said
    verdict = "quite sure" if chance < 0.05 else "not sure, at 19 times of 20"
    assert f"that the newer one is better: {verdict}\n" in said


def test_every_figure_is_there(executed):
    asked = sum(cell.source.count("\nshow(") + cell.source.startswith("show(")
                for cell in of_kind(executed, "code"))  # fmt: skip
    figures = [
        np.asarray(Image.open(BytesIO(base64.b64decode(output.data["image/png"]))).convert("L"))
        for cell in of_kind(executed, "code")
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert len(figures) == asked == 8
    for figure in figures:
        assert figure.shape[1] > 500
        assert len(np.unique(figure)) > 20  # something is drawn
