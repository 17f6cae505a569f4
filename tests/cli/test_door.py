"""Every command is documented, has an example, and ends by the contract."""

import re
import subprocess
import sys

import click
import pytest

from sklimg.cli import main
from sklimg.errors import SklimgError
from tests.builders import run_sklimg

COMMANDS = sorted(main.commands)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented_with_an_example(invoke, name):
    for flag in ("-h", "--help"):
        done = invoke(name, flag)
        assert done.exit_code == 0
        assert f"Usage: main {name}" in done.output
        assert f"\n      sklimg {name}" in done.output.split("Example:")[1]
        assert "\\b" not in done.output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(name):
    for parameter in main.commands[name].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_knows_the_common_options(name):
    options = {flag for p in main.commands[name].params for flag in p.opts}
    assert {"-q", "--debug", "--version"} <= options


def test_the_example_of_each_command_uses_its_real_options():
    for name, command in main.commands.items():
        example = (command.help or "").split("Example:")[1]
        known = {flag for p in command.params for flag in p.opts}
        mine = " ".join(re.findall(rf"sklimg {name}(.*(?:\\\n.*)*)", example))
        assert set(re.findall(r"(?<=\s)(-{1,2}[a-z][a-z-]*)", mine)) <= known


def test_the_version_is_that_of_the_package():
    done = run_sklimg("--version")
    assert re.fullmatch(r"sklimg \d+\.\d+\.\d+\n", done.stdout)
    assert run_sklimg("fit", "--version").stdout == done.stdout


def test_it_runs_as_a_module():
    command = [sys.executable, "-m", "sklimg", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == run_sklimg("--help").stdout


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["bogus"], "No such command 'bogus'; see 'sklimg --help'"),
        (["fit"], "Missing argument 'DATA'; see 'sklimg fit --help'"),
        (["fit", "a.csv", "--grids"], "No such option"),
        (["make-csv", "a"], "Missing option '-o' / '--out'"),
        (["make-csv", "a", "-o", "a.csv", "--size", "0"], "0 is not in the range 1<=x<=1024"),
        (["split-images", "a", "--rows", "x", "--cols", "1", "-o", "b"], "not a valid integer"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(words, part):
    done = run_sklimg(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert part in done.stderr
    assert re.fullmatch(r"error: [^\n]+\n", done.stderr)


def test_a_bug_is_exit_1_and_one_line(monkeypatch, invoke):
    def broken(*_, **__):
        raise RuntimeError("oh\nno")

    monkeypatch.setattr("sklimg.manifest.join_sheet", broken)
    done = invoke("join-images", "m.csv", "-o", "a.png")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: this is a bug of sklimg: RuntimeError: oh\\nno; report")
    assert done.stderr.count("\n") == 1
    assert "Traceback" in invoke("join-images", "m.csv", "-o", "a.png", "--debug").stderr


def test_an_error_of_ours_has_its_code(monkeypatch, invoke):
    class Strange(SklimgError):
        exit_code = 77

    def refused(*_, **__):
        raise Strange("a.csv: expected this, got that")

    monkeypatch.setattr("sklimg.manifest.join_sheet", refused)
    done = invoke("join-images", "m.csv", "-o", "a.png")
    assert (done.exit_code, done.stderr) == (77, "error: a.csv: expected this, got that\n")


def test_an_interrupt_is_130(monkeypatch, invoke):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("sklimg.manifest.join_sheet", stopped)
    assert invoke("join-images", "m.csv", "-o", "a.png").exit_code == 130


def test_a_full_disk_at_the_other_end_is_exit_6(bars_run, bars_table):
    vector = ",".join(map(str, bars_table.pixels[0]))
    command = f"echo {vector} | {sys.executable} -m sklimg predict -m {bars_run.path} > /dev/full"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.returncode == 6
    assert done.stderr.startswith("error: output: cannot be written: No space left")


def test_no_command_is_the_help(invoke):
    done = invoke()
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: main [OPTIONS] COMMAND")
    assert "\n      sklimg split-images sheet.png" in done.stderr


def test_a_closed_pipe_ends_quietly(bars_run, bars_table, tmp_path):
    vectors = b"\n".join(b",".join(b"%d" % v for v in row) for row in bars_table.pixels) * 200
    (tmp_path / "in").write_bytes(vectors)
    command = f"{sys.executable} -m sklimg predict -m {bars_run.path} < {tmp_path / 'in'} | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")


def test_help_imports_nothing_heavy():
    code = (
        "import sys, sklimg.cli\n"
        "try: sklimg.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'PIL', 'sklearn', 'pandas', 'scipy', 'joblib', 'matplotlib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
