"""Where runs go: folders below artifacts/, and the link to the latest of them."""

import re
from pathlib import Path
from urllib.parse import unquote

from sklimg.names import ARTIFACTS, LATEST

__all__ = ["bare_name", "move_latest", "new_place"]


def new_place(name: str) -> Path:
    """Return a free run folder below artifacts/ whose name starts with the time."""
    from sklimg.files import run_stamp, safe_name

    stem = f"{run_stamp()}-{safe_name(name)}"
    number = 1
    while (place := ARTIFACTS / (stem if number == 1 else f"{stem}-{number}")).exists():
        number += 1
    return place


def bare_name(run: Path) -> str:
    """Return the name of a run without the time at its head."""
    place = LATEST if str(run) == LATEST.name else run
    return unquote(re.sub(r"^\d{8}T\d{6}Z-", "", place.resolve().name))


def move_latest(place: Path) -> None:
    """Let ``artifacts/latest`` lead to a run, if it stands there."""
    from sklimg.files import point_to

    if place.resolve().parent == ARTIFACTS.resolve():
        point_to(LATEST, place)
