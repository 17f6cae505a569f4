"""Run folders, made without a fit, to tell of."""

from collections import Counter

import numpy as np

from sklimg.evaluation import evaluate_predictions, wilson_interval
from sklimg.files import as_json
from sklimg.images import encode_image
from sklimg.records import records_csv

EVIL = "</script><img src=x onerror=alert(1)>"
PLOTS = (
    *("confusion", "loss", "accuracy", "classes", "class_scores", "mistakes", "certainty"),
    *("reliability", "coverage", "search", "parameters", "weights", "worst"),
)


def write_run_files(place, classes=("2", "10", EVIL), seed=0, n_of_class=20, side=12, colour=False):
    """Fill a folder with all that a run may hold, its model aside; return the folder.

    A quarter of the images is for the test, of which about a third is misread.
    """
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.array(classes, object), n_of_class)
    test = np.arange(0, len(labels), 4)
    codes = np.repeat(np.arange(len(classes)), n_of_class)[test]
    scores = rng.random((len(test), len(classes)))
    scores[np.arange(len(test)), codes] += 0.5
    probabilities = scores / scores.sum(axis=1, keepdims=True)
    guesses = np.array(classes, object)[probabilities.argmax(axis=1)]
    certainty = probabilities.max(axis=1)
    paths = [f"{label}/{k} <b>.png" for k, label in enumerate(labels)]
    split = np.full(len(labels), "train", object)
    split[test] = "test"
    metrics = evaluate_predictions(labels[test], probabilities, classes, test)
    pairs = Counter(
        (label, guess) for label, guess in zip(labels[test], guesses, strict=True) if label != guess
    )
    metrics |= _more_metrics(metrics, pairs)
    data = {"path": f"/data/{EVIL.replace('/', '|')}", "sha256": "ab" * 32, "turned": False}
    data |= {"n_images": len(labels), "n_groups": len(labels), "n_rejects": 1}
    data["classes"] = dict.fromkeys(classes, n_of_class)
    data["image"] = {"side": side, "mode": "RGB" if colour else "L", "fit": "stretch"}
    data["image"] |= {"resample": "bilinear", "invert": "auto", "clean": "no"}
    config = {"data": data["path"], "test": None, "validation": 0.0, "model": "mlp", "folds": 5}
    config |= {"params": {"alpha": 0.1}, "grid": {"classify__dropout": [0.0, 0.3]}, "seed": 3}
    config |= {"group": "auto", "turned": "auto", "augment": "light", "search": "grid"}
    config["chosen"] = {"classify__dropout": 0.3}
    versions = {"sklimg": "0.1.0", "numpy": "2.4.6"}
    environment = {"python": "3.11.7", "platform": "Linux", "cores": 2, "versions": versions}
    predictions = {"row": test, "path": [paths[k] for k in test], "group": test}
    predictions |= {"label": labels[test], "predicted": guesses, "probability": certainty}
    predictions |= {f"p({c})": probabilities[:, k] for k, c in enumerate(classes)}
    rows = np.arange(len(labels))
    splits = {"row": rows, "label": labels, "path": paths, "group": rows, "split": split}
    trials = {"rank": [1, 2], "classify__dropout": [0.3, 0.0], "mean_accuracy": [0.9, "nan"]}
    trials |= {"std_accuracy": [0.1, "nan"], "within_one_standard_error": [True, False]}
    trials["reason"] = ["", "ValueError: <b>"]
    history = {"epoch": [1, 2], "loss": [2.0, 1.0], "validation_loss": [2.1, 1.5]}
    history |= {"accuracy": [0.5, 0.9], "validation_accuracy": [0.4, 0.7]}
    features = {"features": ["hog", "pixels"], "mean_accuracy": [0.9, 0.8]}
    rejects = {"path": [f"{EVIL}.txt"], "code": ["ignored"], "reason": ["<b>junk"]}
    (place / "plots").mkdir(parents=True)
    for name, value in (("metrics", metrics), ("data", data), ("config", config)):
        (place / f"{name}.json").write_bytes(as_json(value))
    (place / "environment.json").write_bytes(as_json(environment))
    for name, columns in (
        *(("splits", splits), ("predictions", predictions), ("trials", trials)),
        *(("history", history), ("features", features), ("rejects", rejects)),
    ):
        (place / f"{name}.csv").write_bytes(records_csv(columns))
    for name in PLOTS:
        picture = rng.integers(0, 256, (30, 40, 3), np.uint8)
        (place / "plots" / f"{name}.png").write_bytes(encode_image(picture))
    shape = (len(test), side, side) + ((3,) if colour else ())
    np.savez(place / "pictures.npz", rows=test, pixels=rng.integers(0, 256, shape, np.uint8))
    return place


def _more_metrics(metrics, pairs):
    """Return what is told beside the plain scores."""
    folds = {"accuracy": 0.6, "accuracy_interval": [0.5, 0.7], "n_test": 60, "n_test_images": 60}
    folds |= {"n_folds": 5, "n_repeats": 2, "fold_accuracies": [0.5, 0.6, 0.7, 0.6, 0.6] * 2}
    calibration = {"temperature": 1.5, "n_images": 48, "where": "the folds"}
    calibration["expected_calibration_error_before"] = 0.2
    rejection = {"error_rate": 0.02, "threshold": 0.8, "coverage": 0.5, "error": 0.1}
    rejection["error_interval"] = list(wilson_interval(0.1, 10))
    bins = [{"low": 0.5, "high": 0.6, "confidence": 0.55, "accuracy": 0.5, "n_images": 9}]
    return {
        "baselines": {"most_frequent": 0.34, "nearest_neighbour": metrics["accuracy"]},
        "train_accuracy": 1.0,
        "expected_calibration_error": 0.12,
        "calibration_bins": bins,
        "coverage": [{"threshold": 0.6, "coverage": 0.5, "accuracy": 0.9}],
        "confusions": [
            {"label": label, "predicted": guess, "count": n}
            for (label, guess), n in pairs.most_common()
        ],
        "calibration": calibration,
        "rejection": rejection,
        "verdict": {"fit": "fits <well>", "data": "More images would help."},
        "cross_validation": folds,
    }
