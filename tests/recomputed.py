"""The scores of a run, computed anew from its predictions.csv by the standard library alone.

    python tests/recomputed.py RUN

prints them, and where they are not those of metrics.json. Nothing of sklimg, numpy or
scikit-learn is used; the formulas are written out.
"""

import csv
import json
import sys
from collections import Counter, defaultdict
from math import log, sqrt
from pathlib import Path

Z = 1.959963984540054
BINS = 15


def recomputed(run):
    """Return scores under the names of metrics.json, from a run's predictions alone."""
    with Path(run, "predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    classes = [name[2:-1] for name in rows[0] if name.startswith("p(")]
    sizes = Counter(row["group"] for row in rows)
    votes = [1 / sizes[row["group"]] for row in rows]
    shares = [{label: float(row[f"p({label})"]) for label in classes} for row in rows]
    labels = [row["label"] for row in rows]
    guesses = [max(classes, key=share.get) for share in shares]
    right = [label == guess for label, guess in zip(labels, guesses, strict=True)]
    n = sum(votes)
    accuracy = sum(v for v, ok in zip(votes, right, strict=True) if ok) / n
    per_class = of_classes(classes, labels, guesses, votes)
    there = [scores for scores in per_class.values() if scores["support"]]
    sure = [max(share.values()) for share in shares]
    known = [i for i, label in enumerate(labels) if label in classes]
    loss = -sum(votes[i] * log(shares[i][labels[i]] / sum(shares[i].values())) for i in known)
    wrong = Counter((a, b) for a, b in zip(labels, guesses, strict=True) if a != b)
    return {
        "accuracy": accuracy,
        "accuracy_interval": wilson(accuracy, len(sizes)),
        "n_test": len(sizes),
        "n_test_images": len(rows),
        "balanced_accuracy": sum(scores["recall"] for scores in there) / len(there),
        "macro_f1": sum(scores["f1"] for scores in per_class.values()) / len(per_class),
        "log_loss": loss / sum(votes[i] for i in known),
        "top_k": top_k(classes, labels, shares, votes),
        "expected_calibration_error": calibration_error(sure, right, votes),
        "per_class": per_class,
        "mistakes": sum(wrong.values()),
        "worst": wrong.most_common(1)[0][1] if wrong else 0,
    }


def wilson(share, n):
    """Return the 95 % score interval."""
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return [max(0, middle - half), min(1, middle + half)]


def of_classes(classes, labels, guesses, votes):
    """Return precision, recall, F1 and the number of images of each class that is met."""
    hit, told, true, support = (defaultdict(float) for _ in range(4))
    for label, guess, vote in zip(labels, guesses, votes, strict=True):
        told[guess] += vote
        true[label] += vote
        support[label] += 1
        hit[label] += vote * (label == guess)
    found = {}
    for label in {*labels, *guesses}:
        precision = hit[label] / told[label] if told[label] else 0
        recall = hit[label] / true[label] if true[label] else 0
        both = precision + recall
        f1 = 2 * precision * recall / both if both else 0
        found[label] = {"precision": precision, "recall": recall, "f1": f1}
        found[label]["support"] = int(support[label])
    return found


def top_k(classes, labels, shares, votes):
    """Return the share of images whose class is among the k most probable."""
    found = {}
    for k in (1, 2, 3, 5):
        if k <= len(classes):
            best = [sorted(classes, key=share.get, reverse=True)[:k] for share in shares]
            hits = sum(v for v, a, b in zip(votes, labels, best, strict=True) if a in b)
            found[str(k)] = hits / sum(votes)
    return found


def calibration_error(sure, right, votes):
    """Return how far sureness and accuracy are apart, from bin to bin of 1/15."""
    bins = defaultdict(list)
    for p, ok, vote in zip(sure, right, votes, strict=True):
        place = min(BINS - 1, max(0, next(k for k in range(BINS + 1) if p <= k / BINS) - 1))
        bins[place].append((p, ok, vote))
    error = 0
    for members in bins.values():
        weight = sum(vote for *_, vote in members)
        gap = sum(vote * (p - ok) for p, ok, vote in members)
        error += abs(gap / weight) * weight / sum(votes)
    return error


def differences(told, found, name=""):
    """Return the names under which two dicts of numbers are not the same."""
    if isinstance(found, dict):
        return [d for key in found for d in differences(told[key], found[key], f"{name}.{key}")]
    if isinstance(found, list):
        pairs = zip(told, found, strict=True)
        return [d for i, (a, b) in enumerate(pairs) for d in differences(a, b, f"{name}[{i}]")]
    return [] if abs(told - found) < 1e-9 else [f"{name[1:]}: {told} told, {found} found"]


def compared(run):
    """Return what metrics.json tells otherwise than predictions.csv."""
    told, found = json.loads(Path(run, "metrics.json").read_bytes()), recomputed(run)
    mistakes, worst = found.pop("mistakes"), found.pop("worst")
    odd = differences(told, found)
    listed = [confusion["count"] for confusion in told["confusions"]]
    if sum(listed) > mistakes or max(listed, default=0) != worst:
        odd.append(f"confusions: {listed} told, {mistakes} found, of one kind {worst} at most")
    return odd


if __name__ == "__main__":
    sys.stdout.write(json.dumps(recomputed(sys.argv[1]), indent=2) + "\n")
    sys.exit("\n".join(compared(sys.argv[1])) or 0)
