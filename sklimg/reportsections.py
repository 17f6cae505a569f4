"""The sections of a report: where a model is weak, and how it came about.

Each returns the HTML of its section, or an empty text where the run has nothing to
show. Floor 5: writes HTML, no file.
"""

from collections import Counter

from sklimg.confusiontable import confusion_table, surest_mistakes
from sklimg.files import count
from sklimg.markup import html_list, html_prose, html_text
from sklimg.reportfigures import figure
from sklimg.runfiles import RunFiles
from sklimg.runwords import (
    FEW,
    calibration_words,
    class_scores,
    image_words,
    interval_words,
    mistake_words,
    percent,
    rejection_words,
    split_words,
    unread_words,
)
from sklimg.tablehtml import table

_NOISY = 200  # test pictures, below which a calibration error says little
__all__ = ["SECTIONS"]

_WORST = 5  # classes and mistakes that are named first
_MOST_CANDIDATES = 8
_MOST_REJECTS = 100


def _weak(run: RunFiles) -> str:
    """Tell where it is weak: classes, then pairs of classes."""
    scores = class_scores(run)
    columns = ("class", "F1", "precision", "recall", "95 % interval of recall", "test images")
    rows = [
        (
            s.label,
            f"{s.f1:.3f}",
            f"{s.precision:.3f}",
            f"{s.recall:.3f}",
            interval_words(s.interval),
            f"{s.n_images}",
        )
        for s in scores
    ]
    few = [s.label for s in scores if s.n_images < FEW]
    note = ""
    if few:
        names = ", ".join(few[:_WORST]) + (f" and {len(few) - _WORST} more" * (len(few) > _WORST))
        has = "one class has" if len(few) == 1 else f"{len(few)} classes have"
        note = (
            f"<p>{has.capitalize()} fewer than {FEW} test images, so that their scores say "
            f"little: {html_text(names)}.</p>"
        )
    is_all = len(rows) <= 2 * _WORST
    caption = "All classes, worst first" if is_all else f"The {_WORST} worst classes"
    shown = table(caption, columns, rows if is_all else rows[:_WORST])
    rest = (
        ""
        if is_all
        else f"<details><summary>All {len(rows)} classes</summary>"
        f"{table('All classes, worst first', columns, rows, is_long=True)}</details>"
    )
    return (
        f"<p>{html_prose(mistake_words(run, _WORST))}</p>{shown}{rest}{note}"
        f"{figure(run, 'class_scores')}{figure(run, 'mistakes')}"
    )


def _mistakes(run: RunFiles) -> str:
    """Show the confusion matrix, whose cells show their images."""
    words = "images" if run.pictures else "the names of its images"
    picture = figure(run, "confusion")
    as_picture = (
        f"<details><summary>The same as a picture</summary>{picture}</details>" if picture else ""
    )
    return (
        '<p class="hint" id="hint" hidden>Choose a number to see '
        f"{words}; the arrow keys go from one to the next. Below each stands the probability that "
        "the model gave its answer.</p>"
        f"{confusion_table(run)}"
        '<div id="shown"><p class="soft">What stands behind each number is shown here where '
        f"scripts may run; all of it is in predictions.csv.</p></div>{as_picture}"
        f"{_surest(run)}"
    )


def _surest(run: RunFiles) -> str:
    """Show the wrong answers of the highest probability."""
    shown = surest_mistakes(run)
    if not shown:
        return figure(run, "worst")
    return (
        "<h3>The surest mistakes</h3><p>Wrong answers with the highest probability. Look for wrong "
        f"labels first: they are often among these.</p>{shown}"
    )


def _trust(run: RunFiles) -> str:
    """Tell what its probabilities are worth, and what answering "unknown" gains."""
    words = calibration_words(run)
    if words and run.metrics["n_test"] < _NOISY:
        words.append("With so few pictures, much of a calibration error is chance.")
    words.append(rejection_words(run))
    drawn = "".join(figure(run, name) for name in ("reliability", "certainty", "coverage"))
    return "".join(f"<p>{html_prose(text)}</p>" for text in words if text) + drawn


def _folds(run: RunFiles) -> str:
    """Tell what cross-validation found."""
    scores = run.metrics.get("cross_validation")
    if not scores:
        return ""
    n_folds, repeats = scores["n_folds"], scores.get("n_repeats") or 1
    times = f", {repeats} times over, with other folds each time" if repeats > 1 else ""
    images = count(scores["n_test_images"], "image")
    groups = scores["n_test"]
    votes = "" if groups == scores["n_test_images"] else f" in {count(groups, 'group')}"
    words = (
        f"Each of {images}{votes} was also answered by a model of the other {n_folds - 1} of "
        f"{n_folds} folds{times}, every choice made anew inside the fold: "
        f"{percent(scores['accuracy'])} right, 95 % interval "
        f"{interval_words(scores['accuracy_interval'])}."
    )
    shares = [percent(accuracy) for accuracy in scores.get("fold_accuracies", ())]
    rounds = [(str(k + 1), *shares[k * n_folds :][:n_folds]) for k in range(repeats)]
    columns = ("round", *(f"fold {k + 1}" for k in range(n_folds)))
    return f"<p>{html_prose(words)}</p>" + (
        table("Accuracy on each fold", columns, rounds) if len(shares) == n_folds * repeats else ""
    )


def _search(run: RunFiles) -> str:
    """Tell what the search went through and chose."""
    drawn = figure(run, "search") + figure(run, "parameters")
    compared = _features(run)
    if not run.trials:
        return compared + drawn
    names = [name for name in run.trials if "__" in name]
    level = Counter(run.trials.get("within_one_standard_error", ()))["True"]
    failed = sum(1 for reason in run.trials.get("reason", ()) if reason)
    words = f"{count(len(run.trials['rank']), 'candidate')} went into the search."
    if level > 1:
        words += (
            f" {level} lie within one standard error of the best: between these it can hardly tell."
        )
    if failed:
        words += f" {failed} could not be tried or fitted; trials.csv says why."
    rows = [
        (
            run.trials["rank"][k],
            *(run.trials[name][k] for name in names),
            _rounded(run.trials["mean_accuracy"][k]),
            _rounded(run.trials["std_accuracy"][k]),
        )
        for k in range(min(_MOST_CANDIDATES, len(run.trials["rank"])))
    ]
    bare = [name.rpartition("__")[2] for name in names]
    columns = ("rank", *bare, "mean accuracy", "spread over the folds")
    best = table("The best candidates", columns, rows)
    return f"<p>{html_text(words)}</p>{best}{compared}{drawn}"


def _rounded(text: str) -> str:
    """Return a number of a table as it is read; one that is missing as a dash."""
    return f"{float(text):.4f}" if text not in ("", "nan") else "–"


def _features(run: RunFiles) -> str:
    """Tell which features were compared."""
    if not run.features:
        return ""
    rows = list(zip(*run.features.values(), strict=True))
    return table("Features that were compared", tuple(run.features), rows)


def _learning(run: RunFiles) -> str:
    """Show the training, epoch by epoch."""
    return "".join(figure(run, name) for name in ("loss", "accuracy", "weights"))


def _data(run: RunFiles) -> str:
    """Tell what it learned from, and how that was split."""
    parts: dict[str, Counter] = {}
    for label, part in zip(run.splits["label"], run.splits["split"], strict=True):
        parts.setdefault(part, Counter())[label] += 1
    used = [part for part in ("train", "validation", "test", "dropped") if part in parts]
    rows = [(label, *(str(parts[part][label]) for part in used)) for label in run.classes]
    rejects = ""
    if run.rejects.get("path"):
        fields = [run.rejects[key][:_MOST_REJECTS] for key in ("path", "code", "reason")]
        listed = table(
            f"The first {len(fields[0])}",
            ("file", "code", "reason"),
            list(zip(*fields, strict=True)),
            is_long=True,
        )
        rejects = f"<details><summary>Rejected files</summary>{listed}</details>"
    sentences = [*split_words(run), image_words(run), unread_words(run)]
    return (
        f"{html_list(sentences)}{rejects}"
        f"{table('Images of each class', ('class', *used), rows, is_long=len(rows) > 12)}"
        f"{figure(run, 'classes')}"
    )


SECTIONS = (  # place, short name, title, what fills it
    ("weak", "Weak spots", "Where it is weak", _weak),
    ("mistakes", "Mistakes", "What it takes for what", _mistakes),
    ("trust", "Trust", "Whether to believe it", _trust),
    ("folds", "Folds", "Cross-validation", _folds),
    ("learning", "Learning", "How it learned", _learning),
    ("search", "Search", "What the search found", _search),
    ("data", "Data", "The data, and how it was split", _data),
)
