"""Where a run came from: its command, data and versions, and the files it is made of.

Floor 5: writes HTML, no file.
"""

from sklimg.files import count
from sklimg.markup import html_text
from sklimg.runfiles import RunFiles
from sklimg.runwords import fit_command
from sklimg.tablehtml import table

__all__ = ["files_html", "reproduce_html"]

_FILES = {
    "report.html": "this page",
    "MODEL_CARD.md": "what the model is for, how good it is, and its limits",
    "metrics.json": "all scores",
    "predictions.csv": "every test image: label, answer, probability of each class",
    "per_class.csv": "precision, recall and F1 of each class",
    "confusion.csv": "test images by true and predicted class",
    "splits.csv": "every image: its group and its part",
    "rejects.csv": "files that did not become images",
    "history.csv": "loss and accuracy in each epoch",
    "trials.csv": "every candidate of the search",
    "features.csv": "features that were compared",
    "config.json": "what was asked for",
    "data.json": "the data: its digest, its classes",
    "environment.json": "versions and machine",
    "data": "the images themselves, and what is known of each",
    "pictures.npz": "the test images that this page shows",
    "plots": "the figures of this page",
    "journal": "every fit of the search, to resume it",
    "model": "the model, with sums to check it by",
}
_LATE = ("report.html", "MODEL_CARD.md", "model")  # are written after this page, or with it


def reproduce_html(run: RunFiles) -> str:
    """Tell how to make the run again, from what, with which versions."""
    command, data, environment = fit_command(run), run.data, run.environment
    parts = []
    if command is None:
        parts.append(
            "<p>The data was given from Python as a table, so no command makes the run again; "
            f"<code>sklimg.fit</code> does, with the settings in config.json and the seed "
            f"{run.config['seed']}.</p>"
        )
    else:
        parts.append(f'<pre tabindex="0"><code>{html_text(command)}</code></pre>')
    same = "With the same data, machine and versions, it gives the same numbers, whatever the jobs."
    if run.config.get("max_time"):
        same += " A search that ends by the clock is the exception."
    parts.append(f"<p>{same}</p>")
    rows = [("data", data.get("path") or "a table in memory")]
    rows.append(("SHA-256 of the data", data.get("sha256") or "not taken: it is no single file"))
    if run.config.get("test") not in (None, ""):
        rows.append(("test", str(run.config["test"])))
    if parent := run.config.get("parent"):
        rows.append(("goes on from", f"{parent['run']}, model {parent['model']}"))
        rows.append(("added", run.config["added"]))
    rows += [("seed", str(run.config["seed"])), ("classifier", run.config["model"])]
    rows += [(f"chosen {key.rpartition('__')[2]}", str(v)) for key, v in _chosen(run)]
    if environment:
        cores = count(environment.get("cores") or 0, "core")
        machine = f"{environment.get('platform', 'unknown')}, {cores}"
        rows += [("machine", machine), ("Python", str(environment.get("python", "unknown")))]
        rows += [(name, str(v)) for name, v in environment.get("versions", {}).items()]
    else:
        rows.append(("versions and machine", "not recorded"))
    parts.append(table("What went into it", ("what", "value"), rows))
    return "".join(parts)


def _chosen(run: RunFiles) -> list[tuple]:
    return list((run.config.get("chosen") or {}).items())


def files_html(run: RunFiles) -> str:
    """List the files of the run folder."""
    rows = [
        (f"{name}/" if name in ("plots", "journal", "data", "model") else name, meaning)
        for name, meaning in _FILES.items()
        if name in _LATE or (run.place / name).exists()
    ]
    return f"<p>All in {_code(run.name)}:</p>" + table("Files of the run", ("file", "what"), rows)


def _code(text: str) -> str:
    return f"<code>{html_text(text)}</code>"
