"""The long proofs: what the tests show in short, at length, in one table.

    python tools/prove.py [--seed 0] [--only WORD]

Runs the tests that are marked ``long`` and, in a fresh environment, the whole suite on
the lowest versions that setup.cfg allows. Real data is found by SKLIMG_SHARED; a proof
that cannot be made is listed as skipped with its reason. Ends with 1 if a proof fails.
"""

import argparse
import configparser
import os
import platform
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
LOWEST = "the suite on the lowest versions"
RUNTIME = ("tune", "dask", "embed", "serve")  # extras that sklimg itself imports


def pytest(python, *words):
    """Run pytest; yield (test, properties, outcome, seconds) of each test."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        with_properties = ["--junitxml", report, "-o", "junit_family=xunit1"]
        command = [python, "-m", "pytest", "-q", *with_properties, *words]
        code = subprocess.run([str(word) for word in command], cwd=ROOT).returncode
        if not report.exists():
            yield "pytest", {}, f"ended with {code} and no report", 0.0
            return
        for test in ElementTree.parse(report).iter("testcase"):
            words = {p.get("name"): p.get("value") for p in test.iter("property")}
            bad = [child for child in test if child.tag in ("failure", "error", "skipped")]
            outcome = f"{bad[0].tag}: {bad[0].get('message', '')}" if bad else ""
            yield test.get("name"), words, outcome, float(test.get("time", 0))


def long_proofs(seed, only):
    """Yield a row for each long proof."""
    words = ["--long", "--seed", seed, *(["-k", only] if only else []), "tests"]
    for name, told, outcome, seconds in pytest(sys.executable, *words):
        failures = int(told.get("failures", 0))
        if outcome and not outcome.startswith("skipped"):
            failures = max(1, failures)
        name = name.removeprefix("test_").replace("_", " ")
        yield name, told.get("cases", "-"), failures, seconds, outcome or told.get("note", "")


def lowest_versions():
    """Return a requirement for the lowest version that setup.cfg allows of each dependency."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    extras = config["options.extras_require"]
    lines = [config["options"]["install_requires"], *(extras[name] for name in RUNTIME)]
    lines = " ".join(lines).split()
    return [f"{name}=={version}.*" for name, version in (line.split(">=") for line in lines)]


def lowest_proof():
    """Return a row: the suite, in a new environment of the lowest versions."""
    versions, start = lowest_versions(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder, "bin", "python")
        install = [python, "-m", "pip", "install", "--quiet", "-e", f"{ROOT}[dev]", *versions]
        done = subprocess.run(install, capture_output=True, text=True)
        if done.returncode:
            reason = done.stderr.strip().splitlines()[-1:] or ["pip failed"]
            return LOWEST, "-", 1, time.perf_counter() - start, f"error: {reason[0]}"
        old = ["-W", "default::DeprecationWarning"]  # old libraries warn of newer ones
        outcomes = [outcome for _, _, outcome, _ in pytest(python, *old)]
    bad = [outcome for outcome in outcomes if outcome and not outcome.startswith("skipped")]
    note = bad[0] if bad else " ".join(versions)
    return LOWEST, len(outcomes), len(bad), time.perf_counter() - start, note


def main():
    """Run the proofs and print their table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="of what the proofs draw")
    parser.add_argument("--only", default="", help="a word in the names of the proofs to run")
    options = parser.parse_args()
    rows = list(long_proofs(options.seed, options.only))
    if options.only in LOWEST:
        rows.append(lowest_proof())
    print(f"\n{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{'proof':58} {'cases':>6} {'failures':>8} {'seed':>6} {'seconds':>8}")
    for name, cases, failures, seconds, note in rows:
        text = " ".join(note.split())[:400]
        print(f"{name[:58]:58} {cases:>6} {failures:>8} {options.seed:>6} {seconds:8.1f}  {text}")
    n_failed = sum(failures > 0 for _, _, failures, *_ in rows)
    n_skipped = sum(note.startswith("skipped") for *_, note in rows)
    print(f"{len(rows)} proofs, {n_failed} failed, {n_skipped} skipped")
    return 1 if n_failed or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
