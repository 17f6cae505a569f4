"""The pages of a service for people: one to begin with, and answers where there is no script.

Plain HTML, with a style and scripts of this service alone.

Floor 7: texts.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from string import Template
from typing import Any, NamedTuple

import sklimg
from sklimg.files import count
from sklimg.markup import html_prose, html_text
from sklimg.pageparts import page_part

__all__ = [
    "PAGE_FILES",
    "PAGE_TYPES",
    "answer_page",
    "filled",
    "is_form_of_browser",
    "page_file",
    "refusal_page",
    "start_page",
]

PAGE_TYPES = ("text/css", "text/javascript")
_STYLE = "style.css"
_STYLES = ("report.css", "serve.css", "page/page.css")
_SCRIPTS = (
    "ask.js",
    "classes.js",
    "correct.js",
    "curves.js",
    "dom.js",
    "doubts.js",
    "dropped.js",
    "main.js",
    "models.js",
    "mosaic.js",
    "pen.js",
    "results.js",
    "service.js",
    "token.js",
    "train.js",
    "upload.js",
)
PAGE_FILES = (_STYLE, *_SCRIPTS)
_MOST_CLASSES = 200
_NOBODY = "Show it a picture, and it says what that shows."


class PageFile(NamedTuple):
    """A file that a page needs, and its type."""

    content: str
    media_type: str


@cache
def page_file(name: str) -> PageFile | None:
    """Return a style or a script of the first page; None if it has none of this name."""
    if name == _STYLE:
        return PageFile("".join(map(page_part, _STYLES)), "text/css")
    if name in _SCRIPTS:
        return PageFile(page_part(f"page/{name}"), "text/javascript")
    return None


def start_page(facts: Mapping[str, Any] | None, classes: Sequence[str], base: str) -> str:
    """Return the page to begin with: a form to ask, which scripts make more of.

    Parameters
    ----------
    facts : mapping or None
        As `/model` tells them; None if nothing of the model is to be told.
    classes : sequence of str
    base : str
        URL of the service, as the client knows it.
    """
    shown = "".join(f"<li>{html_text(label)}</li>" for label in classes[:_MOST_CLASSES])
    more = len(classes) - _MOST_CLASSES
    if more > 0:
        shown += f"<li>and {more} more</li>"
    return filled(
        "serve.html",
        open="yes" if facts else "no",
        lead=html_prose(facts["words"] if facts else _NOBODY),
        classes=shown,
        model=_model(facts) if facts else "",
        base=html_text(base.rstrip("/")),
        numbers=f"{facts['n_pixels']} numbers" if facts else "as many numbers as pixels,",
        version=sklimg.__version__,
    )


def answer_page(
    names: Sequence[str], predictions: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]
) -> str:
    """Return the answers to a form that was sent without a script.

    Parameters
    ----------
    names : sequence of str
        Of the images, as the client calls them.
    predictions : sequence of mapping
        As `/predict` tells them, with the pixels.
    facts : mapping
        As `/model` tells them.
    """
    rows = "".join(map(_row, names, predictions))
    return filled(
        "serveanswer.html",
        title=f"What {count(len(names), 'picture')} {'shows' if len(names) == 1 else 'show'}",
        body='<div class="scroll" tabindex="0"><table class="plain-answers"><thead><tr>'
        "<th>Seen</th><th>Answer</th>"
        f"<th>Probability</th><th>Picture</th></tr></thead><tbody>{rows}</tbody></table></div>"
        f"<p class=soft>{_model(facts)}</p>",
    )


def is_form_of_browser(scope: Mapping[str, Any]) -> bool:
    """Tell whether a browser has sent the form itself; whoever takes anything gets JSON."""
    headers = {key: value.lower() for key, value in scope["headers"]}
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip()
    is_form = (scope["method"], scope["path"]) == ("POST", "/predict")
    return (
        is_form and kind == b"multipart/form-data" and b"text/html" in headers.get(b"accept", b"")
    )


def refusal_page(detail: str) -> str:
    """Return why a form that was sent without a script is not answered."""
    return filled("serveanswer.html", title="No answer", body=f"<p>{html_prose(detail)}</p>")


def filled(name: str, **parts: Any) -> str:
    """Return a template with its parts in place."""
    return Template(page_part(name)).substitute(parts)


def _row(name: str, told: Mapping[str, Any]) -> str:
    label = html_text(told["label"])
    answer = f"unknown; most likely {label}" if told["rejected"] else f"<b>{label}</b>"
    return (
        f'<tr><td><img class="seen" src="{told["pixels"]}" alt=""></td><td>{answer}</td>'
        f'<td class="n">{told["probability"]:.3f}</td><td class="name">{html_text(name)}</td></tr>'
    )


def _model(facts: Mapping[str, Any]) -> str:
    """Return which model answers, and what pictures become for it."""
    image = facts["image"]
    mode = "grey" if image["mode"] == "L" else "colour"
    size = f"{image['side']}×{image['side']} pixels, {mode}"
    return f"Every picture becomes {size}. Model <code>{html_text(facts['id'])}</code>."
