"""The run folder says where everything came from."""

import json

from sklimg.files import file_sha256
from sklimg.table import write_table
from sklimg.training import fit


def test_the_data_is_named_with_its_digest(bars_table, tmp_path):
    table = tmp_path / "t.csv"
    write_table(bars_table, table)
    fit(table, params={"max_iter": 2}, out=tmp_path / "run")
    about = json.loads((tmp_path / "run" / "data.json").read_text())
    assert (about["path"], about["sha256"]) == (str(table), file_sha256(table))
    assert (about["n_images"], about["n_groups"]) == (60, 60)
    assert list(about["classes"].items()) == [("2", 20), ("10", 20), ("a", 20)]


def test_versions_and_machine_are_recorded(bars_run):
    environment = json.loads((bars_run.path / "environment.json").read_text())
    assert {"python", "platform", "cores", "versions"} <= set(environment)
    assert "scikit-learn" in environment["versions"]
