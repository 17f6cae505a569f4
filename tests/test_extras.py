"""Packages of extras are imported, or it is said how to get them."""

import configparser
import re
import sys
from pathlib import Path

import pytest

import sklimg
from sklimg.errors import MissingExtra
from sklimg.extras import require

ROOT = Path(sklimg.__file__).parents[1]


def test_what_is_there_is_imported():
    assert require("json.decoder", "none").JSONDecoder


def test_what_is_missing_is_named_with_its_extra():
    with pytest.raises(MissingExtra, match=r"nothing\.here: .* pip install 'sklimg\[tune\]'"):
        require("nothing.here", "tune")
    assert MissingExtra.exit_code == 6


def test_what_is_broken_inside_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "half.py").write_text("import not_there_at_all\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="not_there_at_all") as caught:
        require("half", "tune")
    assert not isinstance(caught.value, MissingExtra)


def test_every_extra_that_is_asked_for_exists():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    extras = set(config["options.extras_require"])
    asked = set()
    for path in (ROOT / "sklimg").rglob("*.py"):
        asked |= set(re.findall(r"require\(\s*\"[\w.]+\", \"(\w+)\"", path.read_text()))
    assert asked == {"tune", "dask", "embed", "serve"}
    assert asked <= extras


@pytest.mark.parametrize(
    ("module", "words"),
    [("optuna", ["--search", "hyperband"]), ("distributed", ["--grid", "--backend", "dask"])],
)
def test_a_fit_without_its_extra_ends_with_the_remedy(
    invoke, bars_table, tmp_path, monkeypatch, module, words
):
    from sklimg.table import write_table

    write_table(bars_table, tmp_path / "t.csv")
    monkeypatch.setitem(sys.modules, module, None)
    done = invoke("fit", tmp_path / "t.csv", *words, "-o", tmp_path / "run")
    assert done.exit_code == 6
    extra = {"optuna": "tune", "distributed": "dask"}[module]
    assert f"pip install 'sklimg[{extra}]'" in done.stderr
    assert not (tmp_path / "run").exists()
