"""What is kept, counted, and what of it is in doubt.

Floor 7: works on rows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sklimg.files import natural_key

__all__ = ["Found", "Summary", "look", "summarise"]

_MOST_OTHERS = 10  # labels that are told of other pictures


class Found(NamedTuple):
    """A picture that is kept, beside all others.

    Attributes
    ----------
    id, name : str or None
        None for one that was not uploaded.
    labels : list of str
        In natural order.
    with_uploads : list of str
        Other labels that uploads with the same pixels have.
    with_table : str or None
        Another label that the table of the model has for its pixels.
    copy_of : list of str
        "table" if that has it with the same label, "upload" if an earlier one has its pixels.
    change : int
        Grows with every change of any picture.
    """

    id: str | None
    name: str | None
    labels: list[str]
    with_uploads: list[str]
    with_table: str | None
    copy_of: list[str]
    change: int

    @property
    def is_in_doubt(self) -> bool:
        """Whether somebody has to decide for one label."""
        return len(self.labels) > 1 or bool(self.with_uploads) or self.with_table is not None


class Summary(NamedTuple):
    """What is kept.

    Attributes
    ----------
    counts : dict of str to int
        Pictures of each label, in natural order; one of several labels counts for each.
    n_pictures : int
    conflicts : list of dict
        Pictures in doubt, with ``id``, ``name`` and ``labels``, and which other labels the
        same pixels have: ``with_uploads``, a list, and ``with_table``, a label or None.
    copies : dict of str to int
        ``of_table``: pictures that the table has with the same label; ``among_uploads``:
        pictures whose pixels an earlier one has.
    """

    counts: dict[str, int]
    n_pictures: int
    conflicts: list[dict[str, Any]]
    copies: dict[str, int]


def look(
    rows: Iterable[tuple[str, str, bytes | None, int, str]], known: Mapping[bytes, str]
) -> list[Found]:
    """Find what is the same as something else, or contradicts it.

    Parameters
    ----------
    rows : iterable of tuple
        Id, name, digest of the pixels, None if there is none, number of the last change, and
        label; a picture of several labels has as many rows.
    known : mapping of bytes to str
        Labels in the table that a model was trained on, by digest.

    Returns
    -------
    found : list of Found
        In the order of the rows.
    """
    told, labels_of, of_pixels = {}, defaultdict(set), defaultdict(set)
    for id, name, digest, change, label in rows:
        told[id] = name, digest, change
        labels_of[id].add(label)
        if digest is not None:
            of_pixels[digest].add(label)
    every = {label for labels in labels_of.values() for label in labels}
    place = {label: i for i, label in enumerate(sorted(every, key=natural_key))}
    torn = {
        digest: sorted(labels, key=place.__getitem__)[:_MOST_OTHERS]
        for digest, labels in of_pixels.items()
        if len(labels) > 1
    }
    found, seen = [], set()
    for id, (name, digest, change) in told.items():
        labels, in_table = labels_of[id], known.get(digest)
        copy_of = ["table"] if labels == {in_table} else []
        if digest in seen:
            copy_of.append("upload")
        if digest is not None:
            seen.add(digest)
        found.append(
            Found(
                id,
                name,
                sorted(labels, key=place.__getitem__),
                [each for each in torn.get(digest, ()) if each not in labels],
                None if labels == {in_table} else in_table,
                copy_of,
                change,
            )
        )
    return found


def summarise(found: Sequence[Found]) -> Summary:
    """Count pictures, and list those in doubt, in their order."""
    n_of_label = Counter(label for each in found for label in each.labels)
    named = ("id", "name", "labels", "with_uploads", "with_table")
    conflicts = [
        {name: getattr(each, name) for name in named} for each in found if each.is_in_doubt
    ]
    copies = {
        "of_table": sum("table" in each.copy_of for each in found),
        "among_uploads": sum("upload" in each.copy_of for each in found),
    }
    counts = {label: n_of_label[label] for label in sorted(n_of_label, key=natural_key)}
    return Summary(counts, len(found), conflicts, copies)
