"""Each figure says what it shows, also to those who cannot see it."""

import re
from dataclasses import replace

import pytest

from sklimg.reportfigures import figure
from sklimg.runfiles import read_run
from tests.reports import PLOTS, write_run_files


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return read_run(write_run_files(tmp_path_factory.mktemp("run") / "run", ("a", "b", "c")))


@pytest.mark.parametrize("name", PLOTS)
def test_it_has_words_and_its_size(run, name):
    text = figure(run, name)
    (alt,) = re.findall(r'alt="([^"]+)"', text)
    assert len(alt) > 20
    assert 'width="40" height="30"' in text
    assert len(re.findall(r"<figcaption>.{20,}</figcaption>", text)) == 1
    assert ('class="photo"' in text) == (name in ("classes", "worst", "weights"))


def test_what_was_not_drawn_is_left_out(run):
    assert figure(replace(run, plots={}), "confusion") == ""


def test_numbers_stand_in_the_words(run):
    n = int((run.labels == run.predicted).sum())
    assert f"{n} of {len(run.labels)} test images lie on the diagonal" in figure(run, "confusion")
    right = replace(run)
    vars(right)["predicted"] = run.labels
    assert "there are no mistakes" in figure(right, "mistakes")
