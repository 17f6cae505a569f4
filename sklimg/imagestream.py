"""The images of several sources, listed at once and decoded block by block.

Names are held in memory, as natural order wants them all; pixels are not.

Floor 2: opens images, writes nothing, prints nothing.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sklimg.batches import read_batches
from sklimg.errors import DataError, ImageError
from sklimg.files import count, one_line
from sklimg.images import image_size
from sklimg.listing import IGNORED, Item, list_images
from sklimg.looks import INK_SHARE, show_ink
from sklimg.manifest import were_cleaned
from sklimg.spec import ImageSpec
from sklimg.workers import Workers

__all__ = ["Block", "ImageStream", "refusals"]

_SAMPLE = 256  # images looked at to tell ink from photographs
_PHOTO_SIDE = 64  # pixels that a photograph has at most, unless told
_GREYISH = 24  # levels between the channels of a pixel that has no colour
_COLOURED = 0.05  # of the pixels of a coloured picture


@dataclass
class Block:
    """Some images: their pixels, flattened, what is known of them, and their sources.

    Attributes
    ----------
    pixels : ndarray of shape (n_images, n_pixels), uint8
    items : list of Item
    origins : list of int
        The source of each, by its number.
    """

    pixels: np.ndarray
    items: list[Item]
    origins: list[int]


class ImageStream:
    """The images of several sources, in natural order.

    Parameters
    ----------
    sources : sequence of path
        Folders, manifests, maps or single images.
    spec : ImageSpec
    labels : {"auto", "folder", "manifest", "none"} or path, default="auto"
        Where labels come from; see `sklimg.listing.list_images`.
    settle : bool, default=True
        Whether "auto" is first settled for the whole set: `invert` stays "auto" where
        the images show ink on paper and becomes "no" for photographs, `clean` becomes
        "yes" where all sources are tiles that were cleaned when they were cut.
    photos : bool, default=False
        Whether photographs, if they are to be settled, become as large as they are, up
        to 64x64, and keep their colours.
    leave : sequence of path
        Files about to be written; see `sklimg.listing.list_images`.

    Attributes
    ----------
    items : list of Item
        The images listed, read or not.
    spec : ImageSpec
        Settled.
    columns : list of str
        Names of the further columns that any of the items has.
    rejects : list of (path, code, reason)
        What did not become pixels, so far.
    notes : list of str
        What a person should know, so far.
    """

    def __init__(
        self,
        sources: Sequence[str | os.PathLike],
        spec: ImageSpec,
        *,
        labels: str = "auto",
        settle: bool = True,
        photos: bool = False,
        leave: Sequence[str | os.PathLike] = (),
    ):
        listings = [list_images(source, labels, leave) for source in sources]
        self.sources = [os.fspath(source) for source in sources]
        self.sizes = [len(listing.items) for listing in listings]
        self.items = [item for listing in listings for item in listing.items]
        self.rejects = [reject for listing in listings for reject in listing.rejects]
        self.notes = [note for listing in listings for note in listing.notes]
        self.notes += _shared_names(self.items) if len(listings) > 1 else []
        self.columns = list(dict.fromkeys(name for item in self.items for name in item.columns))
        if settle and spec.clean == "auto":
            is_clean = bool(sources) and all(map(were_cleaned, sources))
            spec = replace(spec, clean="yes" if is_clean else "no")
        is_open = settle and spec.invert == "auto"
        self.spec = _settled(self.items, spec, photos) if is_open else spec

    def read(
        self, jobs: int | Workers = 1, progress: Callable[[int, int], None] | None = None
    ) -> Iterator[Block]:
        """Decode the images, block by block, in order; may be done once.

        Parameters
        ----------
        jobs : int, default=1
            Processes that decode; -1 for one a core.
        progress : callable, optional
            Called with the number of images done and in all.

        Raises
        ------
        DataError
            In the end, if no image could be read.
        """
        done = n_kept = n_framed = 0
        origins = np.repeat(np.arange(len(self.sizes)), self.sizes)
        first_framed = ""
        for batch in read_batches(_Files(self.items), self.spec, jobs):
            pixels, kept = [], []
            for at, read in enumerate(batch, start=done):
                if isinstance(read, ImageError):
                    self.rejects.append((self.items[at].name, read.code, one_line(read)))
                    continue
                pixels.append(read[0].reshape(-1))
                kept.append(at)
                if read[1]:
                    n_framed, first_framed = n_framed + 1, first_framed or self.items[at].name
            done += len(batch)
            n_kept += len(kept)
            if kept:
                items = [self.items[at] for at in kept]
                yield Block(np.stack(pixels), items, origins[kept].tolist())
            if progress:
                progress(done, len(self.items))
        if n_framed:
            files = count(n_framed, "file")
            self.notes.append(
                f"the first frame was taken of {files} that hold several: {first_framed}"
            )
        if not n_kept:
            raise DataError(self._nothing())

    def _nothing(self) -> str:
        first = next((reason for _, code, reason in self.rejects if code != IGNORED), None)
        return (
            f"{', '.join(self.sources)}: expected images, got none in "
            f"{count(len(self.rejects), 'file')}; the first: {first or 'no files at all'}"
        )


def refusals(rejects: Sequence[tuple[str, str, str]]) -> list[str]:
    """Return why each reject that is more than junk was refused, with its path."""
    return [
        reason if path in reason else f"{path}: {reason}"
        for path, code, reason in rejects
        if code != IGNORED
    ]


class _Files(Sequence):
    """The files of items, made when they are asked for: a path is larger than its item."""

    def __init__(self, items: Sequence[Item]):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, at):
        if isinstance(at, slice):
            return [item.file for item in self.items[at]]
        return self.items[at].file


def _shared_names(items: Sequence[Item]) -> list[str]:
    """Return a note if images of several sources have one path in the table."""
    shared = [name for name, n in Counter(item.name for item in items).items() if n > 1]
    if not shared:
        return []
    paths = count(len(shared), "path")
    return [f"{paths} in several sources, each with a row of its own: {shared[0]}"]


def _settled(items: Sequence[Item], spec: ImageSpec, photos: bool) -> ImageSpec:
    """Return the spec with invert settled: "auto" for ink on paper, else "no"."""
    picked = np.unique(np.linspace(0, len(items) - 1, _SAMPLE).astype(int)) if items else []
    files = [items[i].file for i in picked]
    images = _read(files, replace(spec, mode="L", invert="no", clean="no"))
    if len(images) and np.mean(show_ink(images)) >= INK_SHARE:
        return replace(spec, invert="auto")
    spec = replace(spec, invert="no")
    if not photos or not len(images):
        return spec
    colours = _read(files, replace(spec, mode="RGB", clean="no")).astype(int)
    is_coloured = np.mean(np.ptp(colours, axis=3) > _GREYISH, axis=(1, 2)) > _COLOURED
    sides = [min(size) for size in map(_size, files) if size is not None]
    side = int(np.clip(np.median(sides), spec.side, _PHOTO_SIDE)) if sides else spec.side
    return replace(spec, side=side, mode="RGB" if is_coloured.any() else "L")


def _size(file: str | os.PathLike) -> tuple[int, int] | None:
    """Return the size of an image; None of one that is listed as a reject when it is read."""
    try:
        return image_size(file)
    except ImageError:
        return None


def _read(files: Sequence, spec: ImageSpec) -> np.ndarray:
    """Return those images that can be read."""
    read = [one for batch in read_batches(files, spec) for one in batch]
    images = [one[0] for one in read if not isinstance(one, ImageError)]
    return np.stack(images) if images else np.empty((0, *spec.shape), np.uint8)
