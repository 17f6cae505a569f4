"""Workers: processes that take tasks one by one and give back what comes of them.

A worker that dies costs the tasks that were being done, which are done again; one
whose master dies goes, too. Large arrays reach workers by memory map,
in which they write for themselves alone.

Floor 1: starts processes, prints nothing.
"""

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from joblib import Parallel, delayed, effective_n_jobs, parallel_config

from sklimg.errors import OutputError

__all__ = ["MOST_DEATHS", "Workers", "faithful"]

MOST_DEATHS = 10  # one after another, with no task done between them
_LOOK_SECONDS = 0.5  # between two looks of a worker at its master


class Workers:
    """Processes of this machine; with a single job, this process alone.

    Parameters
    ----------
    jobs : int, default=-1
        Processes; -1 for one a core.
    tell : callable, optional
        Called with a topic and a line of text when a worker has died.

    Attributes
    ----------
    n : int
        How many tasks are done at a time.
    deaths : int
        How often workers have died.
    name : str
        What they are, for a person.
    """

    name = "processes"

    def __init__(self, jobs: int = -1, tell: Callable[[str, str], None] | None = None):
        self.n = effective_n_jobs(jobs)
        self.tell = tell or (lambda topic, text: None)
        self.deaths = 0

    def share(self, value: Any) -> Any:
        """Return what stands for a value that many tasks take."""
        return value

    def run(self, function: Callable, tasks: Sequence[tuple]) -> Iterator[tuple[int, Any]]:
        """Do tasks side by side; whoever stops asking for results ends those being done.

        Parameters
        ----------
        function : callable
        tasks : sequence of tuple
            Arguments of each call.

        Yields
        ------
        number : int
            Of a task.
        result : object
            What the function returned; in the order in which they are done.

        Raises
        ------
        OutputError
            If workers die again and again.
        """
        if self.n == 1:
            yield from ((i, function(*task)) for i, task in enumerate(tasks))
            return
        left, in_a_row = dict(enumerate(tasks)), 0
        while left:
            try:
                for i, result in self._round(function, dict(left)):
                    del left[i]
                    in_a_row = 0
                    yield i, result
            except BrokenProcessPool as err:
                in_a_row += 1
                if in_a_row == MOST_DEATHS:
                    raise OutputError(
                        f"workers: {in_a_row} died one after another with nothing done (out of "
                        "memory?); try --jobs 1"
                    ) from err
                self._tell_death("a worker process died")

    def _tell_death(self, what: str) -> None:
        """Tell of a death; of many, only the first, and how many there have been, now and then."""
        self.deaths += 1
        if self.deaths & (self.deaths - 1) == 0:  # 1, 2, 4, 8, ...
            again = "what was being done is done again"
            self.tell("warning", f"{what} ({self.deaths} so far); {again}")

    def _round(self, function: Callable, tasks: dict[int, tuple]) -> Iterator[tuple[int, Any]]:
        """Do tasks as long as no worker dies."""
        with parallel_config("loky", n_jobs=self.n, inner_max_num_threads=1, **faithful()):
            pool = Parallel(return_as="generator_unordered", batch_size=1, mmap_mode="c")
        results = pool(delayed(_numbered)(i, function, task) for i, task in tasks.items())
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*tasks which were still being processed")
            warnings.filterwarnings("ignore", message=".*tasks have been successfully executed")
            warnings.filterwarnings("ignore", message="A worker stopped while some jobs")
            try:
                yield from results
            finally:
                results.close()


def faithful() -> dict[str, Any]:
    """Return what joblib's loky has to know so that its workers end with this process.

    They also leave Ctrl-C to it. From their start on, since a worker may wait for ever
    for the rest of a task that was being sent when its master was killed.
    """
    return {"initializer": _settle, "initargs": (os.getpid(),)}


def _settle(master: int) -> None:
    """Begin to watch the master, in a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with, args=(master,), daemon=True).start()


def _leave_with(master: int) -> None:
    """End this worker when its master is gone."""
    while os.getppid() == master:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)


def _numbered(i: int, function: Callable, task: tuple) -> tuple[int, Any]:
    """Do a task, in a worker; return its number, too."""
    return i, function(*task)
