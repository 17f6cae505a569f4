"""The model card of a run: what the model is for, how good it is, where it ends.

Floor 5: writes MODEL_CARD.md, prints nothing.

References
----------
M. Mitchell et al., "Model cards for model reporting", Conference on Fairness,
Accountability, and Transparency, 2019.
"""

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template

from sklimg.files import count, one_line, write_bytes
from sklimg.markup import markdown_code, markdown_text
from sklimg.pageparts import page_part
from sklimg.runfiles import RunFiles
from sklimg.runwords import (
    FEW,
    answer,
    baseline_words,
    calibration_words,
    class_scores,
    fit_command,
    image_words,
    interval_words,
    mistake_words,
    percent,
    rejection_words,
    split_words,
    unread_words,
    verdict_words,
)

__all__ = ["CARD", "model_card", "write_card"]

CARD = "MODEL_CARD.md"
_WORST = 5
_LOAD = """\
import sklimg

model = sklimg.load({run!r})
model.predict_images(["picture.png"])  # files: their classes
model.predict_proba(vectors)  # rows of pixels: the probability of each class"""


def model_card(run: RunFiles) -> str:
    """Return the model card of a run as Markdown."""
    return Template(page_part(CARD)).substitute(
        title=markdown_text(f"Model card: {_source(run)}"),
        use=_prose(_use(run)),
        data=_data(run),
        classes=_classes(run),
        split=_list(split_words(run)),
        answer=_prose(
            [answer(run), baseline_words(run) or "Plain rules were not tried beside it."]
        ),
        verdict=_prose(_verdict(run)),
        scores=_scores(run),
        folds=_prose([_folds(run)]),
        trust=_prose(_trust(run)),
        weak=_weak(run),
        limits=_list(_limits(run)),
        reproduce=_reproduce(run),
        shell=_fenced("sh", f"sklimg predict -m {shlex.quote(one_line(run.name))} IMAGE..."),
        python=_fenced("python", _LOAD.format(run=one_line(run.name))),
    )


def write_card(run: RunFiles) -> Path:
    """Write the model card of a run into its folder, whole; return its path."""
    path = run.place / CARD
    write_bytes(path, model_card(run).encode("utf-8", "backslashreplace"))
    return path


def _source(run: RunFiles) -> str:
    """Return what the data is called."""
    return Path(run.data["path"]).name if run.data.get("path") else "a table given from Python"


def _prose(sentences: Iterable[str]) -> str:
    return "\n\n".join(markdown_text(text) for text in sentences)


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {markdown_text(item)}" for item in items)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; its fields are escaped already."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _use(run: RunFiles) -> list[str]:
    n = count(len(run.data["classes"]), "class", "classes")
    return [
        f"It tells which of {n} an image belongs to. It is meant for images of the same kind as "
        "those below, taken in the same way, one thing an image.",
        "It is not meant for decisions about people, nor for any use where a wrong answer does "
        "harm that nobody checks.",
    ]


def _data(run: RunFiles) -> str:
    data = run.data
    digest = (
        markdown_code(data["sha256"])
        if data.get("sha256")
        else ("not taken, as the data is no single file")
    )
    where = markdown_code(data["path"]) if data.get("path") else "given from Python, as a table"
    images = count(data["n_images"], "image")
    groups = count(data["n_groups"], "different picture")
    return "\n".join(
        [
            f"- Source: {where}",
            f"- SHA-256: {digest}",
            f"- {images}, {groups}",
            f"- {markdown_text(image_words(run))}",
            f"- {markdown_text(unread_words(run))}",
            "- Who took the images, and under which licence, is not known to the program: add it "
            "here before you pass the model on.",
        ]
    )


def _classes(run: RunFiles) -> str:
    rows = [(markdown_text(c) or "(no label)", str(n)) for c, n in run.data["classes"].items()]
    return _table(("class", "images"), rows)


def _verdict(run: RunFiles) -> list[str]:
    return verdict_words(run) or ["Whether it over- or underfits was not judged."]


def _scores(run: RunFiles) -> str:
    """Return the scores of the test, as far as they were taken."""
    metrics = run.metrics
    names = {
        "balanced_accuracy": "balanced accuracy (mean recall of the classes)",
        "macro_f1": "macro F1",
        "log_loss": "log loss",
        "expected_calibration_error": "expected calibration error",
        "train_accuracy": "accuracy on the training images",
    }
    rows = [("accuracy", f"{metrics['accuracy']:.4f}")]
    rows.append(
        ("95 % interval", " to ".join(f"{end:.4f}" for end in metrics["accuracy_interval"]))
    )
    rows += [
        (name, f"{metrics[key]:.4f}") for key, name in names.items() if metrics.get(key) is not None
    ]
    rows += [
        (f"among the {k} most probable", f"{share:.4f}")
        for k, share in metrics.get("top_k", {}).items()
        if k != "1"
    ]
    plain = metrics.get("baselines") or {}
    rows += [
        (f"baseline: {key.replace('_', ' ')}", f"{v:.4f}")
        for key, v in plain.items()
        if v is not None
    ]
    rows.append(("test images", str(metrics["n_test_images"])))
    rows.append(("groups of copies among them, one vote each", str(metrics["n_test"])))
    return _table(("score", "value"), rows)


def _folds(run: RunFiles) -> str:
    folds = run.metrics.get("cross_validation")
    if not folds:
        return "No cross-validation was made; the numbers above come from a single split."
    return (
        f"In cross-validation over {folds['n_folds']} folds, every choice made anew inside the "
        f"fold, {percent(folds['accuracy'])} of {count(folds['n_test_images'], 'image')} were "
        f"right (95 % interval {interval_words(folds['accuracy_interval'])})."
    )


def _trust(run: RunFiles) -> list[str]:
    words = calibration_words(run) or [
        "Whether its probabilities can be believed was not measured."
    ]
    return [
        *words,
        rejection_words(run) or "What a threshold for “unknown” gains was not measured.",
    ]


def _weak(run: RunFiles) -> str:
    scores = class_scores(run)[:_WORST]
    rows = [
        (
            markdown_text(s.label) or "(no label)",
            f"{s.f1:.3f}",
            f"{s.precision:.3f}",
            f"{s.recall:.3f}",
            interval_words(s.interval),
            str(s.n_images),
        )
        for s in scores
    ]
    columns = ("class", "F1", "precision", "recall", "95 % interval of recall", "test images")
    return f"{markdown_text(mistake_words(run, _WORST))}\n\n{_table(columns, rows)}"


def _limits(run: RunFiles) -> list[str]:
    """Return what the numbers do not say, as honestly as they allow."""
    n = run.metrics["n_test"]
    low, high = run.metrics["accuracy_interval"]
    limits = [
        f"It knows its {count(len(run.data['classes']), 'class', 'classes')} alone. An image of "
        "anything else still gets one of them as its answer, at times with a high probability.",
        f"Its accuracy was measured on {count(n, 'different picture')}, so it may be anything "
        f"between {percent(low)} and {percent(high)}, and for images from the same source only. "
        "Other cameras, light, hands or papers may do worse.",
    ]
    few = [s.label for s in class_scores(run) if s.n_images < FEW]
    untested = [c for c in run.data["classes"] if c not in set(run.labels)]
    if few:
        named = ", ".join(few[:_WORST]) + " …" * (len(few) > _WORST)
        limits.append(
            f"{count(len(few), 'class was', 'classes were')} tested on fewer than {FEW} images, "
            f"which says little: {named}."
        )
    if untested:
        named = ", ".join(untested[:_WORST]) + " …" * (len(untested) > _WORST)
        limits.append(f"No test image shows {named}; nothing is known of these.")
    sizes = run.data["classes"].values()
    if max(sizes, default=0) > 3 * min(sizes, default=0):
        limits.append(
            f"The largest class has {max(sizes)} images, the smallest {min(sizes)}: small classes "
            "tend to be missed more often."
        )
    if run.config.get("group") in ("none", "exact"):
        limits.append(
            "Near copies were not kept on one side of the split, so the accuracy may be too good."
        )
    return limits


def _reproduce(run: RunFiles) -> str:
    """Return how to make the run again."""
    command, versions = fit_command(run), run.environment.get("versions", {})
    if command is None:
        how = (
            "The data was given from Python, so no command makes the run again; `sklimg.fit` does, "
            f"with the settings in `config.json` and the seed {run.config['seed']}."
        )
    else:
        how = _fenced("sh", command)
    if not versions:
        return f"{how}\n\nThe versions and the machine were not recorded."
    made = ", ".join(f"{name} {number}" for name, number in versions.items())
    python = run.environment.get("python", "of an unknown version")
    return f"{how}\n\n{markdown_text(f'Made with Python {python}, {made}.')}"


def _fenced(language: str, code: str) -> str:
    """Return a block of code, within more backticks than it holds."""
    fence = "```"
    while fence in code:
        fence += "`"
    return f"{fence}{language}\n{code}\n{fence}"
