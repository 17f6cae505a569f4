"""What a service keeps in its folder: pictures, models, jobs; opened together.

Floor 7: the extra serve.
"""

import os
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

from sklimg.errors import ModelError
from sklimg.model import Model, load
from sklimg.modelfiles import find_model
from sklimg.names import TABLE
from sklimg.serve.children import adopt_run
from sklimg.serve.database import Database
from sklimg.serve.learned import Learned, read_learned
from sklimg.serve.lineage import Kept, Lineage
from sklimg.serve.store import Store

__all__ = ["Keeper", "open_keeper"]


class Keeper:
    """The pictures and models in the folder of a service.

    Parameters
    ----------
    folder : Path
    store : Store
    lineage : Lineage
    why_not : str
        Why the model cannot be gone on with; empty if it can.

    Attributes
    ----------
    folder, store, lineage, why_not
        As given.
    """

    def __init__(self, folder: Path, store: Store, lineage: Lineage, why_not: str = ""):
        self.folder, self.store, self.lineage, self.why_not = folder, store, lineage, why_not
        self._one_reader = Lock()
        self._learned: tuple[str, Learned] = ("", Learned({}, {}))

    def learned(self) -> Learned:
        """Return what the current model was trained on; nothing if it came without its run."""
        current = self.lineage.current()
        if current is None or current.run is None:
            return Learned({}, {})
        with self._one_reader:
            if self._learned[0] != current.id:
                self._learned = current.id, read_learned(current.run / TABLE)
            return self._learned[1]

    def close(self) -> None:
        """Let another service open the folder."""
        self.store.close()
        self.store.database.close()


def open_keeper(
    folder: Path,
    path: str | os.PathLike | None,
    model: Model,
    test: dict[str, Any] | None,
    tell: Callable[[str], None],
) -> tuple[Keeper, Model, dict[str, Any] | None]:
    """Open the folder of a service, and find the model that is to answer.

    That is the newest of those that came from *model*, if the folder has some; else *model*
    itself, whose run is copied into the folder with its table.

    Parameters
    ----------
    folder : Path
        It is there.
    path : path, optional
        What *model* was loaded from.
    model : Model
    test : dict or None
        How good it was found.
    tell : callable
        Called with a line of text.

    Raises
    ------
    OutputError
        If the folder cannot be written, or another service uses it.
    DataError
        If what it keeps is damaged.
    ModelError
        If the model that is to answer is damaged.
    """
    database = Database(folder / "service.sqlite")
    try:
        store = Store(database, folder, model.spec)
    except BaseException:
        database.close()
        raise
    try:
        lineage = Lineage(database, folder)
        lineage.interrupt_jobs()
        current = lineage.follow(model.id)
        if current is None or current.run is None:
            why_not = _begin(lineage, path, model, test, folder, tell)
        else:
            why_not = ""
            if current.id != model.id:
                model, test = load(current.run), current.test
                tell(f"{model.id} answers, which was retrained from {lineage.origin}")
        return Keeper(folder, store, lineage, why_not), model, test
    except BaseException:
        store.close()
        database.close()
        raise


def _begin(
    lineage: Lineage,
    path: str | os.PathLike | None,
    model: Model,
    test: dict[str, Any] | None,
    folder: Path,
    tell: Callable[[str], None],
) -> str:
    """Let a model from elsewhere answer; return why it cannot be gone on with, if so."""
    try:
        place = find_model(path)
        is_run = place.name == "model" and (place.parent / "metrics.json").is_file()
    except ModelError:
        is_run = False
    run, why_not = lineage.place(model.id), ""
    if not is_run:
        why_not = "the model came without its run"
    elif not run.exists():
        why_not = adopt_run(str(place.parent), run, folder)
        if not why_not:
            tell(f"the run was copied to {run}, with the images that it was made of")
    if why_not:
        tell(f"no retraining here: {why_not}")
    lineage.begin(Kept(model.id, None if why_not else run, 0, test))
    return why_not
