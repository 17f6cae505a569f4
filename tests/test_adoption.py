"""A copy of a run stands alone: its model is the same, and it can be gone on with."""

import json
import shutil

import pytest

from sklimg.adoption import adopt
from sklimg.errors import DataError
from sklimg.model import load
from sklimg.names import TABLE
from sklimg.retraining import retrain
from sklimg.table import read_table
from tests.builders import bars


def test_it_is_gone_on_with_where_nothing_else_is(run_with_table, tmp_path, no_figures):
    run = shutil.copytree(run_with_table.parent, tmp_path / "here") / "run"
    data = json.loads((run / "data.json").read_text())
    (run / "data.json").write_text(json.dumps(data | {"path": str(run.parent / "bars.npz")}))
    (run / "journal").mkdir()
    adopt(run, tmp_path / "copy")
    shutil.rmtree(run.parent)
    assert load(tmp_path / "copy").id == load(run_with_table).id
    assert not (tmp_path / "copy" / "journal").exists()
    before = read_table(run_with_table.parent / "bars.npz")
    assert (read_table(tmp_path / "copy" / TABLE).pixels == before.pixels).all()
    shutil.move(tmp_path / "copy", tmp_path / "moved")
    done = retrain(tmp_path / "moved", bars({"2": 8, "10": 8}, seed=9))
    assert done.gate.passed


def test_without_its_table_there_is_no_copy(run_with_table, tmp_path):
    run = shutil.copytree(run_with_table, tmp_path / "run")
    data = json.loads((run / "data.json").read_text())
    (run / "data.json").write_text(json.dumps(data | {"path": str(tmp_path / "gone.npz")}))
    with pytest.raises(DataError, match=r"gone\.npz: expected the table that .* was made of"):
        adopt(run, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
