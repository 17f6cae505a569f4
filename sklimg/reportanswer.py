"""The head of a report: how good the model is, beside what plain rules reach.

Floor 5: writes HTML, no file.
"""

from sklimg.files import count
from sklimg.markup import html_prose
from sklimg.runfiles import RunFiles
from sklimg.runwords import answer, baseline_words, interval_words, percent, verdict_words

__all__ = ["answer_html", "headline"]

_PLAIN = {"nearest_neighbour": "nearest image", "most_frequent": "most frequent class"}


def headline(run: RunFiles) -> str:
    """Return the accuracy as the title of the page."""
    images, groups = run.metrics["n_test_images"], run.metrics["n_test"]
    on = count(groups, "test image" if images == groups else "test picture")
    return f"{percent(run.metrics['accuracy'])} of {on} right"


def answer_html(run: RunFiles) -> str:
    """Return the answer in words and as a scale, and the verdict."""
    words = [f'<p class="lead">{html_prose(answer(run))}</p>', _scale(run)]
    if plain := baseline_words(run):
        words.append(f"<p>{html_prose(plain)}</p>")
    if told := verdict_words(run):
        texts = "".join(f"<p>{html_prose(text)}</p>" for text in told)
        words.append(f'<div class="verdict">{texts}</div>')
    return "\n".join(words)


def _scale(run: RunFiles) -> str:
    """Return the accuracy with its interval and the plain rules, each on a scale to 100 %."""
    metrics = run.metrics
    low, high = metrics["accuracy_interval"]
    plain = metrics.get("baselines") or {}
    span = f'<rect class="span" x="{100 * low:.2f}" y="0" width="{100 * (high - low):.2f}" '
    rows = [
        _row("this model", metrics["accuracy"], f'{span}height="10"/>', interval_words((low, high)))
    ]
    rows += [_row(name, plain[key]) for key, name in _PLAIN.items() if plain.get(key) is not None]
    return (
        '<table class="scale"><caption class="unseen">Accuracy, and what plain rules reach'
        '</caption><thead class="unseen"><tr><th scope="col">rule</th><th scope="col">scale</th>'
        '<th scope="col">right</th><th scope="col">95 % interval</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _row(name: str, share: float, span: str = "", interval: str = "") -> str:
    """Return one rule: its name, where it stands between 0 and 100 %, and the number."""
    kind = "model" if span else "other"
    mark = f'<rect class="mark" x="{100 * share - 0.4:.2f}" y="0" width="0.8" height="10"/>'
    return (
        f'<tr class="{kind}"><th scope="row">{name}</th><td><svg viewBox="0 0 100 10" '
        f'preserveAspectRatio="none" aria-hidden="true"><path d="M0 5H100"/>{span}{mark}</svg></td>'
        f"<td>{html_prose(percent(share))}</td><td>{html_prose(interval)}</td></tr>"
    )
