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
    pictures = [
        {
            "id": each.id,
            "name": each.name,
            "labels": each.labels,
            "with_uploads": each.with_uploads,
            "with_table": each.with_table,
            "copy_of": each.copy_of,
            "is_new": each.change > upto,
            "picture": _drawn(keeper.store, each.id),
        }
        for each in found[asked.start : asked.start + asked.most]
    ]
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
        {
            "id": None,
            "name": None,
            "labels": [label],
            "with_uploads": [],
            "with_table": None,
            "copy_of": [],
            "is_new": False,
            "picture": picture_uri(row.reshape(shape)),
        }
        for label, row in rows[asked.start : asked.start + asked.most]
    ]
    return {"n_pictures": len(rows), "pictures": pictures}


def _drawn(store: Store, id: str) -> str | None:
    """Return a picture as an address; None if it is gone, or can no longer be decoded."""
    content = store.content(id)
    try:
        return None if content is None else picture_uri(read_image(content, _SHOWN))
    except ImageError:
        return None
