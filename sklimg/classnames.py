"""Class names that are different texts and may be meant as one.

Labels are exact: nothing is joined or renamed here, it is only said.

Floor 2: works on texts, prints nothing.
"""

import unicodedata
from collections.abc import Callable, Iterable

from sklimg.files import natural_key

__all__ = ["alike_notes"]

_EXAMPLES = 6


def alike_notes(labels: Iterable[str]) -> list[str]:
    r"""Return notes on class names that differ by what the eye hardly sees.

    Parameters
    ----------
    labels : iterable of str
        Class names, or the labels of all rows.

    Returns
    -------
    notes : list of str
        On accents, composed or not, and on letter case and blanks.

    Examples
    --------
    >>> alike_notes(["Käse", "Ka\u0308se", "dog", "Dog "])[1]
    "2 class names differ only in letter case or blanks: 'dog', 'Dog '; are they one class?"
    """
    names = set(labels) - {""}
    composed = {_composed(name) for name in names}
    accents, case = _alike(names, _composed), _alike(composed, _bare)
    return [
        f"{len(alike)} class names differ only in {what}: "
        f"{', '.join(map(shown, alike[:_EXAMPLES]))}; are they one class?"
        for alike, what, shown in (
            (accents, "how their accents are stored", ascii),
            (case, "letter case or blanks", repr),
        )
        if alike
    ]


def _alike(names: Iterable[str], key: Callable[[str], str]) -> list[str]:
    """Return the names that share their key with another one, those alike together."""
    of_key: dict[str, list[str]] = {}
    for name in sorted(names, key=natural_key):
        of_key.setdefault(key(name), []).append(name)
    return [name for alike in of_key.values() if len(alike) > 1 for name in alike]


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _bare(name: str) -> str:
    return " ".join(name.casefold().split())
