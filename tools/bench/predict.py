"""How long does one answer take, from the first keystroke?

    python tools/bench/predict.py

A model of scikit-learn's digits, 28x28, default features. `sklimg predict` of one vector on
stdin, in a new process; against a script of five lines that loads the same model's
pipeline.joblib with scikit-learn and predicts. Interleaved, 15 runs each after one to warm
the disk; median seconds. First, both must answer the same, and what answers from arrays must
not have imported scikit-learn, scipy or pandas. Fails over 0.30 s, or under 4 times as fast.
No network; half a minute.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
from machine import machine
from sklearn.datasets import load_digits

from sklimg.table import Table
from sklimg.training import fit

MOST, LEAST, N_RUNS = 0.30, 4.0, 15
SCRIPT = """
import sys, joblib, numpy as np
pipeline = joblib.load(sys.argv[1])
vector = np.array([sys.stdin.read().split(",")], np.uint8)
print(pipeline.predict(vector)[0])
"""
IMPORTED = """
import sys
from sklimg.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    print([name for name in ("sklearn", "scipy", "pandas") if name in sys.modules])
"""


def digits() -> Table:
    """Return scikit-learn's digits as 28x28 images."""
    images, labels = load_digits(return_X_y=True)
    large = np.kron(images.reshape(-1, 8, 8), np.ones((3, 3)))
    pixels = np.pad(large * 255 / 16, ((0, 0), (2, 2), (2, 2))).astype(np.uint8)
    return Table(pixels.reshape(len(pixels), -1), labels.astype(str).astype(object))


def answer(command: list[str], vector: str) -> tuple[str, float]:
    """Return what a new process answers, and how long it took."""
    start = perf_counter()
    done = subprocess.run(command, input=vector, capture_output=True, text=True, check=True)
    return done.stdout.strip(), perf_counter() - start


if __name__ == "__main__":
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "run")
        table = digits()
        fit(table, params={"max_iter": 10}, folds=0, out=run)
        vector = ",".join(map(str, table.pixels[0]))
        program = str(Path(sys.executable).with_name("sklimg"))
        ours = [program, "predict", "-m", str(run)]
        theirs = [sys.executable, "-c", SCRIPT, str(run / "model" / "pipeline.joblib")]
        checked = answer([sys.executable, "-c", IMPORTED, *ours[1:]], vector)[0].split("\n")
        if checked[0] != answer(theirs, vector)[0] or checked[1] != "[]":
            raise SystemExit(f"other answers, or heavy imports: {checked}")
        answer(ours, vector)
        times = [(answer(ours, vector)[1], answer(theirs, vector)[1]) for _ in range(N_RUNS)]
    mine, peer = np.median(times, axis=0)
    print(f"arrays {mine:.3f} s   joblib and scikit-learn {peer:.3f} s   ratio {peer / mine:.1f}")
    if mine > MOST or peer < LEAST * mine:
        raise SystemExit(f"expected at most {MOST} s, and {LEAST:g} times as fast")
