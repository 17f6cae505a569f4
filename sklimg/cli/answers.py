"""The answers of ``predict``, printed in their form as they come, and scored.

Floor 8: prints; whatever is heavy is imported when it is needed.
"""

import json
from collections.abc import Iterable
from typing import NamedTuple

from sklimg.cli.door import result, say
from sklimg.cli.inputs import Answer
from sklimg.errors import DataError, SklimgError
from sklimg.files import one_line
from sklimg.records import csv_line

__all__ = ["UNKNOWN", "Form", "Score", "print_answers"]

UNKNOWN = "unknown"  # the answer that is not given


class Form(NamedTuple):
    """How answers are printed.

    Attributes
    ----------
    kind : {"bare", "text", "csv", "jsonl"}
    top : int
        Classes that are named.
    threshold : float
        The probability below which the answer is "unknown".
    """

    kind: str
    top: int
    threshold: float


def print_answers(
    answers: Iterable[Answer], classes: tuple[str, ...], form: Form, score: "Score | None" = None
) -> int:
    """Print answers as they come, report what could not be read; return the exit code."""
    good, errors, unsaid = 0, [], None
    form = form._replace(top=min(form.top, len(classes)))
    for answer in answers:
        if unsaid:
            say(f"rejected: {unsaid}", warning=True)
            unsaid = None
        if isinstance(answer.shares, SklimgError):
            errors.append(answer.shares)
            if good or len(errors) > 1:
                say(f"rejected: {answer.shares}", warning=True)
            else:
                unsaid = answer.shares  # if it stays alone, it is the error of the command
            continue
        order = (-answer.shares).argsort(kind="stable")[: form.top]
        ranked = [(classes[i], float(answer.shares[i])) for i in order]
        if form.kind == "csv" and not good:
            places = range(2, form.top + 1)
            extra = [f"{what}{k}" for k in places for what in ("label", "probability")]
            result(csv_line(["input", "label", "probability", "rejected", *extra]))
        result(_line(answer.name, ranked, form))
        if score is not None:
            score.add(answer, ranked[0], form.threshold)
        good += 1
    if unsaid:
        raise unsaid
    if errors and not good:
        raise DataError(f"none of {len(errors)} inputs could be read; the first: {errors[0]}")
    if score is not None:
        score.tell()
    return 4 if errors else 0


def _line(name: str, ranked: list[tuple[str, float]], form: Form) -> str:
    """Return one answer in its form."""
    label, probability = ranked[0]
    is_rejected = probability < form.threshold
    if form.kind == "jsonl":
        tops = [{"label": one, "probability": p} for one, p in ranked]
        told = {"input": name, "label": label, "probability": probability, "rejected": is_rejected}
        return json.dumps(told | {"top": tops}, ensure_ascii=False)
    if form.kind == "csv":
        others = [field for pair in ranked[1:] for field in pair]
        return csv_line([name, label, probability, str(is_rejected).lower(), *others])
    shown = UNKNOWN if is_rejected else label
    if form.kind == "bare":
        return one_line(shown)
    pairs = [(shown, probability), *ranked[1:]]
    return "\t".join([one_line(name), *(f"{one_line(one)}\t{p:.4f}" for one, p in pairs)])


class Score:
    """How many of the answers are right, of those whose label stands beside.

    Images that the model was trained on are left out, as they say nothing; images with equal
    pixels have one vote together. A label that the model does not know counts as wrong.
    """

    def __init__(self, model):
        self.model = model
        self.votes: dict[int, list[bool]] = {}
        self.n_known, self.unknown, self.seen, self.unlabelled = 0, 0, 0, 0

    def add(self, answer: Answer, best: tuple[str, float], threshold: float) -> None:
        """Count one answer."""
        import numpy as np

        from sklimg.digests import pixel_digests

        if not answer.label:
            self.unlabelled += 1
            return
        self.n_known += answer.label in self.model.classes
        (digest,) = pixel_digests(answer.pixels[None])
        if np.isin(digest, self.model.seen):
            self.seen += 1
        elif best[1] < threshold:
            self.unknown += 1
        else:
            self.votes.setdefault(int(digest), []).append(best[0] == answer.label)

    def tell(self) -> None:
        """Say what came of it on stderr."""
        from sklimg.evaluation import wilson_interval
        from sklimg.files import count

        left_out = [
            f"{count(number, 'image')} {why}"
            for number, why in (
                (self.unknown, f'answered "{UNKNOWN}"'),
                (self.seen, "that it was trained on"),
                (self.unlabelled, "without a label"),
            )
            if number
        ]
        if not self.n_known or not self.votes:
            why = ", ".join(left_out) if self.n_known else "no label that the model knows"
            say(f"warning: there is nothing to score: {why or 'no images'}", warning=True)
            return
        shares = [sum(rights) / len(rights) for rights in self.votes.values()]
        accuracy, n_images = sum(shares) / len(shares), sum(map(len, self.votes.values()))
        low, high = wilson_interval(accuracy, len(shares))
        groups = "" if n_images == len(shares) else f" in {count(len(shares), 'group')}"
        text = f"score: accuracy {accuracy:.3f} [{low:.3f}, {high:.3f}] on "
        text += count(n_images, "image") + groups
        say(text + ("; left out: " + ", ".join(left_out) if left_out else ""), warning=True)
