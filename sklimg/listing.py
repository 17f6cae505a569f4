"""List the images of a folder, a manifest or a map, with their labels.

Every file below a folder is listed as an image to read or as a reject, so that
always ``files seen = rows + rejects``. Reject codes are those of `ImageError` and

=============  ============================================================
ignored        dot files, ``Thumbs.db``, ``__MACOSX``: what systems leave behind;
               files that describe tiles; tables and what describes them
bad_name       a name that is not UTF-8
link           a link that leads out of the folder
unlisted       a file that the manifest above it does not mention
no_label       an image that the given labels do not mention
missing        a file or folder that is gone, or was never there
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
from sklimg.tablewriter import KINDS, rejects_file, sidecar

__all__ = ["IGNORED", "JUNK", "Item", "Listing", "is_junk", "list_images"]

IGNORED = "ignored"
JUNK = (IGNORED, "left behind by a system or an editor")
_JUNK_NAMES = ("Thumbs.db", "desktop.ini", "__MACOSX")
_BAD_NAME = ("bad_name", "the name is not UTF-8; rename it")
_NO_COLUMNS: dict[str, str] = {}  # of all items without any


@dataclass(frozen=True, slots=True)
class Item:
    """One image to read; a million of them stand in memory, so they share what they can.

    Attributes
    ----------
    root : str
        The folder that the name is relative to.
    name : str
        Its path in the table.
    label : str
    columns : dict of str to str
        What else is known of it.
    """

    root: str
    name: str
    label: str
    columns: dict[str, str] = field(default_factory=lambda: _NO_COLUMNS)

    @property
    def file(self) -> Path:
        """Where it is."""
        return Path(self.root, self.name)


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
        Files about to be written: ignored should they stand in a folder, refused
        as a list of images.

    Raises
    ------
    UsageError
        If the source is a table, or a list of images in it is about to be written.
    DataError
        If the source is missing.
    TableError
        If a manifest or map cannot be used.
    """
    source = Path(source)
    own = {os.path.realpath(path) for path in leave}
    own |= {_place(os.fspath(path)) for path in leave}  # where a link to it stands
    if source.is_dir():
        listing = _list_folder(source, labels, own)
    elif not source.exists():
        raise DataError(f"{source}: no such file or folder; check the path")
    elif source.name.endswith((".csv", ".csv.gz", ".npz")):
        listing = _list_map(_known_map(source), source.parent, own)
    else:
        item = Item(str(source.parent), source.name, source.resolve().parent.name)
        odd = [(path_text(item.name), *_BAD_NAME)]
        listing = Listing([item]) if _has_text_names(item) else Listing(rejects=odd)
    if labels == "none":
        listing.items = [replace(item, label="") for item in listing.items]
    elif labels not in ("auto", "folder", "manifest"):
        _relabel(listing, Path(labels), own)
    return listing


def is_junk(parts: Sequence[str]) -> bool:
    """Tell by the parts of a path whether a system or an editor left it behind."""
    return any(part.startswith(".") or part in _JUNK_NAMES for part in parts)


def _list_folder(root: Path, labels: str, own: set[str]) -> Listing:
    """List a folder; below one with a manifest, the manifest says what there is."""
    listing, through = Listing(), labels in ("auto", "manifest")
    real_root, told, told_names = Path(os.path.realpath(root)), [], set()
    if labels == "manifest" and not _has_manifest(root, real_root):
        raise TableError(
            f"{root}: expected a {MANIFEST} in it, found none, or a link that leads out of it; "
            "put one there or pass --labels folder"
        )
    for folder, below, names in os.walk(root, onerror=partial(_unreadable, listing, root)):
        real, prefix = os.path.realpath(folder), PurePath(folder).relative_to(root)
        is_told = any(Path(folder).is_relative_to(place) for place in told)
        if through and not is_told and _has_manifest(Path(folder), real_root):
            inner = _list_map(Path(folder, MANIFEST), root, own)
            told, is_told = [*told, folder], True
            told_names |= {item.name for item in inner.items}
            is_named = not is_junk(Path(folder).relative_to(root).parts)
            for item in inner.items:
                _add(listing, item, real_root, is_found=False, is_named=is_named)
        links = [name for name in below if Path(folder, name).is_symlink()]
        label, made = "" if is_told else Path(real).name, _tables(names)
        for name in names + links:
            item = Item(str(root), str(prefix / name), label)
            if f"{real}/{name}" in own:
                listing.rejects.append((path_text(item.name), IGNORED, "written by this command"))
            elif name in made and item.name not in told_names:
                listing.rejects.append((path_text(item.name), IGNORED, "a table, or describes one"))
            elif item.name not in told_names:
                _add(listing, item, real_root, is_unlisted=is_told)
    listing.items.sort(key=_natural_path)
    listing.rejects.sort()
    of_folder = {item.name.rpartition("/")[0]: item.label for item in listing.items}
    holders = Counter(of_folder.values())
    twice = sorted((label for label, n in holders.items() if n > 1), key=natural_key)
    if twice and not told:
        listing.notes.append(
            f"{root}: {count(len(twice), 'class name')} on several folders, joined: "
            f"{', '.join(twice[:5])}"
        )
    return listing


def _has_manifest(folder: Path, root: Path) -> bool:
    """Tell whether a manifest stands in a folder, not only a link that leads out of *root*."""
    path = folder / MANIFEST
    return path.exists() and Path(os.path.realpath(path)).is_relative_to(root)


def _tables(names: Sequence[str]) -> set[str]:
    """Return which files of a folder are tables, told by what describes them, and that."""
    there = set(names)
    made = {name for name in names if name.endswith(KINDS) and str(sidecar(name)) in there}
    return made | {str(beside(name)) for name in made for beside in (sidecar, rejects_file)}


def _natural_path(item: Item) -> str:
    return "".join(natural_key(part) + "\0" for part in item.name.split("/"))


def _add(
    listing: Listing,
    item: Item,
    root: Path,
    *,
    is_found: bool = True,
    is_named: bool = False,
    is_unlisted: bool = False,
) -> None:
    """Add an image, found or told of, or the reason why it is not even to be opened.

    What a manifest names (is_named) is no junk, such as tiles labelled ".NET".
    """
    name, parts = item.name, item.name.split("/")
    may_lead_out = not is_found or item.file.is_symlink()
    if not is_named and is_junk(parts):
        reject = JUNK
    elif not _has_text_names(item):
        reject = _BAD_NAME
    elif may_lead_out and not Path(os.path.realpath(item.file)).is_relative_to(root):
        reject = ("link", "it leads out of the folder; put a copy in its place")
    elif may_lead_out and item.file.is_symlink() and item.file.is_dir():
        reject = (IGNORED, "a link to a folder that is listed itself")
    elif parts[-1] in OWN_FILES:
        reject = (IGNORED, "describes the tiles beside it")
    elif is_unlisted:
        reject = ("unlisted", f"the {MANIFEST} above it does not mention it; add a line for it")
    else:
        listing.items.append(item)
        return
    listing.rejects.append((path_text(name), *reject))


def _has_text_names(item: Item) -> bool:
    """Tell whether UTF-8 can hold the name and the label."""
    return path_text(item.name) == item.name and path_text(item.label) == item.label


def _place(path: str) -> str:
    """Return where a file or link itself stands, the links above it followed."""
    folder, name = os.path.split(path)
    return f"{os.path.realpath(folder)}/{name}"


def _unreadable(listing: Listing, root: Path, err: OSError) -> None:
    name = path_text(os.path.relpath(err.filename, root))
    if isinstance(err, FileNotFoundError):
        reject = ("missing", "the folder was there and is gone; was it moved or deleted?")
    else:
        reject = ("unreadable", f"the folder cannot be read: {err.strerror}")
    listing.rejects.append((name, *reject))


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


def _list_map(path: Path, root: Path, own: set[str]) -> Listing:
    """List the images of a manifest or map; names are relative to *root*."""
    columns = _read_list(path, own)
    known = [name for name in ("group", "split") if name in columns]
    listing = Listing()
    prefix = path.parent.relative_to(root)
    for i, (name, label) in enumerate(zip(columns["path"], columns["label"], strict=True)):
        extra = {key: columns[key][i] for key in known} if known else _NO_COLUMNS
        listing.items.append(Item(str(root), str(prefix / name), label, extra))
    return listing


def _read_list(path: Path, own: set[str]) -> dict[str, list[str]]:
    """Read the columns of a manifest or map, each path in it once."""
    if os.path.realpath(path) in own:
        raise UsageError(f"{path}: is read here and cannot be written too; choose another -o")
    columns = read_records(path, ("path", "label"))
    names = [os.path.normpath(name) for name in columns["path"]]  # ./a and a are one
    if len(set(names)) < len(names):
        twice = next(name for name, n in Counter(names).items() if n > 1)
        raise TableError(f"{path}: the path {twice!r} stands twice; which label is right?")
    return columns


def _relabel(listing: Listing, path: Path, own: set[str]) -> None:
    """Take the labels from a map; what only one of the two knows becomes a reject."""
    columns = _read_list(path, own)
    given = dict(zip(columns["path"], columns["label"], strict=True))
    reason = f"{path} does not mention it; add a line for it"
    listing.rejects += [(i.name, "no_label", reason) for i in listing.items if i.name not in given]
    listing.items = [replace(i, label=given.pop(i.name)) for i in listing.items if i.name in given]
    listing.rejects += [(name, "missing", f"{path} mentions it") for name in given]
