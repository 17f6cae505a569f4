"""The tools are doors to the commands."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent


def help_of(*command):
    done = subprocess.run(
        [*map(str, command), "--help"], capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize("name", ["split-images", "make-csv"])
def test_three_ways_to_one_command(name, tmp_path):
    tool = ROOT / "tools" / f"{name.replace('-', '_')}.py"
    alone = help_of(BIN / name)
    assert alone.startswith(f"Usage: {name} [OPTIONS]")
    assert alone.replace(f"Usage: {name}", f"Usage: sklimg {name}", 1) == help_of(
        BIN / "sklimg", name
    )
    assert alone.replace(f"Usage: {name}", f"Usage: {tool.name}", 1) == help_of(
        sys.executable, tool
    )


def test_a_tool_works_from_the_checkout_alone(sheet_file, tmp_path):
    """Run by itself, in another folder, with errors and exit codes as the command has them."""
    tool = [sys.executable, ROOT / "tools" / "split_images.py"]
    words = [sheet_file, "--rows", "2", "--cols", "3", "-o", "out"]
    done = subprocess.run([*tool, *words], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "6 tiles from 1 sheet in out\n")
    done = subprocess.run([*tool, *words], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: out: expected a new or empty folder")
