"""Tables as HTML that a screen reader can find its way in.

Floor 4: works on texts, writes nothing.
"""

import re
from collections.abc import Sequence

from sklimg.markup import html_text

__all__ = ["table"]

_NUMBER = re.compile(r"[-+0-9.,%–  e×]*( to )?[-+0-9.,%–  e×]+")


def table(
    caption: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    is_long: bool = False,
) -> str:
    """Return a table whose first column names its rows.

    Parameters
    ----------
    caption : str
    columns : sequence of str
    rows : sequence of sequence of str
        A field a column; columns of numbers alone stand to the right.
    is_long : bool, default=False
        Whether it stands in a box of its own, to be scrolled.

    Returns
    -------
    html : str
    """
    kinds = [
        ' class="n"' if k and rows and all(_NUMBER.fullmatch(row[k]) for row in rows) else ""
        for k in range(len(columns))
    ]
    head = "".join(
        f'<th scope="col"{kind}>{html_text(name)}</th>'
        for name, kind in zip(columns, kinds, strict=True)
    )
    lines = []
    for first, *others in rows:
        fields = "".join(
            f"<td{kind}>{html_text(field)}</td>"
            for field, kind in zip(others, kinds[1:], strict=True)
        )
        lines.append(f'<tr><th scope="row">{html_text(first)}</th>{fields}</tr>')
    title = html_text(caption)
    return (
        f'<div class="scroll{" long" if is_long else ""}" tabindex="0" role="region" '
        f'aria-label="{title}"><table><caption>{title}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )
