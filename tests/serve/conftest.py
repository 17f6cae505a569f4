"""A service of the bars, shared by the tests that only ask it."""

import pytest

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
