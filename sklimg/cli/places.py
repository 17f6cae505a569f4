"""Where runs go: folders below artifacts/, and the link to the latest of them."""

from pathlib import Path

from sklimg.names import ARTIFACTS, LATEST

__all__ = ["move_latest", "new_place"]


def new_place(name: str) -> Path:
    """Return a free run folder below artifacts/ whose name starts with the time."""
    from sklimg.files import run_stamp, safe_name

    stem = f"{run_stamp()}-{safe_name(name)}"
    number = 1
    while (place := ARTIFACTS / (stem if number == 1 else f"{stem}-{number}")).exists():
        number += 1
    return place


def move_latest(place: Path) -> None:
    """Let ``artifacts/latest`` lead to a run, if it stands there."""
    from sklimg.files import point_to

    if place.resolve().parent == ARTIFACTS.resolve():
        point_to(LATEST, place)
