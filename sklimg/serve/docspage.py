"""The description of a service, to read.

Plain HTML that needs nothing from elsewhere, and no script.

Floor 7: texts.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import sklimg
from sklimg.markup import html_prose, html_text
from sklimg.pageparts import page_part, policy_digest
from sklimg.serve.pages import filled

__all__ = ["docs_page"]


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
    style = page_part("report.css") + page_part("serve.css")
    return filled(
        "servedocs.html",
        style=style,
        style_hash=policy_digest(style),
        title="What can be asked",
        version=sklimg.__version__,
        contents=contents,
        operations="".join(_operation(*each, set(common)) for each in asked),
        refusals=_answers("", common),
        shapes=shapes,
    )


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
