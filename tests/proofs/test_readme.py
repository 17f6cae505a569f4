"""The README, word for word: every command of its session is run, its search too."""

import re
import subprocess
import sys

import pytest

from tests.journeys.test_readme import README, is_true, session, typed


@pytest.mark.long
def test_the_session_and_the_python_of_the_readme(tmp_path, case):
    typed("sklimg demo", tmp_path)
    for command, expected in session(README):
        said = typed(command, tmp_path)
        case(is_true(said, expected), f"{command}: {said}")
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    is_accurate = re.match(r"0\.9\d+ \[0\.\d+, 0\.9\d+\]", done.stdout)
    case(done.returncode == 0 and is_accurate, f"Python: {done.stdout}{done.stderr}")
