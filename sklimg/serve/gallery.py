"""Pictures to look at, some at a time: those that were uploaded, those of the model's table.

Whatever the bytes of an upload are, what is shown of it is drawn anew from its pixels.

Floor 7: decodes.
"""

from typing import Any

from sklimg.errors import ImageError
from sklimg.images import read_image
from sklimg.reportpictures import picture_uri
from sklimg.serve.dataschemas import Listed
from sklimg.serve.keeper import Keeper
from sklimg.serve.store import Store
from sklimg.serve.summaries import Found
from sklimg.spec import ImageSpec

__all__ = ["learned_pictures", "uploaded_pictures"]

_SHOWN = ImageSpec(side=96, mode="RGB", fit="pad")


def uploaded_pictures(keeper: Keeper, asked: Listed) -> dict[str, Any]:
    """Return a page of what was uploaded, the newest first."""
    current = keeper.lineage.current()
    upto = current.upto if current else 0
    found = [
        each
        for each in reversed(keeper.store.found(keeper.learned().labels))
        if (asked.label is None or asked.label in each.labels)
        and (each.is_in_doubt or not asked.in_doubt)
    ]
    shown = found[asked.start : asked.start + asked.most]
    pictures = [_told(each, each.change > upto, _drawn(keeper.store, each.id)) for each in shown]
    return {"n_pictures": len(found), "pictures": pictures}


def learned_pictures(keeper: Keeper, asked: Listed) -> dict[str, Any]:
    """Return a page of the first pictures of the model's table, as the model sees them."""
    first, shape = keeper.learned().first, keeper.store.spec.shape
    rows = [
        (label, row)
        for label, rows in first.items()
        if asked.label in (None, label)
        for row in rows
    ]
    pictures = [
        _told(Found(None, None, [label], [], None, [], 0), False, picture_uri(row.reshape(shape)))
        for label, row in rows[asked.start : asked.start + asked.most]
    ]
    return {"n_pictures": len(rows), "pictures": pictures}


def _told(found: Found, is_new: bool, picture: str | None) -> dict[str, Any]:
    told = found._asdict() | {"is_new": is_new, "picture": picture}
    del told["change"]
    return told


def _drawn(store: Store, id: str) -> str | None:
    """Return a picture as an address; None if it is gone, or can no longer be decoded."""
    content = store.content(id)
    try:
        return None if content is None else picture_uri(read_image(content, _SHOWN))
    except ImageError:
        return None
