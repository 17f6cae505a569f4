"""The report of a run: one page, with its pictures, that needs no network.

Floor 5: writes report.html, prints nothing.
"""

from pathlib import Path
from string import Template

from sklimg.confusiontable import cells_json
from sklimg.files import count, write_bytes
from sklimg.markup import html_text
from sklimg.pageparts import page_part, policy_digest
from sklimg.reportanswer import answer_html, headline
from sklimg.reportorigin import files_html, reproduce_html
from sklimg.reportsections import SECTIONS
from sklimg.runfiles import RunFiles

__all__ = ["REPORT", "report_html", "write_report"]

REPORT = "report.html"
_LAST = (
    ("reproduce", "Reproduce", "How to make it again", reproduce_html),
    ("files", "Files", "The files of the run", files_html),
)


def write_report(run: RunFiles) -> Path:
    """Write the page of a run into its folder, whole; return its path.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    path = run.place / REPORT
    write_bytes(path, report_html(run))
    return path


def report_html(run: RunFiles) -> bytes:
    """Return the page of a run."""
    style, script = page_part("report.css"), page_part("report.js")
    sections, contents = [], []
    for place, short, title, fill in (*SECTIONS, *_LAST):
        if body := fill(run):
            contents.append(f'<li><a href="#{place}">{short}</a></li>')
            sections.append(
                f'<section id="{place}" aria-labelledby="{place}-title">'
                f'<h2 id="{place}-title">{title}</h2>\n{body}</section>'
            )
    source = run.data.get("path")
    name = Path(source).name if source else "a table"
    classes = count(len(run.data["classes"]), "class", "classes")
    page = Template(page_part("report.html")).substitute(
        title=html_text(f"{headline(run)}: {name}"),
        heading=html_text(headline(run)),
        kicker=html_text(f"A classifier of {name}, {classes}"),
        answer=answer_html(run),
        contents="".join(contents),
        sections="\n".join(sections),
        foot=html_text(f"Run {run.name}, made by sklimg {_version(run)}."),
        cells=cells_json(run),
        style=style,
        script=script,
        style_hash=policy_digest(style),
        script_hash=policy_digest(script),
    )
    return page.encode("utf-8", "backslashreplace")


def _version(run: RunFiles) -> str:
    return run.environment.get("versions", {}).get("sklimg", "of an unknown version")
