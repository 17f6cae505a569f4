"""List the images of a folder, a manifest or a map, with their labels.

Every file below a folder is listed as an image to read or as a reject, so that
always ``files seen = rows + rejects``. Reject codes are those of `ImageError` and

=============  ============================================================
ignored        dot files, ``Thumbs.db``, ``__MACOSX``: what systems leave behind
bad_name       a name that is not UTF-8
link           a link that leads out of the folder
no_label       an image that the given labels do not mention
=============  ============================================================

Floor 2: looks at folders and reads lists, opens no image.
"""

import os
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from sklimg.errors import DataError, TableError, UsageError
from sklimg.files import natural_key
from sklimg.records import read_records
from sklimg.table import is_table
from sklimg.tiles import MANIFEST

__all__ = ["IGNORED", "Item", "Listing", "list_images"]

IGNORED = "ignored"
_JUNK = ("Thumbs.db", "desktop.ini", "__MACOSX")


@dataclass(frozen=True)
class Item:
    """One image to read: where it is, its name in the table, what is known of it."""

    file: Path
    name: str
    label: str
    columns: dict[str, str] = field(default_factory=dict)


@dataclass
class Listing:
    """The images of one source, what is not one, and what a person should know."""

    items: list[Item] = field(default_factory=list)
    rejects: list[tuple[str, str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def list_images(source: str | os.PathLike, labels: str = "auto") -> Listing:
    """List the images of one source, labelled, in natural order.

    Parameters
    ----------
    source : path
        A folder, a manifest or map (CSV with ``path,label[,group,split]``), or
        one image.
    labels : {"auto", "folder", "manifest", "none"} or path, default="auto"
        "folder": the folder that directly holds an image; "manifest": the
        ``manifest.csv`` of a folder, which must be there; "auto": the manifest
        where there is one; "none"; else a map with paths relative to the source.

    Raises
    ------
    DataError
        If the source is missing.
    TableError
        If a manifest or map cannot be used.
    """
    source = Path(source)
    if source.is_dir():
        listing = _list_folder(source, labels)
    elif source.suffix.lower() == ".csv" and source.is_file():
        if is_table(source):
            raise UsageError(f"{source}: expected images or a map of them, got a table of vectors")
        listing = _list_map(source, source.parent)
    elif source.exists():
        listing = Listing([Item(source, source.name, source.absolute().parent.name)])
    else:
        raise DataError(f"{source}: no such file or folder; check the path")
    if labels == "none":
        listing.items = [replace(item, label="") for item in listing.items]
    elif labels not in ("auto", "folder", "manifest"):
        _relabel(listing, Path(labels))
    return listing


def _list_folder(root: Path, labels: str) -> Listing:
    """List a folder; below one with a manifest, the manifest says what there is."""
    listing, through = Listing(), labels in ("auto", "manifest")
    if labels == "manifest" and not (root / MANIFEST).exists():
        raise TableError(f"{root}: expected a {MANIFEST} in it, found none; pass --labels folder")
    for folder, below, names in os.walk(root):
        if through and MANIFEST in names:
            inner = _list_map(Path(folder, MANIFEST), root)
            listing.items += inner.items
            listing.rejects += inner.rejects
            below.clear()
            continue
        links = [name for name in below if Path(folder, name).is_symlink()]
        for name in names + links:
            file = Path(folder, name)
            relative = file.relative_to(root)
            if problem := _problem(file, relative, root):
                listing.rejects.append((_text(relative), *problem))
            else:
                label = file.absolute().parent.name
                listing.items.append(Item(file, relative.as_posix(), label))
    listing.items.sort(key=lambda item: [natural_key(part) for part in PurePath(item.name).parts])
    listing.rejects.sort()
    holders = Counter(item.label for item in {i.file.parent: i for i in listing.items}.values())
    twice = sorted((label for label, n in holders.items() if n > 1), key=natural_key)
    if twice and not (root / MANIFEST).exists():
        listing.notes.append(
            f"{root}: {len(twice)} class names stand on several folders and were joined: "
            f"{', '.join(twice[:5])}"
        )
    return listing


def _problem(file: Path, relative: Path, root: Path) -> tuple[str, str] | None:
    """Return (code, reason) if a file is not even to be opened."""
    if any(part.startswith(".") or part in _JUNK for part in relative.parts):
        return IGNORED, "left behind by a system or an editor"
    if _text(relative) != str(relative):
        return "bad_name", "the name is not UTF-8; rename it"
    target = Path(os.path.realpath(file))  # unlike resolve(), it bears a link to itself
    if file.is_symlink() and not target.is_relative_to(os.path.realpath(root)):
        return "link", "the link leads out of the folder; put a copy in its place"
    if file.is_symlink() and file.is_dir():
        return IGNORED, "a link to a folder that is listed itself"
    return None


def _list_map(path: Path, root: Path) -> Listing:
    """List the images of a manifest or map; names are relative to *root*."""
    columns = read_records(path, ("path", "label"))
    known = [name for name in ("group", "split") if name in columns]
    listing = Listing()
    prefix = path.parent.relative_to(root)
    for i, (name, label) in enumerate(zip(columns["path"], columns["label"], strict=True)):
        extra = {key: columns[key][i] for key in known}
        listing.items.append(Item(path.parent / name, (prefix / name).as_posix(), label, extra))
    return listing


def _relabel(listing: Listing, path: Path) -> None:
    """Take the labels from a map; images that it does not mention become rejects."""
    columns = read_records(path, ("path", "label"))
    given = dict(zip(columns["path"], columns["label"], strict=True))
    missing = [item for item in listing.items if item.name not in given]
    reason = f"{path} does not mention it; add a line for it"
    listing.rejects += [(item.name, "no_label", reason) for item in missing]
    listing.items = [
        replace(item, label=given[item.name]) for item in listing.items if item.name in given
    ]


def _text(path: Path) -> str:
    """Return a path as text that UTF-8 can hold."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
