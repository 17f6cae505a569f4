"""A run has a name, and the time at the head of its folder is none of it."""

import pytest

from sklimg.cli.places import bare_name, move_latest, new_place
from sklimg.files import point_to


@pytest.mark.parametrize("name", ["t", "a b", "20260131", "é/..", "x-2", "%41"])
def test_the_name_of_a_run_is_that_it_was_given(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    place = new_place(name)
    place.mkdir(parents=True)
    assert bare_name(place) == name
    assert new_place(name) != place
    move_latest(place)
    assert bare_name("latest") == bare_name(tmp_path / "artifacts" / "latest") == name


def test_runs_elsewhere_are_not_the_latest(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place = new_place("t")
    place.mkdir(parents=True)
    point_to(tmp_path / "artifacts" / "latest", place)
    (tmp_path / "own").mkdir()
    move_latest(tmp_path / "own")
    assert bare_name("latest") == "t"
    assert bare_name(tmp_path / "own") == "own"
