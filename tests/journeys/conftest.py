"""What the journeys share: one demo, made once."""

import pytest

from tests.builders import run_sklimg


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """A working folder in which `sklimg demo` was run, and that process."""
    here = tmp_path_factory.mktemp("journey")
    return here, run_sklimg("demo", cwd=here)
