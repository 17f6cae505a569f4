"""How accurate is each kind of features, and how soon, against what people would use instead?

    python tools/bench/accuracy.py [--only fashion] [--plot accuracy.png]

Real data, found by SKLIMG_SHARED. Every line is a process of its own, from files to a tested (ours:
saved) model; seconds and memory are those of the whole process. Clothes are tested on their
official test images, all else by grouped 5-fold cross-validation, copies of one picture on one
side. Peers get pixels of 0 to 1 in float32: scikit-learn's MLPClassifier, its SVC (on 10,000
clothes at most, as its time grows with their square), a PyTorch CNN of two convolutions, 8 epochs.
Fails if that CNN is not five times slower than ours is at 0.915. An hour.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from machine import machine

SETS = ("tiles", "products", "animals", "fashion")
SMALL = ("pixels", "hog", "hog+pixels", "patches", "hog+patches")
PHOTOS = ("pixels", "hog+colour", "patches", "hog+colour+patches")
NETWORK = "shufflenet-v2-12-int8.onnx"
BEST = ["features__patches__n_patches=128", "features__patches__n_cells=4"]
BEST += ["hidden_layer_sizes=512", "dropout=0.5", "label_smoothing=0.1"]
BEST += ["max_iter=12", "batch_size=128", "learning_rate_init=0.003"]
QUICK = ["hidden_layer_sizes=128", "dropout=0.2", "label_smoothing=0.1", "max_iter=5"]
QUICK += ["batch_size=128"]
WATCHED = ["early_stopping=true", "validation_fraction=0.05"]  # not by a second fit
PEERS = ("MLPClassifier", "SVC")
CNN = "PyTorch CNN"
LEAST = 5.0


def runs_of(name: str) -> Iterator[tuple[str, list[str]]]:
    """Yield what is tried on a data set: a name, and options of ours; none for a peer."""
    if name == "fashion":
        short = _params(["max_iter=12", "batch_size=128", *WATCHED])
        for features in (*SMALL, "auto"):
            yield features, ["--features", features, *short]
        yield "hog+patches, quick", ["--features", "hog+patches", *_params(QUICK + WATCHED)]
        yield "hog+patches, large", ["--features", "hog+patches", *_params(BEST + WATCHED)]
    elif name == "tiles":
        light = ["--augment", "light"]
        yield from ((features, ["--features", features, *light]) for features in SMALL)
        yield "auto", ["--features", "auto", *light]
        yield "hog+patches, no copies", []
    else:
        yield from ((features, ["--features", features]) for features in PHOTOS)
        yield "auto", ["--features", "auto"]
        yield "network", ["--features", f"onnx:{_shared() / 'models' / NETWORK}", "--no-cache"]
    yield from ((peer, []) for peer in PEERS)
    if name == "fashion":
        yield CNN, []


def _params(words: list[str]) -> list[str]:
    return [part for word in words for part in ("--param", word)]


def _shared() -> Path:
    folder = os.environ.get("SKLIMG_SHARED")
    if not folder:
        sys.exit("SKLIMG_SHARED is not set: real data is not at hand")
    return Path(folder)


def prepared(name: str, place: Path) -> tuple[Path, Path | None]:
    """Return the data and the test data of a set; symbols are cut from their sheets first."""
    data = _shared() / "data"
    if name == "fashion":
        words = ("train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz")
        return data / "fashion-mnist" / words[0], data / "fashion-mnist" / words[1]
    if name != "tiles":
        return data / name, None
    rows = {"New": "0,1,2,3,4,5,6,7,8,9", "Dogukan_Polatel": "x,y,z,t,1,2,3,4,5,6"}
    sklimg = [sys.executable, "-m", "sklimg"]
    for sheet, labels in rows.items():
        cut = ["split-images", data / "sheets" / f"{sheet}.jpg", "--clean", "--row-labels", labels]
        subprocess.run([*sklimg, *cut, "-q", "-o", place / sheet], check=True)
    made = [*sklimg, "make-csv", *(place / sheet for sheet in rows), "-q"]
    subprocess.run([*made, "-o", place / "vectors.csv"], check=True)
    return place / "vectors.csv", None


def measured(words: list) -> tuple[dict, float, float]:
    """Run a process; return what it printed as JSON, its seconds and its megabytes."""
    start = perf_counter()
    process = subprocess.Popen(
        [sys.executable, *map(str, words)], stdout=subprocess.PIPE, text=True
    )
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    took = perf_counter() - start
    if status:
        sys.exit(f"{' '.join(map(str, words))}: ended with status {status}")
    lines = [line for line in printed.splitlines() if line.startswith("{")]
    return json.loads(lines[-1]), took, usage.ru_maxrss / 1024


def fit_ours(words: list[str]) -> None:
    """Run the command ``fit`` and print, as JSON, its metrics and how long each step took."""
    from sklimg import training
    from sklimg.cli import main

    marks, fit = [("start", perf_counter())], training.fit

    def watched(*args: object, tell: object = None, **kwargs: object) -> object:
        def marked(topic: str, text: str) -> None:
            marks.append((topic, perf_counter()))
            tell(topic, text)

        run = fit(*args, tell=marked, **kwargs)
        marks.append(("end", perf_counter()))
        epochs = sum((run.history or {}).get("epoch_seconds", [0]))
        steps = Counter()
        for (_, before), (topic, after) in pairwise(marks):
            steps[topic] += after - before
        steps = {topic: round(taken, 1) for topic, taken in steps.items()}
        print(json.dumps(run.metrics | {"steps": steps, "epochs": round(epochs, 1)}))
        return run

    training.fit = watched
    main(["fit", *words], standalone_mode=False)


def fit_peer(peer: str, data: str, test: str) -> None:
    """Fit a peer to pixels, test it as ours is tested, and print its metrics as JSON."""
    from sklimg.digests import pixel_digests
    from sklimg.evaluation import evaluate_predictions
    from sklimg.grouping import group_rows
    from sklimg.sources import read_data
    from sklimg.splits import grouped_folds

    read = read_data(data).table
    X, y = read.pixels / np.float32(255), read.labels.astype(str)
    if test:
        other = read_data(test, read.spec).table
        parts = [(np.arange(len(y)), np.arange(len(y), len(y) + len(other)))]
        X = np.concatenate([X, other.pixels / np.float32(255)])
        y, groups = np.concatenate([y, other.labels.astype(str)]), np.arange(len(X))
    else:
        digests = pixel_digests(read.pixels)
        groups, _ = group_rows(read, "auto", digests, lambda topic, text: None)
        parts = grouped_folds(y, groups, 5, np.random.default_rng(0))
    classes = sorted(set(y))
    shares = np.zeros((len(y), len(classes)))
    for train, held in parts:
        guesses = guesses_of(peer, read.spec.shape, X[train], y[train], X[held])
        shares[held] = 0.001 + (guesses[:, None] == np.array(classes))
    rows = np.concatenate([held for _, held in parts])
    shares = shares[rows] / shares[rows].sum(axis=1, keepdims=True)
    print(json.dumps(evaluate_predictions(y[rows], shares, classes, groups[rows])))


def guesses_of(
    peer: str, shape: tuple[int, ...], X: np.ndarray, y: np.ndarray, held: np.ndarray
) -> np.ndarray:
    """Return what a peer, fitted to some rows, takes others for."""
    from sklearn.neural_network import MLPClassifier
    from sklearn.svm import SVC

    if peer == CNN:
        return cnn_guesses(shape, X, y, held)
    some = np.random.default_rng(0).permutation(len(y))[:10_000] if peer == "SVC" else slice(None)
    model = (
        SVC(C=10)
        if peer == "SVC"
        else MLPClassifier(early_stopping=len(y) > 10_000, random_state=0)
    )
    return model.fit(X[some], y[some]).predict(held)


def cnn_guesses(
    shape: tuple[int, ...], X: np.ndarray, y: np.ndarray, held: np.ndarray
) -> np.ndarray:
    """Return what a network of two convolutions takes images for."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    classes, targets = np.unique(y, return_inverse=True)
    side = shape[0] // 4
    net = nn.Sequential(
        *(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Dropout(0.25), nn.Linear(64 * side**2, 128), nn.ReLU()),
        *(nn.Dropout(0.25), nn.Linear(128, len(classes))),
    )
    images = torch.from_numpy(X.reshape(-1, 1, *shape))
    targets, steps = torch.from_numpy(targets), torch.optim.Adam(net.parameters(), 1e-3)
    for _ in range(8):
        for batch in torch.randperm(len(images)).split(128):
            steps.zero_grad()
            nn.functional.cross_entropy(net(images[batch]), targets[batch]).backward()
            steps.step()
    net.eval()
    with torch.no_grad():
        answers = [net(part) for part in torch.from_numpy(held.reshape(-1, 1, *shape)).split(1000)]
    return classes[torch.cat(answers).argmax(axis=1).numpy()]


def compare(names: list[str]) -> list[tuple]:
    """Run and print everything; return data, name, accuracy, interval and seconds of each."""
    rows, here = [], Path(__file__)
    print(f"{'data':9} {'learned from':24} {'accuracy':24} {'seconds':>8} {'MB':>6}")
    for name in names:
        with TemporaryDirectory() as folder:
            place = Path(folder)
            data, test = prepared(name, place)
            how = ["--test", test, "--folds", "0"] if test else ["--folds", "5"]
            for k, (what, options) in enumerate(runs_of(name)):
                if what in (*PEERS, CNN):
                    words = [here, "--peer", what, data, test or ""]
                else:
                    words = [here, "--ours", data, *how, *options, "-q", "-o", place / f"run{k}"]
                metrics, seconds, megabytes = measured(words)
                steps = metrics.get("steps")
                metrics = metrics.get("cross_validation", metrics)
                low, high = metrics["accuracy_interval"]
                rows.append((name, what, metrics["accuracy"], (low, high), seconds))
                text = f"{metrics['accuracy']:.3f} [{low:.3f}, {high:.3f}]"
                print(f"{name:9} {what:24} {text:24} {seconds:8.1f} {megabytes:6.0f}", flush=True)
                if steps and test:
                    print(f"{'':9} steps: {', '.join(f'{s} {t}' for s, t in steps.items())}")
    return rows


def plot(rows: list[tuple], file: str) -> None:
    """Draw accuracy over time, a panel a data set."""
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(row[0] for row in rows))
    figure = Figure(figsize=(5.5 * len(names), 4.5), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        axes.set(title=name, xlabel="seconds, whole process", ylabel="accuracy", xscale="log")
        for _, what, accuracy, (low, high), seconds in (row for row in rows if row[0] == name):
            colour = "tab:gray" if what in (*PEERS, CNN) else "tab:blue"
            axes.plot([seconds, seconds], [low, high], color=colour, alpha=0.4)
            axes.plot(seconds, accuracy, "o", color=colour)
            axes.annotate(what, (seconds, accuracy), (5, 3), textcoords="offset points", size=8)
        axes.grid(alpha=0.3)
        axes.margins(x=0.2)
        for axis in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
            axis("{x:.0f}")
    figure.savefig(file, dpi=110)


def sooner(rows: list[tuple]) -> None:
    """Say how much sooner than the CNN ours has its accuracy; fail under five times."""
    clothes = [row for row in rows if row[0] == "fashion"]
    cnn = next(row for row in clothes if row[1] == CNN)
    ours = [row for row in clothes if row[1] not in (*PEERS, CNN) and row[2] >= 0.915]
    first = min(ours, key=lambda row: row[4])
    ratio = cnn[4] / first[4]
    print(
        f"0.915 by {first[1]}: {first[4]:.1f} s; {CNN} {cnn[2]:.3f}: {cnn[4]:.1f} s, {ratio:.1f} x"
    )
    if ratio < LEAST:
        sys.exit(f"{ratio:.1f} x, at least {LEAST} expected")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--ours"]:
        fit_ours(sys.argv[2:])
    elif sys.argv[1:2] == ["--peer"]:
        fit_peer(*sys.argv[2:])
    else:
        parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
        parser.add_argument("--only", choices=SETS, action="append")
        parser.add_argument("--plot", metavar="FILE")
        asked = parser.parse_args()
        print(machine())
        found = compare(asked.only or list(SETS))
        if asked.plot:
            plot(found, asked.plot)
        if "fashion" in (asked.only or SETS):
            sooner(found)
