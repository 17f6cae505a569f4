"""The folder of a run that is not finished."""

import json

import pytest

from sklimg.errors import DataError, OutputError, UsageError
from sklimg.runfolder import begin_run, is_finished


def test_it_begins_with_its_settings(tmp_path):
    out = tmp_path / "runs" / "run"
    with begin_run(out, {"seed": 1}, resume=False) as journal:
        assert json.loads((out / "config.json").read_text()) == {"seed": 1}
        journal.part("search").begin({"data": "0"})
    assert (out / "journal" / "search" / "about.json").exists()
    assert not is_finished(out)


def test_without_a_place_it_is_in_memory():
    with begin_run(None, {}, resume=False) as journal:
        assert journal.folder is None


@pytest.mark.parametrize(("error", "stays"), [(DataError, False), (OutputError, True),
                                              (KeyboardInterrupt, True)])  # fmt: skip
def test_a_run_that_cannot_be_is_taken_away(tmp_path, error, stays):
    with pytest.raises(error), begin_run(tmp_path / "run", {}, resume=False):
        raise error
    assert (tmp_path / "run").exists() == stays


def test_fits_that_were_made_are_not_taken_away(tmp_path):
    fine = {"accuracy": 0.5, "reason": "", "fit_seconds": 1, "score_seconds": 1}
    with (
        pytest.raises(DataError),
        begin_run(tmp_path / "run", {}, resume=False) as journal,
    ):
        journal.part("search").put({"alpha": 1}, "fold1", fine)
        raise DataError
    assert (tmp_path / "run" / "journal").is_dir()


def test_a_folder_that_was_empty_is_left_empty(tmp_path):
    (tmp_path / "run").mkdir()
    with pytest.raises(DataError), begin_run(tmp_path / "run", {}, resume=False):
        raise DataError
    assert list((tmp_path / "run").iterdir()) == []


def test_a_run_that_was_there_stays_whatever_happens(tmp_path):
    with begin_run(tmp_path / "run", {}, resume=False):
        pass
    with pytest.raises(DataError), begin_run(tmp_path / "run", {}, resume=True):
        raise DataError
    assert (tmp_path / "run" / "config.json").exists()


def test_only_what_was_begun_can_be_resumed(tmp_path):
    for place, part in ((tmp_path, "got something else"), (tmp_path / "no", "got nothing there")):
        with pytest.raises(UsageError, match=part), begin_run(place, {}, resume=True):
            pass


def test_a_folder_in_use_is_not_begun_in(tmp_path):
    (tmp_path / "mine").touch()
    with pytest.raises(UsageError, match="new or empty"), begin_run(tmp_path, {}, resume=False):
        pass


def test_two_do_not_work_in_one_run(tmp_path):
    with (
        begin_run(tmp_path / "run", {}, resume=False),
        pytest.raises(OutputError, match="another fit is at work in it"),
        begin_run(tmp_path / "run", {}, resume=True),
    ):
        pass
    with begin_run(tmp_path / "run", {}, resume=True) as journal:
        assert journal.folder == tmp_path / "run" / "journal"
