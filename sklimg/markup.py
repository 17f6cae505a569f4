"""Text as HTML and as Markdown, in which a label or a path stays what it is.

Floor 1: works on texts, reads and prints nothing.
"""

import re
from collections.abc import Iterable
from html import escape

from sklimg.files import one_line

__all__ = ["html_list", "html_prose", "html_text", "markdown_code", "markdown_text"]

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~&$@!]|:(?=//)|(?<=www)\.|^[-+=])", re.IGNORECASE)


def html_text(text: object) -> str:
    """Return any text as one line of HTML, quotes escaped as well.

    Examples
    --------
    >>> html_text("<b>a\\nb")
    '&lt;b&gt;a\\\\nb'
    """
    return escape(one_line(text))


def html_prose(text: str) -> str:
    """Return sentences as HTML, in which no line ends between a number and its per cent."""
    return html_text(text).replace(" %", "&nbsp;%")


def html_list(items: Iterable[str]) -> str:
    """Return a list of sentences."""
    return f"<ul>{''.join(f'<li>{html_prose(item)}</li>' for item in items)}</ul>"


def markdown_text(text: object) -> str:
    r"""Return any text as one line of Markdown that shows it as it is, no links made of it.

    Examples
    --------
    >>> print(markdown_text("*a*|<b>"))
    \*a\*\|\<b\>
    """
    return _MARKS.sub(r"\\\1", one_line(text).strip())


def markdown_code(text: object) -> str:
    """Return any text as a span of code, within more backticks than it holds.

    Examples
    --------
    >>> print(markdown_code("a`b"))
    `` a`b ``
    """
    line = one_line(text)
    longest = max(map(len, re.findall("`+", line)), default=0)
    space = " " if longest else ""
    return f"{'`' * (longest + 1)}{space}{line}{space}{'`' * (longest + 1)}"
