"""The confusion matrix of a run as a table whose cells show their images.

The table stands in the page as it is; what a cell shows stands beside it as JSON,
for the page's script.

Floor 5: writes HTML and JSON, no file.
"""

import json

import numpy as np

from sklimg.files import one_line
from sklimg.markup import html_text
from sklimg.reportpictures import choose_pictures, picture_uri
from sklimg.runfiles import RunFiles

__all__ = ["cells_json", "confusion_table", "surest_mistakes"]

_LEVELS = 9  # shades of a cell
_SMALL = 40  # pixels a side
_SHORT = 3  # characters of a class that needs no turned name


def confusion_table(run: RunFiles) -> str:
    """Return the table; its buttons wait for the script to be enabled."""
    names = [html_text(label) for label in run.classes]
    shown = _cells(run)
    turned = "turned" if max(map(len, run.classes), default=0) > _SHORT else "upright"
    head = "".join(f'<th scope="col" title="{name}"><span>{name}</span></th>' for name in names)
    rows = []
    for i, (name, counts) in enumerate(zip(names, run.counts.tolist(), strict=True)):
        total = sum(counts)
        cells = "".join(
            _cell(run, i, j, n, total, (i, j) in shown) if n else "<td></td>"
            for j, n in enumerate(counts)
        )
        rows.append(
            f'<tr><th scope="row" title="{name}"><span>{name}</span></th>{cells}'
            f'<td class="total">{total}</td></tr>'
        )
    return (
        '<p class="soft">Test images by true class (rows) and by what was answered (columns); '
        "blue is right, orange is wrong, an empty cell is none.</p>"
        f'<div class="scroll matrix {turned}" tabindex="0" role="region" '
        'aria-labelledby="matrix-caption"><table id="matrix"><caption id="matrix-caption" '
        'class="unseen">Confusion matrix: true classes by predicted classes</caption><thead><tr>'
        f'<th scope="col" class="corner">true ↓<br>predicted →</th>{head}'
        f'<th scope="col" class="total">all</th></tr></thead><tbody>{"".join(rows)}</tbody>'
        "</table></div>"
    )


def _cell(run: RunFiles, i: int, j: int, n: int, total: int, is_shown: bool) -> str:
    """Return a cell that is not empty, shaded by its share of the row."""
    level = max(1, round(_LEVELS * n / total))
    kind = f"{'hit' if i == j else 'miss'} s{level}"
    if not is_shown:
        return f'<td class="{kind}">{n}</td>'
    label, got = html_text(run.classes[i]), html_text(run.classes[j])
    return (
        f'<td class="{kind}"><button type="button" disabled data-cell="{i},{j}" '
        f'aria-label="{label} read as {got}: {n}">{n}</button></td>'
    )


def surest_mistakes(run: RunFiles, most: int = 12) -> str:
    """Return the wrong answers of the highest probability as a list of pictures."""
    wrong = [k for cell, found in _cells(run).items() if cell[0] != cell[1] for k in found]
    wrong = [k for k in wrong if int(run.predictions["row"][k]) in run.pictures]
    wrong.sort(key=lambda k: -run.certainty[k])
    kind = ' class="small"' if _is_small(run) else ""
    items = []
    for k in wrong[:most]:
        label, got = html_text(run.labels[k]), html_text(run.predicted[k])
        told = _image(run, k)
        items.append(
            f'<li><img{kind} src="{told["picture"]}" alt="{label}, read as {got}">'
            f"<b>{label} read as {got}</b><span>{told['probability']:.3f} "
            f"{html_text(told['path'])}</span></li>"
        )
    return f'<ul class="gallery">{"".join(items)}</ul>' if items else ""


def _is_small(run: RunFiles) -> bool:
    """Tell whether images are so small that their pixels are to be seen."""
    return any(len(pixels) <= _SMALL and pixels.ndim == 2 for pixels in run.pictures.values())


def cells_json(run: RunFiles) -> str:
    """Return what the cells show, as JSON that may stand in a page as it is.

    ``{"classes": […], "cells": {"row,column": {"n": images, "of": images of the row,
    "images": [{"path", "probability", "picture"}, …]}}}``, without ``picture`` where
    there is none.
    """
    totals = run.counts.sum(axis=1)
    cells = {}
    for (i, j), positions in _cells(run).items():
        cells[f"{i},{j}"] = {
            "n": int(run.counts[i, j]),
            "of": int(totals[i]),
            "images": [_image(run, position) for position in positions],
        }
    classes = [one_line(label) for label in run.classes]
    island = {"classes": classes, "small": _is_small(run), "cells": cells}
    text = json.dumps(island, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _image(run: RunFiles, position: int) -> dict:
    """Return what is told of one test image."""
    row = int(run.predictions["row"][position])
    told = {
        "path": one_line(run.predictions["path"][position]) or f"row {row}",
        "probability": round(float(run.certainty[position]), 3),
    }
    pixels = run.pictures.get(row)
    return told if pixels is None else told | {"picture": picture_uri(pixels)}


def _cells(run: RunFiles) -> dict[tuple[int, int], list[int]]:
    """Return the images that are shown of each cell, wrong ones surest first."""
    rows = [int(row) for row in run.predictions["row"]]
    if run.pictures:
        positions = np.array([k for k, row in enumerate(rows) if row in run.pictures], int)
    else:
        positions = choose_pictures(run.labels, run.predicted, run.certainty)
    place = {label: k for k, label in enumerate(run.classes)}
    cells: dict[tuple[int, int], list[int]] = {}
    for k in positions[np.argsort(-run.certainty[positions], kind="stable")].tolist():
        cells.setdefault((place[run.labels[k]], place[run.predicted[k]]), []).append(k)
    return cells
