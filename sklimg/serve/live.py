"""The model that answers now, and how another takes its place without anyone noticing.

Floor 7: the extra serve.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from fastapi.concurrency import run_in_threadpool

from sklimg.files import count
from sklimg.model import Model
from sklimg.serve.predictor import Predictor

__all__ = ["Answering", "Live"]

_PAUSE = 0.02  # seconds between two looks at whether an older model is still asked


class Answering:
    """A model, ready to answer, and what is told of it.

    Parameters
    ----------
    model : Model
    test : dict or None
        ``accuracy``, ``accuracy_interval`` and ``n_test`` of the run it comes from.

    Attributes
    ----------
    model : Model
    predictor : Predictor
    facts : dict
    n_users : int
        Requests that ask it.
    """

    def __init__(self, model: Model, test: dict[str, Any] | None):
        self.model, self.predictor, self.n_users = model, Predictor(model), 0
        self.facts = {
            "id": model.id,
            "words": _words(len(model.classes), test),
            "n_classes": len(model.classes),
            "n_pixels": model.spec.n_pixels,
            "image": asdict(model.spec),
            "image_is_known": model.spec_is_known,
            "threshold": model.threshold,
            "error_rate": model.error_rate,
            "test": test,
        }


class Live:
    """Where the model that answers is found; used in one event loop.

    Parameters
    ----------
    model : Model
    test : dict or None
        As of `Answering`.

    Attributes
    ----------
    now : Answering
    """

    def __init__(self, model: Model, test: dict[str, Any] | None):
        self.now = Answering(model, test)
        self._leaving: set[asyncio.Task] = set()

    @contextmanager
    def use(self) -> Iterator[Answering]:
        """Give a request the model that answers all of it, whatever takes its place meanwhile."""
        now = self.now
        now.n_users += 1
        try:
            yield now
        finally:
            now.n_users -= 1

    def exchange(self, newer: Answering) -> None:
        """Let another model answer from the next request on."""
        older, self.now = self.now, newer
        task = asyncio.get_running_loop().create_task(_leave(older))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def close(self) -> None:
        """End; whatever still waits is refused."""
        for task in list(self._leaving):
            task.cancel()
        await run_in_threadpool(self.now.predictor.close)


async def _leave(older: Answering) -> None:
    """Close a predictor when all who asked it are answered."""
    try:
        while older.n_users:
            await asyncio.sleep(_PAUSE)
    finally:
        await asyncio.shield(run_in_threadpool(older.predictor.close))


def _words(n_classes: int, test: dict[str, Any] | None) -> str:
    """Return what a model does, and how good it is."""
    text = f"Show it a picture, and it says which of {count(n_classes, 'class', 'classes')} it is."
    if test:
        shares = (test["accuracy"], *test["accuracy_interval"])
        found, low, high = (f"{100 * share:.1f} %" for share in shares)
        text += (
            f" Of {count(test['n_test'], 'picture')} that it had never seen, it knew {found} "
            f"(95 % interval: {low} to {high})."
        )
    return text
