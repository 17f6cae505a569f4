"""The pages of a service: one to begin with, and its description to read.

Plain HTML that needs nothing from elsewhere, and no script.

Floor 7: texts.
"""

from collections.abc import Iterable, Mapping, Sequence
from string import Template
from typing import Any

import sklimg
from sklimg.files import count
from sklimg.markup import html_prose, html_text
from sklimg.pageparts import page_part, policy_digest

__all__ = ["docs_page", "start_page"]

_MOST_CLASSES = 200


def start_page(facts: Mapping[str, Any], classes: Sequence[str], base: str) -> str:
    """Return the page to begin with: the model, a form, the ways to ask.

    Parameters
    ----------
    facts : mapping
        As `/model` tells them.
    classes : sequence of str
    base : str
        URL of the service, as the client knows it.
    """
    shown = "".join(f"<li>{html_text(label)}</li>" for label in classes[:_MOST_CLASSES])
    more = len(classes) - _MOST_CLASSES
    if more > 0:
        shown += f"<li>and {more} more</li>"
    return _page(
        "serve.html",
        title=f"{count(len(classes), 'class', 'classes')}, served by sklimg",
        lead=html_prose(_lead(facts, len(classes))),
        classes=shown,
        id=html_text(facts["id"]),
        base=html_text(base.rstrip("/")),
        image=html_text(_image(facts)),
        n_pixels=facts["n_pixels"],
    )


def docs_page(openapi: Mapping[str, Any]) -> str:
    """Return an OpenAPI description as a page."""
    schemas = openapi["components"]["schemas"]
    common = _common_refusals(openapi)
    asked = [
        (path, method, operation)
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    ]
    contents = "".join(
        f'<li><a href="#{_anchor(path, method)}"><code>{method.upper()} {html_text(path)}</code>'
        f"</a> {html_text(operation['summary'])}</li>"
        for path, method, operation in asked
    )
    shapes = "".join(
        f'<h3 id="{html_text(name)}">{html_text(name)}</h3>'
        f"<p>{html_prose(schema.get('description', ''))}</p>{_fields(schema)}"
        for name, schema in schemas.items()
    )
    return _page(
        "servedocs.html",
        title="What can be asked",
        contents=contents,
        operations="".join(_operation(*each, set(common)) for each in asked),
        refusals=_answers("", common),
        shapes=shapes,
    )


def _page(name: str, **parts: Any) -> str:
    style = page_part("report.css") + page_part("serve.css")
    return Template(page_part(name)).substitute(
        style=style, style_hash=policy_digest(style), version=sklimg.__version__, **parts
    )


def _lead(facts: Mapping[str, Any], n_classes: int) -> str:
    """Return what the model is, and how good."""
    text = f"Show it a picture, and it says which of {count(n_classes, 'class', 'classes')} it is."
    if test := facts["test"]:
        shares = (test["accuracy"], *test["accuracy_interval"])
        found, low, high = (f"{100 * share:.1f} %" for share in shares)
        text += (
            f" Of {count(test['n_test'], 'picture')} that it had never seen, it knew {found} "
            f"(95 % interval: {low} to {high})."
        )
    return text


def _image(facts: Mapping[str, Any]) -> str:
    image = facts["image"]
    mode = "grey" if image["mode"] == "L" else "colour"
    return f"{image['side']}×{image['side']} pixels, {mode}"


def _anchor(path: str, method: str) -> str:
    return method + path.replace("/", "-").replace("{", "").replace("}", "")


def _common_refusals(openapi: Mapping[str, Any]) -> dict[str, Any]:
    """Return the refusals that everything shares, by their status."""
    told = [each["responses"] for methods in openapi["paths"].values() for each in methods.values()]
    return {
        status: answer
        for status, answer in told[0].items()
        if status >= "400" and all(each.get(status) == answer for each in told)
    }


def _answers(caption: str, responses: Mapping[str, Any]) -> str:
    rows = [
        (f"<code>{status}</code>", html_prose(told["description"]), _media(told))
        for status, told in responses.items()
    ]
    return _table(caption, rows)


def _operation(path: str, method: str, operation: Mapping[str, Any], common: set[str]) -> str:
    """Return one thing that can be asked; what all refuse is told elsewhere."""
    parts = [
        f'<section class="operation" id="{_anchor(path, method)}">'
        f"<h2><code>{method.upper()} {html_text(path)}</code></h2>"
        f"<p><b>{html_text(operation['summary'])}</b> "
        f"{html_prose(operation.get('description', ''))}</p>"
    ]
    if rows := [_parameter(each) for each in operation.get("parameters", ())]:
        parts.append(_table("In the query", rows))
    for media, told in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(f"<p>As <code>{media}</code>:</p>{_fields(told['schema'])}")
    own = {key: told for key, told in operation["responses"].items() if key not in common}
    parts.append(_answers("Answers", own))
    return "\n".join(parts) + "</section>"


def _parameter(told: Mapping[str, Any]) -> tuple[str, str, str]:
    schema = told["schema"]
    text = told.get("description", schema.get("description", ""))
    return f"<code>{html_text(told['name'])}</code>", html_prose(text), _kind(schema)


def _fields(schema: Mapping[str, Any]) -> str:
    """Return the keys of an object."""
    rows = [
        (f"<code>{html_text(name)}</code>", html_prose(told.get("description", "")), _kind(told))
        for name, told in schema.get("properties", {}).items()
    ]
    return _table("", rows) if rows else ""


def _kind(schema: Mapping[str, Any]) -> str:
    """Return which values a schema allows, in a few words."""
    if "$ref" in schema:
        name = html_text(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    kind = "file" if schema.get("format") == "binary" else schema.get("type", "")
    if kind == "array":
        number = _range(schema, "minItems", "maxItems")
        return f"{f'{number} ×' if number else 'list of'} {_kind(schema['items'])}"
    numbers = _range(schema, "minimum", "maximum")
    default = f", {schema['default']} if not given" if "default" in schema else ""
    return html_text(f"{kind} {numbers}".strip() + default)


def _range(schema: Mapping[str, Any], least: str, most: str) -> str:
    low, high = schema.get(least), schema.get(most)
    if low is None and high is None:
        return ""
    if high is None:
        return f"from {low}"
    return f"{low}" if low == high else f"{low or 0} to {high}"


def _media(told: Mapping[str, Any]) -> str:
    """Return the types of an answer, and its shape where it has a name."""
    shown = []
    for media, content in told.get("content", {}).items():
        shape = content.get("schema", {})
        shown.append(
            f"<code>{html_text(media)}</code> " + (_kind(shape) if "$ref" in shape else "")
        )
    return ", ".join(shown)


def _table(caption: str, rows: Iterable[tuple[str, str, str]]) -> str:
    body = "".join(f"<tr><th>{a}</th><td>{b}</td><td>{c}</td></tr>" for a, b, c in rows)
    caption = f"<caption>{html_text(caption)}</caption>" if caption else ""
    return f'<div class="scroll" tabindex="0"><table>{caption}{body}</table></div>'
