"""What C libraries print stays off a command's stderr; what we say does not."""

import subprocess
import sys

from sklimg.cli.stderr import stderr_descriptor

BLOCK = (
    "import os, sys, subprocess\n"
    "from sklimg.cli.stderr import only_ours\n"
    "with only_ours():\n"
    "    os.write(2, b'from C\\n')\n"
    "    print('ours \\u2713', file=sys.stderr)\n"
    "    subprocess.run([sys.executable, '-c', 'import os; os.write(2, b\"worker\")'])\n"
    "os.write(2, b'after\\n')\n"
    "print('again', file=sys.stderr)\n"
)


def test_only_ours_is_let_through_and_all_is_as_before_afterwards():
    done = subprocess.run([sys.executable, "-c", BLOCK], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "ours ✓\nafter\nagain\n")


def test_a_closed_stderr_stays_closed():
    command = f"{sys.executable} -m sklimg --version 2>&-"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("sklimg ")


def test_a_buffer_has_no_descriptor(monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    assert stderr_descriptor() is None
