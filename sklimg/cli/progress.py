"""Progress on stderr: a bar at a terminal, a line now and then elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import click

from sklimg.cli.door import is_quiet

__all__ = ["images_progress", "search_progress"]

_EVERY_SECONDS = 10  # between two lines where there is no terminal


@contextmanager
def images_progress() -> Iterator[Callable[[int, int], None]]:
    """Yield a callable that shows how many images are done."""
    with _shown() as show:
        yield lambda done, total: show(done, total, f"{done} of {total} images")


@contextmanager
def search_progress() -> Iterator[Callable]:
    """Yield a callable that shows how far a search is."""
    with _shown() as show:

        def report(progress) -> None:
            best = "" if progress.best is None else f", best so far {progress.best:.3f}"
            left = progress.left_seconds
            wait = "" if left is None else f", {_time(left)} left"
            text = f"{progress.done} of {progress.total} fits{best}{wait}"
            show(progress.done, progress.total, text)

        yield report


@contextmanager
def _shown() -> Iterator[Callable[[int, int, str], None]]:
    """Yield a callable (done, total, text) that draws on stderr."""
    if is_quiet():
        yield lambda done, total, text: None
        return
    if sys.stderr.isatty():
        with click.progressbar(
            length=1000,
            file=sys.stderr,
            show_eta=False,
            show_percent=False,
            item_show_func=lambda text: text,
            width=24,
        ) as bar:

            def draw(done, total, text):
                bar.update(round(1000 * done / max(total, 1)) - bar.pos, text)

            yield draw
        return
    last = monotonic()

    def line(done, total, text):
        nonlocal last
        if monotonic() - last >= _EVERY_SECONDS and done < total:
            last = monotonic()
            click.echo(f"          {text}", err=True)  # say() knows its context in one thread alone

    yield line


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
