"""List the images of a folder, a manifest or a map, with their labels.

Every file below a folder is listed as an image to read or as a reject, so that
always ``files seen = rows + rejects``. Reject codes are those of `ImageError` and

=============  ============================================================
ignored        dot files, ``Thumbs.db``, ``__MACOSX``: what systems leave behind;
               files that describe tiles
bad_name       a name that is not UTF-8
link           a link that leads out of the folder
unlisted       a file that the manifest above it does not mention
no_label       an image that the given labels do not mention
unreadable     a folder that cannot be read
=============  ============================================================

Floor 2: looks at folders and reads lists, opens no image.
"""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePath

from sklimg.errors import DataError, TableError, UsageError
from sklimg.files import count, natural_key, path_text
from sklimg.names import MANIFEST, OWN_FILES
from sklimg.records import read_records
from sklimg.table import is_table

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


def list_images(
    source: str | os.PathLike, labels: str = "auto", leave: Sequence[str | os.PathLike] = ()
) -> Listing:
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
    leave : sequence of path
        Files that are ignored should they stand in a folder.

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
    elif not source.exists():
        raise DataError(f"{source}: no such file or folder; check the path")
    elif source.name.endswith((".csv", ".csv.gz", ".npz")):
        listing = _list_map(_known_map(source), source.parent)
    else:
        listing = Listing([Item(source, source.name, source.resolve().parent.name)])
    own = {os.path.realpath(path): Path(path).name for path in leave}
    alike = [item for item in listing.items if item.file.name in own.values()]
    for item in [item for item in alike if os.path.realpath(item.file) in own]:
        listing.items.remove(item)
        listing.rejects.append((item.name, IGNORED, "written by this very command"))
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
    real_root, told, told_names = Path(os.path.realpath(root)), [], set()
    for folder, below, names in os.walk(root, onerror=partial(_unreadable, listing, root)):
        is_told = any(Path(folder).is_relative_to(place) for place in told)
        if through and MANIFEST in names and not is_told:
            inner = _list_map(Path(folder, MANIFEST), root)
            told, is_told = [*told, folder], True
            told_names |= {item.name for item in inner.items}
            is_named = not _is_junk(Path(folder).relative_to(root).parts)
            for item in inner.items:
                _add(listing, item, real_root, is_named=is_named)
        links = [name for name in below if Path(folder, name).is_symlink()]
        for file in (Path(folder, name) for name in names + links):
            name = file.relative_to(root).as_posix()
            if name not in told_names:
                label = "" if is_told else Path(folder).resolve().name
                _add(listing, Item(file, name, label), real_root, is_told)
    listing.items.sort(key=lambda item: [natural_key(part) for part in PurePath(item.name).parts])
    listing.rejects.sort()
    holders = Counter(item.label for item in {i.file.parent: i for i in listing.items}.values())
    twice = sorted((label for label, n in holders.items() if n > 1), key=natural_key)
    if twice and not told:
        listing.notes.append(
            f"{root}: {count(len(twice), 'class name')} on several folders, joined: "
            f"{', '.join(twice[:5])}"
        )
    return listing


def _add(
    listing: Listing, item: Item, root: Path, is_unlisted: bool = False, is_named: bool = False
) -> None:
    """Add an image to a listing, or the reason why it is not even to be opened.

    What a manifest names (is_named) is no junk, such as tiles labelled ".NET".
    """
    name, parts = item.name, PurePath(item.name).parts
    if not is_named and _is_junk(parts):
        reject = (IGNORED, "left behind by a system or an editor")
    elif path_text(name) != name or path_text(item.label) != item.label:
        reject = ("bad_name", "the name is not UTF-8; rename it")
    elif not (target := _target(item.file)).is_relative_to(root):
        reject = ("link", "it leads out of the folder; put a copy in its place")
    elif item.file.is_symlink() and target.is_dir():
        reject = (IGNORED, "a link to a folder that is listed itself")
    elif parts[-1] in OWN_FILES:
        reject = (IGNORED, "describes the tiles beside it")
    elif is_unlisted:
        reject = ("unlisted", f"the {MANIFEST} above it does not mention it; add a line for it")
    else:
        listing.items.append(item)
        return
    listing.rejects.append((path_text(name), *reject))


def _is_junk(parts: Sequence[str]) -> bool:
    """Tell by the parts of a path whether a system or an editor left it behind."""
    return any(part.startswith(".") or part in _JUNK for part in parts)


def _target(file: Path) -> Path:
    """Return where a path leads; unlike `Path.resolve` it bears a link to itself."""
    is_plain = not file.is_symlink() and ".." not in file.parts
    return (
        Path(os.path.realpath(file.parent), file.name) if is_plain else Path(os.path.realpath(file))
    )


def _unreadable(listing: Listing, root: Path, err: OSError) -> None:
    name = path_text(os.path.relpath(err.filename, root))
    listing.rejects.append((name, "unreadable", f"the folder cannot be read: {err.strerror}"))


def _known_map(path: Path) -> Path:
    """Return *path* if it is a map of images; raise if it is a table, or neither."""
    if is_table(path):
        raise UsageError(f"{path}: expected images or a map of them, got a table of vectors")
    if path.suffix != ".csv" or not {"path", "label"} <= set(read_records(path)):
        raise TableError(
            f"{path}: expected a map with the columns path,label or a table with "
            "label,path,pixel0,... or image_vector,label; add a header"
        )
    return path


def _list_map(path: Path, root: Path) -> Listing:
    """List the images of a manifest or map; names are relative to *root*."""
    columns = read_records(path, ("path", "label"))
    _check_once(path, columns["path"])
    known = [name for name in ("group", "split") if name in columns]
    listing = Listing()
    prefix = path.parent.relative_to(root)
    for i, (name, label) in enumerate(zip(columns["path"], columns["label"], strict=True)):
        extra = {key: columns[key][i] for key in known}
        listing.items.append(Item(path.parent / name, (prefix / name).as_posix(), label, extra))
    return listing


def _check_once(path: Path, names: list[str]) -> None:
    if len(set(names)) < len(names):
        twice = next(name for name, count in Counter(names).items() if count > 1)
        raise TableError(f"{path}: the path {twice!r} stands twice; which label is right?")


def _relabel(listing: Listing, path: Path) -> None:
    """Take the labels from a map; what only one of the two knows becomes a reject."""
    columns = read_records(path, ("path", "label"))
    _check_once(path, columns["path"])
    given = dict(zip(columns["path"], columns["label"], strict=True))
    reason = f"{path} does not mention it; add a line for it"
    listing.rejects += [(i.name, "no_label", reason) for i in listing.items if i.name not in given]
    listing.items = [replace(i, label=given.pop(i.name)) for i in listing.items if i.name in given]
    listing.rejects += [(name, "missing", f"{path} mentions it") for name in given]
