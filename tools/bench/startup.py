"""How long does a command take before it does anything?

    python tools/bench/startup.py

Whole processes, medians of 10 runs in turn, after one warm-up; milliseconds. Fails if the
help loads numpy, or if its median is over 150 ms. The peers are the interpreter alone, which
nothing can beat, and importing scikit-learn, which a command that names it at the top pays
for each time. No network, under a minute.
"""

import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

from machine import machine

SKLIMG = str(Path(sys.executable).with_name("sklimg"))
COMMANDS = {
    "python alone": [sys.executable, "-c", "pass"],
    "sklimg --help": [SKLIMG, "--help"],
    "sklimg fit --help": [SKLIMG, "fit", "--help"],
    "import sklearn": [sys.executable, "-c", "import sklearn.pipeline"],
}
RUNS, MOST_MS = 10, 150


def run(command: list[str]) -> float:
    """Return the milliseconds that a command takes."""
    start = perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return 1000 * (perf_counter() - start)


def loaded() -> set[str]:
    """Return the modules that are loaded once the help was shown."""
    code = (
        "import sys\nfrom sklimg.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stderr.split())


if __name__ == "__main__":
    assert "click" in loaded(), "the help was not shown"
    assert "numpy" not in loaded(), "the help loads numpy"
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(RUNS + 1):
        for name, command in COMMANDS.items():
            milliseconds = run(command)
            if turn:  # the first is the warm-up
                times[name].append(milliseconds)
    print(machine())
    for name, values in times.items():
        print(f"{name:20} {median(values):7.0f} ms")
    if median(times["sklimg --help"]) > MOST_MS:
        raise SystemExit(f"sklimg --help should take at most {MOST_MS} ms")
