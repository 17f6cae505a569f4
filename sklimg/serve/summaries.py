"""What is kept, counted, and what of it is in doubt.

Floor 7: works on rows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sklimg.files import natural_key

__all__ = ["Summary", "summarise"]

_MOST_OTHERS = 10  # labels that are told of other pictures


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


def summarise(
    rows: Iterable[tuple[str, str, bytes | None, str]], known: Mapping[bytes, str]
) -> Summary:
    """Count pictures, and find those in doubt.

    Parameters
    ----------
    rows : iterable of tuple
        Id, name, digest of the pixels, None if there is none, and label; a picture of
        several labels has as many rows.
    known : mapping of bytes to str
        Labels in the table that a model was trained on, by digest.

    Returns
    -------
    summary : Summary
        Its conflicts in the order of the rows.
    """
    names, digests = {}, {}
    labels_of, of_pixels = defaultdict(set), defaultdict(set)
    for id, name, digest, label in rows:
        names[id], digests[id] = name, digest
        labels_of[id].add(label)
        if digest is not None:
            of_pixels[digest].add(label)
    n_of_label = Counter(label for labels in labels_of.values() for label in labels)
    order = sorted(n_of_label, key=natural_key)
    place = {label: i for i, label in enumerate(order)}
    torn = {
        digest: sorted(labels, key=place.__getitem__)[:_MOST_OTHERS]
        for digest, labels in of_pixels.items()
        if len(labels) > 1
    }
    conflicts, n_of_table = [], 0
    for id, digest in digests.items():
        labels, in_table = labels_of[id], known.get(digest)
        n_of_table += labels == {in_table}
        if len(labels) > 1 or digest in torn or in_table not in (None, *labels):
            conflicts.append(
                {
                    "id": id,
                    "name": names[id],
                    "labels": sorted(labels, key=place.__getitem__),
                    "with_uploads": [each for each in torn.get(digest, ()) if each not in labels],
                    "with_table": None if labels == {in_table} else in_table,
                }
            )
    n_seen = sum(digest is not None for digest in digests.values()) - len(of_pixels)
    copies = {"of_table": n_of_table, "among_uploads": n_seen}
    counts = {label: n_of_label[label] for label in order}
    return Summary(counts, len(digests), conflicts, copies)
