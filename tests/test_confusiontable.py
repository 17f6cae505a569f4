"""The table of answers counts every image, and its cells know theirs."""

import json
import re

import numpy as np
import pytest

from sklimg.confusiontable import cells_json, confusion_table, surest_mistakes
from sklimg.runfiles import read_run
from tests.reports import EVIL, write_run_files


@pytest.fixture
def run(tmp_path):
    return read_run(write_run_files(tmp_path / "run"))


def test_every_number_stands_in_its_cell(run):
    html = confusion_table(run)
    shown = {cell: int(n) for cell, n in re.findall(r'data-cell="(\d+,\d+)"[^>]*>(\d+)<', html)}
    places = zip(*np.nonzero(run.counts), strict=True)
    assert shown == {f"{i},{j}": run.counts[i, j] for i, j in places}
    assert [int(n) for n in re.findall(r'class="total">(\d+)', html)] == [5, 5, 5]
    assert html.count("<td></td>") == 9 - np.count_nonzero(run.counts)


def test_right_and_wrong_are_told_apart(run):
    html = confusion_table(run)
    assert len(re.findall(r'<td class="hit s\d"', html)) == np.count_nonzero(np.diag(run.counts))
    assert len(re.findall(r'<td class="miss s\d"', html)) == len(run.mistakes)


def test_the_surest_image_of_a_cell_comes_first(run):
    text = cells_json(run)
    assert "<" not in text
    told = json.loads(text)
    assert told["classes"] == ["2", "10", EVIL]
    assert told["small"] is True
    for cell in told["cells"].values():
        sure = [image["probability"] for image in cell["images"]]
        assert sure == sorted(sure, reverse=True)


def test_the_surest_mistakes_are_wrong_ones(run):
    html = surest_mistakes(run, most=2)
    wrong = run.certainty[run.labels != run.predicted]
    sure = [float(p) for p in re.findall(r"<span>(\d\.\d+) ", html)]
    assert sure == [round(p, 3) for p in sorted(wrong, reverse=True)[:2]]
    assert EVIL not in html


def test_without_pictures_there_is_no_gallery(run):
    run.pictures.clear()
    assert surest_mistakes(run) == ""
    assert '"picture"' not in cells_json(run)
