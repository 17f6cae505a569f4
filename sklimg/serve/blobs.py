"""Files that are named by the SHA-256 of their bytes, in folders of their first letters.

Floor 7: writes below one folder.
"""

from collections.abc import Collection, Iterable
from pathlib import Path

from sklimg.serve.spools import sync

__all__ = ["Blobs"]


class Blobs:
    """The files in a folder.

    Parameters
    ----------
    folder : Path
        It must be there.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def file(self, id: str) -> Path:
        """Return where the file of an id belongs."""
        return self.folder / id[:2] / id

    def is_empty(self) -> bool:
        """Tell whether there is no file at all."""
        return next(self.folder.glob("*/*"), None) is None

    def put(self, files: Iterable[tuple[Path, str]]) -> None:
        """Move files, which are on this disk, to where they belong by their ids.

        Their names are on the disk when this returns.
        """
        changed = set()
        for file, id in files:
            place = self.file(id)
            if not place.parent.is_dir():
                place.parent.mkdir(mode=0o700)
                changed.add(self.folder)
            file.rename(place)
            changed.add(place.parent)
        for folder in changed:
            sync(folder)

    def keep(self, ids: Collection[str]) -> None:
        """Remove all files but those of these ids."""
        kept = {self.file(id) for id in ids}
        for file in self.folder.glob("*/*"):
            if file not in kept:
                file.unlink()
