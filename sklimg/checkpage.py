"""The page of a check: what a data set holds and hides, with its pictures.

    DIR/index.html     the page; opens from the disk, needs no network
    DIR/pictures/*.png its pictures
    DIR/check.json     the report
    DIR/copies.csv     row,path,label,group of every image that has a copy
    DIR/leaks.csv      row,path,label,split of every picture that stands in several parts
    DIR/looks.csv      row,path,label,look of dark, blurry and empty images
    DIR/rejects.csv    path,code,reason

Floor 5: writes the folder whole, prints nothing.
"""

import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

import numpy as np

from sklimg.files import as_json, count, new_folder
from sklimg.groups import label_conflicts
from sklimg.images import encode_image
from sklimg.inspection import Inspection
from sklimg.mosaics import mosaic, resized
from sklimg.names import LOOKS, PROBLEMS
from sklimg.pageparts import page_part
from sklimg.records import records_csv
from sklimg.tablewriter import reject_columns

__all__ = ["write_check"]

_SAMPLES = 8  # pictures shown of a class
_MOST_CLASSES = 100
_MOST_GROUPS = 40
_MOST_COPIES = 13  # pictures shown of one group
_MOST_LOOKS = 39
_MOST_REJECTS = 200
_WORDS = {
    "leak": ("leaks", "pictures that stand in several given parts"),
    "copy": ("copies", "images that show the same picture as another"),
    "label": ("label conflicts", "pictures that stand under several labels"),
    "corrupt": ("rejected files", "files that could not be read as images"),
    "empty": ("empty", "images without any structure"),
    "dark": ("dark", "images of which 99 % of the pixels are darker than a quarter of the scale"),
    "blurry": ("blurry", "images with hardly any fine structure"),
}


def write_check(found: Inspection, out: str | os.PathLike) -> None:
    """Write the page of a check, its pictures and its tables to a new folder.

    Parameters
    ----------
    found : Inspection
    out : path
        Absent or empty; it appears whole.

    Raises
    ------
    UsageError, OutputError
        If the folder is in use or cannot be written.
    """
    with new_folder(out) as folder:
        (folder / "pictures").mkdir()
        sections = [
            _summary(found),
            _classes(found, folder),
            _sizes(found),
            _leaks(found, folder),
            _copies(found, folder),
            _looks(found, folder),
            _rejects(found),
        ]
        template = Template(page_part("check.html"))
        title = escape(f"Check of {found.report['data']}")
        page = template.substitute(title=title, body="\n".join(sections))
        (folder / "index.html").write_bytes(page.encode("utf-8", "backslashreplace"))
        (folder / "check.json").write_bytes(as_json(found.report))
        copied = np.concatenate([np.empty(0, int), *found.copies()])
        (folder / "copies.csv").write_bytes(_rows(found, copied, "group", found.groups))
        leaking = np.concatenate([np.empty(0, int), *found.leaks.groups])
        split = found.table.columns.get("split", np.full(len(found.table), "", object))
        (folder / "leaks.csv").write_bytes(_rows(found, leaking, "split", split))
        odd = np.flatnonzero(found.looks != "")
        (folder / "looks.csv").write_bytes(_rows(found, odd, "look", found.looks))
        (folder / "rejects.csv").write_bytes(records_csv(reject_columns(found.rejects)))


def _rows(found: Inspection, rows: np.ndarray, name: str, values: np.ndarray) -> bytes:
    columns = {"row": rows, "path": found.table.paths[rows], "label": found.table.labels[rows]}
    return records_csv(columns | {name: values[rows]})


def _summary(found: Inspection) -> str:
    report, cards = found.report, []
    for problem in PROBLEMS:
        number, (name, meaning) = report["problems"][problem], _WORDS[problem]
        kind = "bad" if number else "good"
        cards.append(
            f'<li class="{kind}" title="{meaning}"><a href="#{_place(problem)}">'
            f"<b>{number}</b>{name}</a></li>"
        )
    images = count(report["n_images"], "image")
    pictures = count(report["copies"]["n_pictures"], "different picture")
    classes = count(len(report["classes"]), "class", "classes")
    notes = "".join(f"<p>{escape(note)}</p>" for note in found.notes)
    return (
        f"<h1>{escape(report['data'])}</h1>\n"
        f'<p class="soft">{images} of {found.table.spec}, {pictures}, {classes}</p>\n{notes}'
        f'<ul class="tiles">{"".join(cards)}</ul>'
    )


def _place(problem: str) -> str:
    """Return the section that tells of a problem."""
    return {"leak": "leaks", "copy": "copies", "label": "copies", "corrupt": "rejects"}.get(
        problem, "looks"
    )


def _classes(found: Inspection, folder: Path) -> str:
    classes, rows = found.report["classes"], []
    sizes = [counts["n_images"] for counts in classes.values()]
    for k, (label, counts) in enumerate(list(classes.items())[:_MOST_CLASSES]):
        members = np.flatnonzero(found.table.labels == label)
        some = members[np.unique(np.linspace(0, len(members) - 1, _SAMPLES).astype(int))]
        mean = found.table.pixels[members].mean(axis=0).reshape(found.table.spec.shape)
        shown = _show(found, folder, f"class{k}", some, _SAMPLES)
        average = _save(folder, f"mean{k}", resized(np.rint(mean).astype(np.uint8), 64))
        name = escape(label) if label else "<i>no label</i>"
        share = f'<meter min="0" max="{max(sizes)}" value="{counts["n_images"]}"></meter>'
        rows.append(
            f'<tr><th class="name">{name}</th><td class="n">{counts["n_images"]}</td>'
            f'<td class="n">{counts["n_pictures"]}</td><td class="wide">{share}</td>'
            f'<td class="wide"><img src="{average}" alt="mean image of {name}" width="64"></td>'
            f'<td class="some"><img src="{shown}" alt="{len(some)} images of {name}"></td></tr>'
        )
    more = len(classes) - _MOST_CLASSES
    return (
        '<h2 id="classes">Classes</h2>\n'
        f"<p>The largest class has {max(sizes) / min(sizes):.1f} times as many images as the "
        "smallest. Pictures count copies once: they are what a model can learn from and be tested "
        "on. The mean image shows what the images of a class have in common.</p>\n"
        '<div class="scroll"><table><tr><th>class</th><th class="n">images</th>'
        '<th class="n">pictures</th><th class="wide"></th><th class="wide">mean</th>'
        "<th>some of them</th></tr>"
        f"{''.join(rows)}</table></div>" + (f"<p>… and {more} more classes</p>" if more > 0 else "")
    )


def _sizes(found: Inspection) -> str:
    sizes = found.report["sizes"]
    if sizes is None:
        return ""
    rows = "".join(
        f"<tr><th>{name}</th>"
        + "".join(f'<td class="n">{v:.4g}</td>' for v in sizes[name])
        + "</tr>"
        for name in ("height", "width", "aspect")
    )
    return (
        '<h2 id="sizes">Sizes</h2>\n'
        f"<p>{count(sizes['n_different'], 'size')}. The aspect is width by height; where it "
        "varies, <code>--fit pad</code> or <code>crop</code> keeps shapes as they are.</p>\n"
        '<table><tr><th></th><th class="n">smallest</th><th class="n">median</th>'
        f'<th class="n">largest</th></tr>{rows}</table>'
    )


def _leaks(found: Inspection, folder: Path) -> str:
    leaks = found.leaks
    if not leaks.is_given:
        return '<h2 id="leaks">Leaks</h2>\n<p>None: no column <code>split</code> gives parts.</p>'
    where = ", ".join(f"{n} between {escape(name)}" for name, n in leaks.between.items())
    parts = found.table.columns["split"]
    stands = [" and ".join(dict.fromkeys(parts[rows])) for rows in leaks.groups]
    return (
        '<h2 id="leaks">Leaks</h2>\n'
        f"<p>The parts are given by the column <code>split</code>. Pictures that stand on two "
        f"sides, copies and rows of one <code>group</code> counted: {where or 'none'}. "
        "<code>sklimg fit</code> drops the training images among them; all are in leaks.csv.</p>"
        f"{_figures(found, folder, 'leak', leaks.groups, stands)}"
    )


def _copies(found: Inspection, folder: Path) -> str:
    report, groups = found.report["copies"], found.copies()
    how = (
        "mirrored, turned, cropped and shifted copies, too"
        if report["turned"]
        else "copies as they stand; one that is mirrored or turned is another picture here"
    )
    text = (
        f"<p>{count(report['n_copies'], 'image')} of {found.report['n_images']} show the same "
        f"picture as another, {report['n_exact']} of them pixel by pixel. Looked for were {how} "
        "(<code>--turned</code>). <code>sklimg fit</code> keeps the images of a group on one side "
        "of every split; all are in copies.csv.</p>"
    )
    mixed = set(label_conflicts(found.groups, found.table.labels).tolist())
    groups.sort(key=lambda rows: rows[0] not in mixed)
    told = [
        "several labels: " * (rows[0] in mixed) + ", ".join(dict.fromkeys(found.table.labels[rows]))
        for rows in groups
    ]
    return f'<h2 id="copies">Copies</h2>\n{text}{_figures(found, folder, "copies", groups, told)}'


def _figures(
    found: Inspection, folder: Path, name: str, groups: Sequence[np.ndarray], told: Sequence[str]
) -> str:
    """Return the pictures of groups, each with a text and its paths."""
    figures = []
    for k, (rows, text) in enumerate(list(zip(groups, told, strict=True))[:_MOST_GROUPS]):
        shown = _show(found, folder, f"{name}{k}", rows[:_MOST_COPIES], _MOST_COPIES)
        names = ", ".join(escape(found.name(row)) for row in rows[:_MOST_COPIES])
        names += f" and {len(rows) - _MOST_COPIES} more" if len(rows) > _MOST_COPIES else ""
        figures.append(
            f'<figure><img src="{shown}" alt="{len(rows)} images of one picture">'
            f"<figcaption><b>{escape(text)}</b> {names}</figcaption></figure>"
        )
    more = len(groups) - _MOST_GROUPS
    return "".join(figures) + (f"<p>… and {more} more groups</p>" if more > 0 else "")


def _looks(found: Inspection, folder: Path) -> str:
    parts = ['<h2 id="looks">Looks</h2>']
    for look in LOOKS:
        rows = np.flatnonzero(found.looks == look)
        if len(rows):
            shown = _show(found, folder, look, rows[:_MOST_LOOKS], _MOST_COPIES)
            first = ", ".join(escape(found.name(row)) for row in rows[:6])
            parts.append(
                f"<p><b>{len(rows)} {look}</b>: {_WORDS[look][1]}; all are in looks.csv</p>"
                f'<figure><img src="{shown}" alt="{look} images">'
                f"<figcaption>{first}{' …' if len(rows) > 6 else ''}</figcaption></figure>"
            )
    return "\n".join(parts if len(parts) > 1 else [*parts, "<p>None is dark, blurry or empty.</p>"])


def _rejects(found: Inspection) -> str:
    if not found.rejects:
        return '<h2 id="rejects">Rejected files</h2>\n<p>None: every file became an image.</p>'
    codes = "".join(
        f'<tr><th>{escape(code)}</th><td class="n">{n}</td></tr>'
        for code, n in found.report["rejects"].items()
    )
    lines = "".join(
        f"<tr><td>{escape(path)}</td><td>{escape(code)}</td><td>{escape(reason)}</td></tr>"
        for path, code, reason in found.rejects[:_MOST_REJECTS]
    )
    return (
        f'<h2 id="rejects">Rejected files</h2>\n<table>{codes}</table>\n<details><summary>'
        f"The first {min(len(found.rejects), _MOST_REJECTS)}; all are in rejects.csv</summary>"
        f"<table>{lines}</table></details>"
    )


def _show(found: Inspection, folder: Path, name: str, rows: Sequence[int], columns: int) -> str:
    """Write a mosaic of rows; return its address in the page."""
    return _save(folder, name, mosaic(found.pictures(rows), columns))


def _save(folder: Path, name: str, pixels: np.ndarray) -> str:
    (folder / "pictures" / f"{name}.png").write_bytes(encode_image(pixels))
    return f"pictures/{name}.png"
