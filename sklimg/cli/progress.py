"""Progress on stderr: a bar at a terminal, a line now and then elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import click

from sklimg.cli.door import echo_error, is_quiet
from sklimg.files import duration

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
            wait = "" if left is None else f", {duration(left)} left"
            text = f"{progress.place}{progress.done} of {progress.total} fits{best}{wait}"
            show(progress.done, progress.total, text)

        yield report


@contextmanager
def _shown() -> Iterator[Callable[[int, int, str], None]]:
    """Yield a callable (done, total, text) that draws on stderr."""
    if is_quiet():
        yield lambda done, total, text: None
    elif sys.stderr.isatty():
        with _Bar() as bar:
            yield bar.draw
    else:
        yield _Lines().draw


class _Bar:
    """A bar that stands from the first report to the one that all is done."""

    def __init__(self):
        self.bar = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.bar is not None:
            self.bar.__exit__(None, None, None)
            self.bar = None

    def draw(self, done: int, total: int, text: str) -> None:
        """Move the bar; open it before and close it after if need be."""
        if self.bar is None:
            self.bar = click.progressbar(
                length=max(total, 1),
                file=sys.stderr,
                show_eta=False,
                show_percent=False,
                item_show_func=lambda item: item,
                width=24,
            )
            self.bar.__enter__()
        self.bar.update(done - self.bar.pos, text)
        if done >= total:
            self.__exit__()


class _Lines:
    """A line now and then."""

    def __init__(self):
        self.last = monotonic()

    def draw(self, done: int, total: int, text: str) -> None:
        """Print a line if the last one is some time ago."""
        if monotonic() - self.last >= _EVERY_SECONDS and done < total:
            self.last = monotonic()
            echo_error(f"          {text}")  # say() knows its context in one thread alone
