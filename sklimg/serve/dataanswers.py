"""What a service answers to who brings pictures, or decides about them.

Floor 7: the extra serve.
"""

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from fastapi import Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from sklimg.errors import OutputError
from sklimg.serve.answers import json_answer
from sklimg.serve.bodies import media_type
from sklimg.serve.dataschemas import Listed
from sklimg.serve.gallery import Gallery
from sklimg.serve.keeper import Keeper
from sklimg.serve.pictures import Stored
from sklimg.serve.problems import Problem
from sklimg.serve.summaries import summarise
from sklimg.serve.uploadforms import check_label
from sklimg.serve.uploads import receive

__all__ = ["DataAnswers", "json_object", "kept_by"]

_AT_ONCE = 2**20  # bytes of a body that are written at a time
_N_UPLOADS = 2  # that are taken apart at once
_MOST_CONFLICTS = 1000  # that are told
_MOST_JSON = 2**14  # bytes


def kept_by(keeper: Any) -> Any:
    """Return what keeps things; raise if nothing does."""
    if keeper is None:
        raise Problem(409, "no_folder", "this service keeps nothing; start it with --data")
    return keeper


async def json_object(request: Request, kinds: dict[str, type], needed: bool) -> dict[str, Any]:
    """Return the object that a request brings, its keys among those of *kinds*.

    Raises
    ------
    Problem
        415 if it is of another type, 400 if it is damaged, 422 if it holds something else.
    """
    body = await request.body()
    kind = media_type(request.headers.get("content-type", ""))
    if not body and not needed:
        return {}
    if kind != "application/json":
        raise Problem(
            415,
            "content_type",
            f"Content-Type: expected application/json, got {kind[:80] or 'none'}",
        )
    try:
        if len(body) > _MOST_JSON:
            raise ValueError(f"more than {_MOST_JSON} bytes")
        told = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as err:
        raise Problem(400, "json", f"body: expected JSON, got something else: {err}") from err
    if (
        not isinstance(told, dict)
        or not set(told) <= set(kinds)
        or (needed and set(told) != set(kinds))
        or any(type(value) is not kinds[key] for key, value in told.items())
    ):
        wanted = ", ".join(f"{key}: {kind.__name__}" for key, kind in kinds.items())
        raise Problem(422, "content", f"body: expected an object with {wanted}, got another one")
    return told


class DataAnswers:
    """The answers about pictures; each public method that takes a request is a page.

    Parameters
    ----------
    keeper : Keeper or None
    """

    def __init__(self, keeper: Keeper | None):
        self._keeper = keeper
        self._gallery = None if keeper is None else Gallery(keeper)
        self._uploads = asyncio.Semaphore(_N_UPLOADS)

    async def upload(self, request: Request) -> Response:
        """Labelled pictures, or a zip file of them; answered when they are on the disk.

        The same picture twice is one. Under a second label it is kept, told as a conflict,
        and not trained on until one label is decided for.
        """
        keeper = kept_by(self._keeper)
        content_type = request.headers.get("content-type", "")
        if media_type(content_type) != "multipart/form-data":
            raise Problem(
                415,
                "content_type",
                "Content-Type: expected multipart/form-data, got "
                f"{media_type(content_type)[:80] or 'none'}",
            )
        spool = keeper.store.incoming / f"body-{secrets.token_hex(8)}"
        try:
            await _spooled(request, spool)
            async with self._uploads:
                stored, rejects = await _on_disk(_taken, keeper, spool, content_type)
        finally:
            await run_in_threadpool(spool.unlink, missing_ok=True)
        if not stored:
            detail = f"none of {len(rejects)} files is a picture that can be kept"
            first = f": {rejects[0]['name']}: {rejects[0]['detail']}" if rejects else ""
            raise Problem(422, "image", detail + first, errors=rejects)
        return json_answer({"pictures": [each._asdict() for each in stored], "rejected": rejects})

    async def summary(self, request: Request) -> Response:
        """Pictures that were uploaded: how many of each class, copies, and what is in doubt."""
        keeper = kept_by(self._keeper)
        return json_answer(await _on_disk(_summary, keeper))

    async def pictures(self, request: Request, asked: Annotated[Listed, Query()]) -> Response:
        """Some of the pictures, each with what else is known of it."""
        gallery = kept_by(self._gallery)
        return json_answer(await gallery.page(asked, request.is_disconnected))

    async def decide(self, request: Request, id: str) -> Response:
        """Give a picture one label, in place of all that it has."""
        keeper = kept_by(self._keeper)
        told = await json_object(request, {"label": str}, needed=True)
        check_label(told["label"])
        if not await _on_disk(keeper.store.decide, id, told["label"]):
            raise _no_picture(id)
        return json_answer({"id": id, "label": told["label"]})

    async def remove(self, request: Request, id: str) -> Response:
        """Forget a picture that was uploaded."""
        keeper = kept_by(self._keeper)
        if not await _on_disk(keeper.store.remove, id):
            raise _no_picture(id)
        return Response(status_code=204)


async def _spooled(request: Request, spool: Path) -> None:
    """Write a body to a file as it comes."""
    with await run_in_threadpool(spool.open, "wb") as file:
        waiting = bytearray()
        async for piece in request.stream():
            waiting += piece
            if len(waiting) >= _AT_ONCE:
                await _on_disk(file.write, bytes(waiting))
                waiting.clear()
        await _on_disk(file.write, bytes(waiting))
        await _on_disk(file.flush)


def _taken(
    keeper: Keeper, spool: Path, content_type: str
) -> tuple[list[Stored], list[dict[str, str]]]:
    """Take a form apart and keep its pictures."""
    store = keeper.store
    received = receive(spool, content_type, store.incoming, store.spec)
    return store.add(received.pictures), received.rejects


def _summary(keeper: Keeper) -> dict[str, Any]:
    """Return what is told of all pictures."""
    learned = keeper.learned()
    pictures = keeper.store.found(learned.labels)
    found = summarise(pictures)
    current = keeper.lineage.current()
    upto = current.upto if current else 0
    n_new = Counter(label for each in pictures if each.change > upto for label in each.labels)
    return {
        "n_pictures": found.n_pictures,
        "n_new": keeper.store.n_since(upto),
        "classes": [
            {"label": label, "pictures": n, "new": n_new[label]}
            for label, n in found.counts.items()
        ],
        "copies": found.copies,
        "n_conflicts": len(found.conflicts),
        "conflicts": found.conflicts[:_MOST_CONFLICTS],
        "table_is_damaged": learned.is_damaged,
    }


async def _on_disk(work: Callable[..., Any], *args: Any) -> Any:
    """Do in a thread what may meet a disk that refuses."""
    try:
        return await run_in_threadpool(work, *args)
    except OSError as err:
        reason = str(err) if isinstance(err, OutputError) else err.strerror
        raise Problem(507, "disk", f"the pictures cannot be kept: {reason}") from err


def _no_picture(id: str) -> Problem:
    return Problem(404, "not_found", f"{id[:80]}: no picture of this id; GET /data lists doubts")
