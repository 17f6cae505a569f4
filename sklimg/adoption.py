"""A run that stands alone: its files, and the table that it was made of beside them.

Floor 6: writes a folder, prints nothing.
"""

import json
import os
import shutil
from pathlib import Path

from sklimg.files import as_json, file_sha256, new_folder, path_text
from sklimg.model import load
from sklimg.modelfiles import find_model
from sklimg.names import TABLE
from sklimg.recorded import read_recorded
from sklimg.runfiles import damage_told, read_run
from sklimg.runfolder import CONFIG, JOURNAL
from sklimg.table import write_table

__all__ = ["adopt"]


def adopt(run: str | os.PathLike, out: str | os.PathLike, jobs: int = -1) -> None:
    """Copy a run with its table, so that it can be gone on with wherever the copy is.

    Parameters
    ----------
    run : path
        As of `sklimg.retrain`.
    out : path
        The folder to make, absent or empty. Its model is the same, to the id.
    jobs : int, default=-1
        Processes that decode images.

    Raises
    ------
    DataError, TableError
        If the table is missing or has changed.
    ModelError
        If the model is missing or damaged.
    OutputError
        If *out* cannot be written.
    """
    seen = load(run).seen
    place = find_model(run).parent
    told = read_run(place)
    with damage_told(run):
        recorded = read_recorded(told, seen, jobs=jobs)
    with new_folder(out) as folder:
        for path in sorted(place.iterdir()):
            if path.is_dir() and path.name not in (JOURNAL, TABLE.parts[0]):
                shutil.copytree(path, folder / path.name)
            elif path.is_file():
                shutil.copyfile(path, folder / path.name)
        (folder / TABLE).parent.mkdir()
        write_table(recorded.table, folder / TABLE)
        where = {"path": path_text(Path(out).absolute() / TABLE)}
        data = told.data | where | {"sha256": file_sha256(folder / TABLE)}
        (folder / "data.json").write_bytes(as_json(data))
        config = json.loads((folder / CONFIG).read_bytes()) | {"data": where["path"], "test": None}
        (folder / CONFIG).write_bytes(as_json(config))
