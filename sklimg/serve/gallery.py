"""Pictures to look at, some at a time: those that were uploaded, those of the model's table.

Whatever the bytes of an upload are, what is shown of it is drawn anew from its pixels. That
takes half a second for a small file of many pixels, so one request at a time is drawn, and
what was drawn is kept for a while.

Floor 7: decodes.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi.concurrency import run_in_threadpool

from sklimg.errors import ImageError
from sklimg.images import read_image
from sklimg.reportpictures import picture_uri
from sklimg.serve.dataschemas import Listed
from sklimg.serve.keeper import Keeper
from sklimg.serve.problems import Problem
from sklimg.serve.summaries import Found
from sklimg.spec import ImageSpec

__all__ = ["Gallery"]

_MOST_WAITING = 8  # requests
_MOST_DRAWN = 2000  # pictures that are kept, of some kB each
_SHOWN = ImageSpec(side=96, mode="RGB", fit="pad")


class Gallery:
    """The pictures of a service, to look at; used in one event loop.

    Parameters
    ----------
    keeper : Keeper
    """

    def __init__(self, keeper: Keeper):
        self._keeper = keeper
        self._one, self._n_waiting = asyncio.Lock(), 0
        self._drawn: OrderedDict[str, str] = OrderedDict()

    async def page(self, asked: Listed, is_gone: Callable[[], Awaitable[bool]]) -> dict[str, Any]:
        """Return some pictures, with how many there are.

        Parameters
        ----------
        asked : Listed
        is_gone : callable
            Tells whether nobody waits for them any more; then none are drawn.

        Raises
        ------
        Problem
            503 if too many wait.
        """
        if self._n_waiting >= _MOST_WAITING:
            raise Problem(503, "busy", "too many look at pictures; ask again", {"Retry-After": "2"})
        self._n_waiting += 1
        try:
            async with self._one:
                if await is_gone():
                    return {"n_pictures": 0, "pictures": []}
                find = self._uploaded if asked.source == "uploads" else self._learned
                return await run_in_threadpool(find, asked)
        finally:
            self._n_waiting -= 1

    def _uploaded(self, asked: Listed) -> dict[str, Any]:
        """Return a page of what was uploaded, the newest first."""
        current = self._keeper.lineage.current()
        upto = current.upto if current else 0
        found = [
            each
            for each in reversed(self._keeper.store.found(self._keeper.learned().labels))
            if (asked.label is None or asked.label in each.labels)
            and (each.is_in_doubt or not asked.in_doubt)
        ]
        shown = found[asked.start : asked.start + asked.most]
        pictures = [_told(each, each.change > upto, self._picture(each.id)) for each in shown]
        return {"n_pictures": len(found), "pictures": pictures}

    def _learned(self, asked: Listed) -> dict[str, Any]:
        """Return a page of the first pictures of the model's table, as the model sees them."""
        first, shape = self._keeper.learned().first, self._keeper.store.spec.shape
        rows = [
            (label, row)
            for label, rows in first.items()
            if asked.label in (None, label)
            for row in rows
        ]
        pictures = [
            _told(
                Found(None, None, [label], [], None, [], 0), False, picture_uri(row.reshape(shape))
            )
            for label, row in rows[asked.start : asked.start + asked.most]
        ]
        return {"n_pictures": len(rows), "pictures": pictures}

    def _picture(self, id: str) -> str | None:
        """Return a picture as an address; None if it is gone, or can no longer be decoded."""
        if id in self._drawn:
            self._drawn.move_to_end(id)
            return self._drawn[id]
        content = self._keeper.store.content(id)
        try:
            drawn = None if content is None else picture_uri(read_image(content, _SHOWN))
        except ImageError:
            drawn = None
        if drawn is not None:  # what cannot be read may be put back
            self._drawn[id] = drawn
            if len(self._drawn) > _MOST_DRAWN:
                self._drawn.popitem(last=False)
        return drawn


def _told(found: Found, is_new: bool, picture: str | None) -> dict[str, Any]:
    told = found._asdict() | {
        "in_doubt": found.is_in_doubt,
        "is_new": is_new,
        "picture": picture,
    }
    del told["change"]
    return told
