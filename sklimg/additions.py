"""A table that is added to: what stands in it already, and how it was made.

Of each old row its path, its label and a digest of its pixels are held in memory;
the pixels are read twice, first to know them and then to copy them.

Floor 2: reads a table, writes what describes it; prints nothing.
"""

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sklimg.digests import pixel_digests
from sklimg.errors import DataError, OutputError, UsageError
from sklimg.files import as_json, count, path_text, write_bytes
from sklimg.imagestream import Block, ImageStream
from sklimg.layouts import LAYOUTS
from sklimg.partials import alone_in
from sklimg.records import read_records, records_csv
from sklimg.sources import stale_notes
from sklimg.spec import ImageSpec
from sklimg.table import read_blocks, read_spec, table_layout
from sklimg.tablewriter import TableWriter, reject_columns, rejects_file, sidecar

__all__ = ["OldTable"]

_OPTIONS = {"side": "size"}  # where the option has another name than the field


class OldTable:
    """A table on disk, known well enough to tell which images are new to it.

    Parameters
    ----------
    path : path
    asked : mapping of str to value
        Fields of the image spec, and ``layout``, that must be those of the table.

    Attributes
    ----------
    spec : ImageSpec
    layout : {"wide", "vector", "npz"}
    columns : list of str
        Names of the further ones.
    n_of_class : Counter
        Rows of each label.
    n_there : int
        Images that were found to be in the table so far.

    Raises
    ------
    DataError, TableError
        If it cannot be read, or nothing describes it.
    UsageError
        If it was made in another way than *asked*.
    """

    def __init__(self, path: str | os.PathLike, asked: Mapping[str, Any]):
        self.path = Path(path)
        self._identity = self._stat()
        self.layout = table_layout(self.path)
        self.spec, self._words = self._described()
        self._check(asked)
        self._stale = stale_notes(self.path)
        self.n_of_class: Counter = Counter()
        self.columns: list[str] = []
        self._labels: dict[tuple[str, int], str] = {}  # of each path and digest
        self._paths: set[str] = set()
        for block in read_blocks(self.path):
            self.columns = list(block.columns)
            self.n_of_class.update(block.labels)
            keys = self._keys(block.pixels, block.paths, block.labels)
            self._labels.update(zip(keys, block.labels, strict=True))
            self._paths.update(block.paths)
        self.n_there = 0
        self._changed: list[str] = []
        self._relabelled: list[tuple[str, str, str]] = []

    @property
    def notes(self) -> list[str]:
        """What a person should know."""
        if not self._changed:
            return []
        paths, first = count(len(self._changed), "path"), self._changed[0]
        return [f"{paths} with other pixels now; the old rows stay beside the new: {first}"]

    @property
    def warnings(self) -> list[str]:
        """What contradicts the table."""
        if not self._relabelled:
            return self._stale
        images, (name, old, new) = count(len(self._relabelled), "image"), self._relabelled[0]
        return [
            *self._stale,
            f"labels differ for {images} that the table has already, and were left as they are "
            f"there; the first: {name}, {old!r} in the table, {new!r} now",
        ]

    def new_rows(self, block: Block) -> Block:
        """Return the images of a block that are not in the table; count the others."""
        names, labels = ([getattr(i, what) for i in block.items] for what in ("name", "label"))
        new = []
        for at, key in enumerate(self._keys(block.pixels, names, labels)):
            label = self._labels.get(key)
            if label is None:
                new.append(at)
                self._labels[key] = labels[at]  # may come again, by another source
                if self.layout != "vector" and names[at] in self._paths:
                    self._changed.append(names[at])
                continue
            self.n_there += 1
            if labels[at] not in ("", label):
                self._relabelled.append((names[at], label, labels[at]))
        return Block(
            block.pixels[new], [block.items[at] for at in new], [block.origins[at] for at in new]
        )

    def copy_to(self, writer: TableWriter) -> None:
        """Write all old rows."""
        for block in read_blocks(self.path):
            writer.append(block.pixels, block.labels, block.paths, block.columns)

    def check_unchanged(self) -> None:
        """Raise if another program wrote the table since it was read."""
        if self._stat() != self._identity:
            raise OutputError(
                f"{self.path}: was changed by another program meanwhile, and nothing was added; "
                "run the command again"
            )

    def rejects(self, images: ImageStream) -> list[tuple[str, str, str]]:
        """Return the rejects of the table: old ones that were not seen again, and new ones.

        What another source than those of the table holds under the same path is
        another file.
        """
        known = {source.get("path") for source in self._words.get("sources", [])}
        seen = set()
        if known & set(map(path_text, images.sources)):
            seen = {item.name for item in images.items} | {reject[0] for reject in images.rejects}
        return [reject for reject in self._old_rejects() if reject[0] not in seen] + images.rejects

    def about(self, sources: Sequence[dict], n_rejects: int) -> dict[str, Any]:
        """Return what the JSON file tells besides: old and new sources, number of rejects."""
        added = [source for source in sources if source["n_images"]]
        known = self._words.get("sources", [])
        return self._words | {"n_rejects": n_rejects, "sources": [*known, *added]}

    def describe_again(self, images: ImageStream) -> None:
        """Write what describes the table if the rejects are others now; leave the table."""
        rejects = self.rejects(images)
        if rejects == self._old_rejects():
            return
        with alone_in(Path(os.path.realpath(self.path)).parent):
            self.check_unchanged()
            write_bytes(rejects_file(self.path), records_csv(reject_columns(rejects)))
            write_bytes(sidecar(self.path), as_json(self.about([], len(rejects))))

    def _described(self) -> tuple[ImageSpec, dict[str, Any]]:
        """Return the image spec and all words beside the table."""
        spec = read_spec(self.path)
        if spec is None:
            raise DataError(
                f"{self.path}: expected {sidecar(self.path).name} beside it to tell how its images "
                "became pixels, found nothing of it; make the table again without --append"
            )
        words = json.loads(sidecar(self.path).read_bytes())
        sources = words.get("sources", [])
        if not isinstance(sources, list) or not all(isinstance(s, dict) for s in sources):
            raise DataError(
                f"{sidecar(self.path)}: expected a list of sources, got {str(sources)[:60]}; make "
                "the table again without --append"
            )
        return spec, words

    def _check(self, asked: Mapping[str, Any]) -> None:
        made = self.spec.as_dict() | {"layout": self.layout}
        for name, value in asked.items():
            was_settled = name in ("invert", "clean") and value == "auto"
            is_npz = (name, value, made[name]) == ("layout", LAYOUTS[0], "npz")
            if value != made[name] and not was_settled and not is_npz:
                raise UsageError(
                    f"--{_OPTIONS.get(name, name)}: expected {made[name]}, by which {self.path} "
                    f"was made, got {value}; leave the option out or choose another -o"
                )

    def _keys(
        self, pixels: np.ndarray, paths: Sequence[str], labels: Sequence[str]
    ) -> list[tuple[str, int]]:
        """Return what tells images apart: path and pixels; without paths, label and pixels."""
        texts = labels if self.layout == "vector" else paths
        return list(zip(texts, pixel_digests(pixels).tolist(), strict=True))

    def _old_rejects(self) -> list[tuple[str, str, str]]:
        path = rejects_file(self.path)
        if not path.exists():
            return []
        columns = read_records(path, reject_columns([]))
        return list(zip(*(columns[name] for name in reject_columns([])), strict=True))

    def _stat(self) -> list[tuple[int, ...]]:
        """Return what tells whether the table, or what describes it, was written again."""
        places = (self.path, sidecar(self.path), rejects_file(self.path))
        found = [place.stat() for place in places if place.exists()]
        return [(f.st_dev, f.st_ino, f.st_size, f.st_mtime_ns) for f in found]
