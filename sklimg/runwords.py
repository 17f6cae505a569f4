"""What the numbers of a run say, in sentences for the report and the model card.

Plain text throughout: who shows it escapes it.

Floor 5: works on what was read, prints nothing.
"""

import shlex
from collections import Counter
from dataclasses import dataclass
from typing import Any

from sklimg.evaluation import wilson_interval
from sklimg.files import count
from sklimg.names import AUGMENTS, MODELS, SEARCHES, TURNED
from sklimg.runfiles import RunFiles

__all__ = [
    "FEW",
    "ClassScore",
    "answer",
    "baseline_words",
    "calibration_words",
    "class_scores",
    "fit_command",
    "image_words",
    "interval_words",
    "mistake_words",
    "percent",
    "rejection_words",
    "split_words",
    "unread_words",
    "verdict_words",
]

_SETTLED = ("features__cache", "features__sha256")  # of a network, by fit itself
FEW = 10  # test images of a class, below which its share of right answers says little


@dataclass(frozen=True)
class ClassScore:
    """How one class fared in the test."""

    label: str
    precision: float
    recall: float
    f1: float
    n_images: int
    interval: tuple[float, float]


def percent(share: float) -> str:
    """Return a share as a percentage of one decimal, never rounded up to all or down to none.

    Examples
    --------
    >>> percent(0.5), percent(0.9999), percent(1)
    ('50.0 %', '99.9 %', '100 %')
    """
    if min(share, 1 - share) < 1e-9:  # all or none, but for the last digit of a float
        return f"{100 * share:.0f} %"
    return f"{min(max(100 * share, 0.1), 99.9):.1f} %"


def interval_words(interval: tuple[float, float]) -> str:
    """Return a 95 % interval."""
    low, high = interval
    return f"{percent(low)} to {percent(high)}"


def answer(run: RunFiles) -> str:
    """Return how good the model is, in one sentence."""
    metrics = run.metrics
    images, groups = metrics["n_test_images"], metrics["n_test"]
    on = count(images, "test image")
    votes = "" if images == groups else f" ({count(groups, 'group')} of copies, one vote each)"
    return (
        f"Of {on} that it never saw{votes}, the model gets {percent(metrics['accuracy'])} right; "
        f"on all images of this kind, the share lies with 95 % confidence between "
        f"{percent(metrics['accuracy_interval'][0])} and "
        f"{percent(metrics['accuracy_interval'][1])}."
    )


def baseline_words(run: RunFiles) -> str:
    """Return how that compares with two plain rules; empty if they were not tried."""
    plain = run.metrics.get("baselines")
    if not plain:
        return ""
    text = f"Always saying the most frequent class is right for {percent(plain['most_frequent'])}"
    nearest = plain.get("nearest_neighbour")
    if nearest is None:
        return f"{text}."
    text += f", saying what the nearest training image is for {percent(nearest)}."
    low, high = run.metrics["accuracy_interval"]
    if low <= nearest <= high:
        text += (
            " The latter lies within the interval, so this test does not show that the model does "
            "better than that."
        )
    elif nearest > high:
        text += " The latter does better than the model."
    return text


def verdict_words(run: RunFiles) -> list[str]:
    """Return whether it fits, and whether there are images enough, as far as it was judged."""
    verdict = run.metrics.get("verdict") or {}
    told = [verdict[key] for key in ("fit", "data") if verdict.get(key)]
    return [
        text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
        for text in told
    ]


def class_scores(run: RunFiles) -> list[ClassScore]:
    """Return how each tested class fared, the worst first: by F1, then by size."""
    groups = {}
    for label, group in zip(run.labels, run.predictions["group"], strict=True):
        groups.setdefault(label, set()).add(group)
    scores = [
        ClassScore(
            label,
            s["precision"],
            s["recall"],
            s["f1"],
            s["support"],
            wilson_interval(min(s["recall"], 1.0), len(groups[label])),
        )
        for label, s in run.metrics["per_class"].items()
        if label in groups
    ]
    return sorted(scores, key=lambda score: (score.f1, -score.n_images))


def mistake_words(run: RunFiles, most: int = 3) -> str:
    """Return the most frequent mistakes in one sentence."""
    if not run.mistakes:
        return "It made no mistake on the test images."
    n_wrong = sum(n for *_, n in run.mistakes)
    first = ", ".join(f"{label} read as {got} ({n})" for label, got, n in run.mistakes[:most])
    mistakes = count(n_wrong, "test image is", "test images are")
    which = "most often" if len(run.mistakes) > most else "namely"
    return f"{mistakes} read wrongly, {which} {first}."


def calibration_words(run: RunFiles) -> list[str]:
    """Return what its probabilities are worth; empty if nothing is known of that."""
    error = run.metrics.get("expected_calibration_error")
    if error is None:
        return []
    n = count(len(run.labels), "test image")
    words = [
        f"On {n}, its probabilities are off by {100 * error:.1f} points on average (expected "
        "calibration error): that far is what it says from how often it is right."
    ]
    scaling = run.metrics.get("calibration")
    if scaling is None:
        return [*words, "The probabilities were not corrected after training."]
    if abs(scaling["temperature"] - 1) < 0.005:
        how = "nothing had to be corrected"
    else:
        timid = scaling["temperature"] < 1
        how = (
            f"they were {'too timid and sharpened' if timid else 'too sure and softened'} by a "
            f"temperature of {scaling['temperature']:.2f}"
        )
    return [
        *words,
        f"Judged by {count(scaling['n_images'], 'image')} of {scaling['where']}, {how}; without "
        f"that, it would be {100 * scaling['expected_calibration_error_before']:.1f} points.",
    ]


def rejection_words(run: RunFiles) -> str:
    """Return what answering "unknown" below a threshold comes to; empty if that is not known."""
    if "rejection" not in run.metrics:
        return ""
    chosen = run.metrics["rejection"]
    if chosen is None:
        return (
            "No threshold was set below which the answer would better be “unknown”; every image "
            "gets one of the classes as its answer."
        )
    below = f"where its probability is below {chosen['threshold']:.2f}"
    words = (
        f"With --reject auto, it {'says' if chosen['threshold'] else 'never says'} “unknown”"
        f"{' ' + below if chosen['threshold'] else ''}, chosen on images outside of the test so "
        f"that at most {percent(chosen['error_rate'])} of the answers are wrong."
    )
    if chosen["error"] is None:
        return f"{words} It then answers none of the test images."
    return (
        f"{words} It then answers {percent(chosen['coverage'])} of the test images, and "
        f"{percent(chosen['error'])} of these answers are wrong (95 % interval "
        f"{interval_words(chosen['error_interval'])})."
    )


def split_words(run: RunFiles) -> list[str]:
    """Return how the data was split, copies and all."""
    parts, data = Counter(run.splits["split"]), run.data
    groups = {}
    for group, part in zip(run.splits["group"], run.splits["split"], strict=True):
        groups.setdefault(part, set()).add(group)
    named = [
        f"{count(parts[part], f'{word} image')}"
        + (f" in {count(len(groups[part]), 'group')}" if parts[part] != len(groups[part]) else "")
        for part, word in (("train", "training"), ("validation", "validation"), ("test", "test"))
        if parts[part]
    ]
    together = data["n_images"] - data["n_groups"]
    how = (
        "mirrored, turned, cropped and shifted ones, too"
        if data.get("turned")
        else ("compared as they stand")
    )
    words = [f"{count(data['n_images'], 'image')} became {', '.join(named)}."]
    kept = run.config.get("group", "auto")
    if kept == "none":
        words.append(
            "Copies were not looked for (--group none): some may stand on both sides, and the "
            "accuracy may then be too good."
        )
    elif together:
        words.append(
            f"{count(together, 'image stands', 'images stand')} in the group of another, as a copy "
            f"of its picture ({how}) or by a column; a group stands on one side of every split, "
            "and has one vote in every accuracy."
        )
    else:
        words.append(f"Copies of one picture were looked for ({how}); there are none.")
    if parts["dropped"]:
        words.append(
            f"{count(parts['dropped'], 'image was', 'images were')} dropped from the training "
            "part, as the test or validation data holds copies of them."
        )
    return words


def unread_words(run: RunFiles) -> str:
    """Return what of the source did not become an image."""
    codes = Counter(run.rejects.get("code", ()))
    if not codes:
        return "Every file became an image." if run.rejects else "No list of rejects was kept."
    return (
        f"{count(codes.total(), 'file')} did not become an image: "
        f"{', '.join(f'{n} {code}' for code, n in codes.most_common())}; each is listed in "
        "rejects.csv."
    )


def image_words(run: RunFiles) -> str:
    """Return what every picture becomes before the model sees it."""
    image = run.data["image"]
    side, mode = image.get("side", "?"), "grey" if image.get("mode") == "L" else "colour"
    fits = {"stretch": "stretched to a square", "pad": "padded to a square"}
    words = [f"{side}×{side} pixels in {mode}"]
    words.append(fits.get(image.get("fit"), "cropped to its middle square"))
    if image.get("invert") == "auto":
        words.append("turned to light on dark where it is dark on light")
    elif image.get("invert") == "yes":
        words.append("light and dark exchanged")
    words += ["cleaned of rules and specks, and centred"] * (image.get("clean") == "yes")
    return f"Every picture becomes {', '.join(words)}."


def fit_command(run: RunFiles) -> str | None:
    """Return the command that makes the run anew; None if its data was given from Python."""
    config = run.config
    given = [str(config.get(key)) for key in ("test", "added", "recorded")]
    if run.data.get("path") is None or any(name.startswith("a table of ") for name in given):
        return None
    if parent := config.get("parent"):
        words = ["sklimg", "retrain", parent["run"], config["added"]]
        words += ["--recorded", config["recorded"]] if config.get("recorded") else []
        return shlex.join(words + ["--from-scratch"] * bool(config.get("from_scratch")))
    words = ["sklimg", "fit", run.data["path"]]
    defaults = {"model": MODELS[0], "features": None, "augment": AUGMENTS[0], "turned": TURNED[0]}
    defaults |= {"group": "auto", "test": None, "validation": 0.0, "size": None, "mode": None}
    defaults |= {"search": SEARCHES[0]}
    for key, default in defaults.items():
        if config.get(key, default) != default and (key != "search" or config.get("grid")):
            words += [f"--{key}", str(config[key])]
    for key, value in (config.get("params") or {}).items():
        if key not in _SETTLED:
            words += ["--param", f"{key}={_value(value)}"]
    for key, values in (config.get("grid") or {}).items():
        several = ",".join(map(_value, values if isinstance(values, list) else [values]))
        words += ["--param", f"{key.removeprefix('classify__')}={several}"]
    words += ["--max-time", f"{config['max_time']:g}s"] if config.get("max_time") else []
    words += ["--folds", str(config.get("folds", 0)), "--seed", str(config["seed"])]
    return shlex.join(words)


def _value(value: Any) -> str:
    """Return a value as --param takes it."""
    if isinstance(value, list):
        return "-".join(map(_value, value))
    return str(value) if not isinstance(value, bool | None) else str(value).lower()
