"""A service of the bars, shared by the tests that only ask it."""

import pytest

from sklimg.table import write_table
from sklimg.training import fit
from tests.builders import bars
from tests.serving import serving

TEST = {"accuracy": 0.9, "accuracy_interval": [0.8, 0.95], "n_test": 60}


@pytest.fixture(scope="package")
def served(bars_run):
    """A service that only this machine can ask."""
    with serving(bars_run.model, test=TEST) as served:
        yield served


@pytest.fixture(scope="package")
def remote(bars_run):
    """A service that others reach through a proxy."""
    with serving(bars_run.model, is_local=False) as served:
        yield served


@pytest.fixture(scope="session")
def run_with_table(tmp_path_factory):
    """A run of bars in classes 2 and 10, of a table that stands beside it."""
    place = tmp_path_factory.mktemp("kept")
    write_table(bars({"2": 30, "10": 30}), place / "bars.npz")
    fit(place / "bars.npz", out=place / "run", params={"max_iter": 10}, folds=0)
    return place / "run"
