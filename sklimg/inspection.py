"""Check a data set: what it holds, and what it hides.

Floor 5: reads data, prints nothing.
"""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sklimg.batches import read_batches
from sklimg.duplicates import Copies, find_copies
from sklimg.errors import ImageError
from sklimg.files import natural_key, path_text
from sklimg.groups import join_groups, label_conflicts
from sklimg.images import image_size
from sklimg.leaks import Leaks, find_leaks
from sklimg.listing import IGNORED
from sklimg.looks import judge_looks
from sklimg.names import LOOKS, SPLIT_WORDS, TURNED
from sklimg.parts import name_of
from sklimg.sources import read_data
from sklimg.spec import ImageSpec
from sklimg.table import Table, is_table

__all__ = ["Inspection", "check"]

_SEEN = ImageSpec(64, "L")  # how looks are judged
_SHOWN = ImageSpec(64, "RGB", fit="pad")
_NO_PATH = "row {}"
_AT_ONCE = 1 << 22  # pixels that are judged at a time


@dataclass
class Inspection:
    """What `check` found.

    Attributes
    ----------
    report : dict
        Counts, sizes, copies, conflicts, leaks, looks and rejects, ready for JSON.
    table : Table
    groups : ndarray of shape (n_images,), int
        Copies and near copies of one picture have the same number.
    looks : ndarray of shape (n_images,) of str
        As from `judge_looks`.
    leaks : Leaks
    rejects : list of (path, code, reason)
    notes : list of str
    files : list of Path, optional
        The image files, where the data are files.
    """

    report: dict
    table: Table
    groups: np.ndarray
    looks: np.ndarray
    leaks: Leaks
    rejects: list[tuple[str, str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    files: list[Path] | None = None

    @property
    def refused(self) -> int:
        """Number of files that are no images, junk not counted."""
        return sum(code != IGNORED for _, code, _ in self.rejects)

    def name(self, row: int) -> str:
        """Return the path of a row, or its number where it has none."""
        return self.table.paths[row] or _NO_PATH.format(row)

    def copies(self) -> list[np.ndarray]:
        """Return the rows of each group of two or more, the largest groups first."""
        order = np.argsort(self.groups, kind="stable")
        groups = np.split(order, np.flatnonzero(np.diff(self.groups[order])) + 1)
        return sorted((g for g in groups if len(g) > 1), key=lambda g: (-len(g), g[0]))

    def pictures(self, rows: Sequence[int]) -> list[np.ndarray]:
        """Return rows as pictures of about 64 pixels a side, in colour where there is colour."""
        if self.files is not None:
            batches = read_batches([self.files[row] for row in rows], _SHOWN)
            reads = [read for batch in batches for read in batch]
            gone = np.full(_SHOWN.shape, 128, np.uint8)
            return [gone if isinstance(read, ImageError) else read[0] for read in reads]
        factor = max(1, _SHOWN.side // self.table.spec.side)
        images = self.table.pixels[np.asarray(rows, int)].reshape(-1, *self.table.spec.shape)
        return list(images.repeat(factor, axis=1).repeat(factor, axis=2))


def check(
    data: str | os.PathLike | Table,
    turned: str = TURNED[0],
    jobs: int = -1,
    progress: Callable[[int, int], None] | None = None,
) -> Inspection:
    """Look a data set over before anything is fitted to it.

    Parameters
    ----------
    data : path or Table
        Whatever `sklimg.fit` takes.
    turned : {"auto", "yes", "no"}, default="auto"
        Whether a mirrored, turned, cropped or shifted picture is a copy; "auto"
        judges by the data: no for symbols, yes for photographs.
    jobs : int, default=-1
        Processes that decode images; -1 for one a core.
    progress : callable, optional
        Called with the number of images looked at and in all.

    Returns
    -------
    inspection : Inspection

    Raises
    ------
    DataError, TableError
        If there is nothing to read.
    """
    read = read_data(data, jobs=jobs)
    table, files = read.table, _files(data, read.table)
    copies = find_copies(table.pixels, table.spec, labels=table.labels, turned=turned)
    together = copies.groups
    if "group" in table.columns:
        together = join_groups(together, table.columns["group"])
    looks = _looks(table, files, jobs, progress)
    leaks, notes = find_leaks(table, together), [*read.notes, *copies.notes]
    if leaks.strange:
        notes.append(
            f"sklimg fit takes {', '.join(SPLIT_WORDS)} in the column split, not "
            f"{', '.join(map(repr, leaks.strange[:5]))}"
        )
    found = Inspection({}, table, copies.groups, looks, leaks, read.rejects, notes, files)
    found.report = {"data": path_text(str(name_of(data)))} | _report(found, copies)
    return found


def _report(found: Inspection, copies: Copies) -> dict:
    """Return what was found, ready for JSON."""
    table, leaks, members = found.table, found.leaks, found.copies()
    n_copies = len(table) - len(np.unique(copies.groups))
    conflicts = label_conflicts(copies.groups, table.labels)
    unlike = [
        {"paths": [found.name(row) for row in rows], "labels": table.labels[rows].tolist()}
        for rows in members
        if rows[0] in conflicts
    ]
    odd = {look: [found.name(r) for r in np.flatnonzero(found.looks == look)] for look in LOOKS}
    return {
        "n_images": len(table),
        "image": table.spec.as_dict(),
        "classes": _classes(table, copies.groups),
        "sizes": None if found.files is None else _sizes(found.files),
        "copies": {
            "n_copies": n_copies,
            "n_exact": len(table) - len(np.unique(copies.exact)),
            "n_groups": len(members),
            "n_pictures": len(table) - n_copies,
            "turned": copies.turned,
            "groups": [[found.name(row) for row in rows] for rows in members],
        },
        "label_conflicts": unlike,
        "leaks": {
            "is_given": leaks.is_given,
            "n_groups": len(leaks.groups),
            "n_images": sum(map(len, leaks.groups)),
            "between": leaks.between,
            "groups": [
                {
                    "paths": [found.name(row) for row in rows],
                    "splits": table.columns["split"][rows].tolist(),
                }
                for rows in leaks.groups
            ],
        },
        **odd,
        "rejects": dict(sorted(Counter(code for _, code, _ in found.rejects).items())),
        "problems": {
            "leak": len(leaks.groups),
            "copy": n_copies,
            "label": len(unlike),
            "corrupt": found.refused,
            **{look: len(names) for look, names in odd.items()},
        },
    }


def _files(data: str | os.PathLike | Table, table: Table) -> list[Path] | None:
    """Return where the images of a folder or a map are; None for a table."""
    if isinstance(data, Table) or (Path(data).is_file() and is_table(Path(data))):
        return None
    root = Path(data) if Path(data).is_dir() else Path(data).parent
    return [root / name for name in table.paths]


def _looks(
    table: Table, files: list[Path] | None, jobs: int, progress: Callable | None
) -> np.ndarray:
    """Judge files at a size where blur is seen, and a table by the pixels it has."""
    if files is None:
        step = max(1, _AT_ONCE // table.spec.n_pixels)
        blocks = (table.pixels[start : start + step] for start in range(0, len(table), step))
        return np.concatenate([judge_looks(_grey(block, table.spec)) for block in blocks])
    looks: list[str] = []
    for batch in read_batches(files, _SEEN, jobs):
        good = [read[0] for read in batch if not isinstance(read, ImageError)]
        judged = iter(judge_looks(np.stack(good)) if good else ())
        looks += ["" if isinstance(read, ImageError) else next(judged) for read in batch]
        if progress:
            progress(len(looks), len(files))
    return np.array(looks, object)


def _grey(pixels: np.ndarray, spec: ImageSpec) -> np.ndarray:
    images = pixels.reshape(-1, *spec.shape)
    return images if spec.mode == "L" else images.mean(axis=3, dtype=np.float32)


def _sizes(files: list[Path]) -> dict:
    """Return smallest, middle and largest of height, width and aspect; vanished files are none."""
    sizes = []
    for file in files:
        try:
            sizes.append(image_size(file))
        except ImageError:
            continue
    height, width = np.array(sizes or [(0, 1)]).T
    spread = {"height": height, "width": width, "aspect": width / np.maximum(height, 1)}
    return {
        "n_different": len(set(sizes)),
        **{
            name: [float(f(values)) for f in (np.min, np.median, np.max)]
            for name, values in spread.items()
        },
    }


def _classes(table: Table, groups: np.ndarray) -> dict[str, dict[str, int]]:
    """Return images and different pictures of each class, in natural order."""
    images = Counter(table.labels)
    pictures = Counter(label for label, _ in set(zip(table.labels, groups, strict=True)))
    names = sorted(images, key=natural_key)
    return {name: {"n_images": images[name], "n_pictures": pictures[name]} for name in names}
