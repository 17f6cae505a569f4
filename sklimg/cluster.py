"""Workers of a Dask cluster: this machine's, or many machines'.

Tasks go to Dask directly: joblib's way to it waits for ever when the workers of a task
have died too often, and does the work at home on a cluster of one core.

Floor 3: the extra dask; starts processes, prints nothing.
"""

import logging
import platform
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import PackageNotFoundError, version
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

from joblib import effective_n_jobs

from sklimg.errors import OutputError, UsageError
from sklimg.extras import require
from sklimg.files import one_line
from sklimg.names import BACKENDS
from sklimg.workers import MOST_DEATHS, Workers

__all__ = ["open_workers"]

_PACKAGES = ("sklimg", "scikit-learn", "numpy", "scipy", "pillow", "distributed")
_HOMES = ("127.0.0.1", "localhost", "::1")
_CONNECT_SECONDS = 10
_LOST_SECONDS = 10  # without the scheduler
_IDLE_SECONDS = 60  # without a worker
_LOOK_SECONDS, _TRIES = 0.5, 4
_AHEAD = 2  # tasks a worker has or waits for
_RESUME = "what is done is kept; go on with --resume if it was a search"


@contextmanager
def open_workers(
    backend: str, jobs: int, address: str | None, tell: Callable[[str, str], None]
) -> Iterator[Workers]:
    """Yield workers: processes of this machine, or a cluster's.

    Parameters
    ----------
    backend : {"loky", "dask"}
    jobs : int
        Processes on this machine; -1 for one a core.
    address : str or None
        Of a scheduler, ``tls://host:port``, or ``tcp://127.0.0.1:port``; None for a
        cluster of processes of this machine.
    tell : callable
        Called with a topic and a line of text.

    Raises
    ------
    UsageError
        For an address that is no safe one, or one without Dask.
    MissingExtra
        Without the extra dask.
    OutputError
        If the cluster cannot be reached, has no workers, or other versions.
    """
    if backend not in BACKENDS:
        raise UsageError(f"backend: expected one of {', '.join(BACKENDS)}, got {backend!r}")
    if backend == BACKENDS[0]:
        if address is not None:
            raise UsageError(f"address: expected --backend dask with it, got {backend}")
        yield Workers(jobs, tell)
        return
    if address is not None:
        _check_address(address)
    distributed = require("distributed", "dask")
    for name in ("distributed", "distributed.client", "distributed.comm", "distributed.core"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what counts becomes an error
    with ExitStack() as stack:
        where = address or stack.enter_context(_own_cluster(distributed, effective_n_jobs(jobs)))
        client = stack.enter_context(_connected(distributed, where))
        _check_versions(client)
        workers = ClusterWorkers(client, tell)
        if address is not None:
            tell("cluster", f"{address}: {workers.n} {workers.name}")
        yield workers


class ClusterWorkers(Workers):
    """Workers of a Dask cluster.

    Parameters
    ----------
    client : distributed.Client
    tell : callable
    """

    name = "Dask workers"

    def __init__(self, client: Any, tell: Callable[[str, str], None]):
        self.client, self.tell, self.deaths = client, tell, 0
        self.n = sum(client.nthreads().values())
        self._heard = monotonic()

    def share(self, value: Any) -> Any:
        """Send a value to every worker, once; return what stands for it."""
        return _Shared(value, self._sent(value))

    def run(self, function: Callable, tasks: Sequence[tuple]) -> Iterator[tuple[int, Any]]:
        """Do tasks on the cluster; see `Workers.run`. Those of a worker that dies are done again.

        Raises
        ------
        OutputError
            If the scheduler is gone, no worker is left, or they die again and again.
        """
        left, flying, in_a_row = deque(enumerate(tasks)), {}, 0
        try:
            while left or flying:
                while left and len(flying) < _AHEAD * self.n:
                    i, task = left.popleft()
                    flying[self._submitted(function, task)] = i, task
                lost = []
                for future in self._ended(flying):
                    i, task = flying.pop(future)
                    if future.status == "finished":
                        in_a_row = 0
                        yield i, self._asked(future.result)
                    elif self._is_lost(future):
                        lost.append((i, task))
                    else:
                        raise future.exception()
                if lost:
                    in_a_row += 1
                    self._wait_for_scheduler()
                    if in_a_row == MOST_DEATHS:
                        raise OutputError(
                            f"cluster: workers died {in_a_row} times with nothing done between; "
                            f"{_RESUME}, on workers with more memory"
                        )
                    self._tell_death("a Dask worker died")
                    left.extend(lost)
        finally:
            if self.client.status == "running":
                self.client.cancel(list(flying))

    def _asked(self, call: Callable, *args: Any, **how: Any) -> Any:
        """Return what the cluster answers, asked again if a worker is just dying."""
        distributed = require("distributed", "dask")
        for attempt in range(_TRIES):
            try:
                return call(*args, **how)
            except (KeyError, OSError, TimeoutError, distributed.CancelledError) as err:
                self._wait_for_scheduler()
                if attempt == _TRIES - 1:
                    reason = one_line(err)[:200] or type(err).__name__
                    raise OutputError(f"cluster: does not answer: {reason}; {_RESUME}") from err
                sleep(_LOOK_SECONDS)

    def _wait_for_scheduler(self) -> None:
        """Wait until the scheduler is there, for some seconds."""
        while self.client.status != "running":
            self._check_alive()
            sleep(_LOOK_SECONDS)

    def _is_lost(self, future: Any) -> bool:
        """Tell whether a future came to nothing because of workers, not of its task."""
        if future.status in ("lost", "cancelled"):
            return True
        scheduler = require("distributed.scheduler", "dask")
        return isinstance(future.exception(), scheduler.KilledWorker)

    def _submitted(self, function: Callable, task: tuple) -> Any:
        """Return the future of a task."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Sending large graph")
            args = [self._remote(arg) if isinstance(arg, _Shared) else arg for arg in task]
            return self._asked(self.client.submit, function, *args, pure=False)

    def _remote(self, shared: "_Shared") -> Any:
        """Return the future of a shared value, sent again if all who had it have died."""
        if shared.future.status != "finished":
            shared.future = self._sent(shared.value)
        return shared.future

    def _sent(self, value: Any) -> Any:
        (future,) = self._asked(self.client.scatter, [value], broadcast=True, hash=False)
        return future

    def _ended(self, flying: dict) -> list:
        """Return the futures that have ended, at least one."""
        distributed = require("distributed", "dask")
        while True:
            self._check_alive()
            ended = [future for future in flying if future.status != "pending"]
            if ended:
                return ended
            try:
                distributed.wait(list(flying), timeout=_LOOK_SECONDS, return_when="FIRST_COMPLETED")
            except (OSError, TimeoutError, distributed.CancelledError):
                continue

    def _check_alive(self) -> None:
        """Raise if the scheduler, or every worker, has been gone for too long."""
        is_there = self.client.status == "running"
        has_workers = is_there and bool(self.client.scheduler_info(n_workers=-1)["workers"])
        if has_workers:
            self._heard = monotonic()
        silent = monotonic() - self._heard
        if not is_there and silent > _LOST_SECONDS:
            raise OutputError(f"cluster: the scheduler is gone; {_RESUME}")
        if silent > _IDLE_SECONDS:
            raise OutputError(f"cluster: no worker is left; {_RESUME}")


class _Shared:
    """A value and the future that stands for it on the cluster."""

    def __init__(self, value: Any, future: Any):
        self.value, self.future = value, future


def _check_address(address: str) -> None:
    """Raise unless what goes to an address cannot be read or changed on its way."""
    parts = urlsplit(address)
    try:
        is_whole = bool(parts.hostname and parts.port)
    except ValueError:
        is_whole = False
    if parts.scheme not in ("tls", "tcp") or not is_whole:
        raise UsageError(
            f"address: expected tls://host:port, or tcp://127.0.0.1:port, got {address!r}"
        )
    if parts.scheme == "tcp" and parts.hostname not in _HOMES:
        raise UsageError(
            f"address: expected tls:// for another host, got {address!r}: over plain tcp anybody "
            "on the way could read the images and run code on the workers"
        )


@contextmanager
def _own_cluster(distributed: Any, n: int) -> Iterator[str]:
    """Start a cluster of processes of this machine; yield its address."""
    dask = require("dask", "dask")
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),  # they are counted here
        distributed.LocalCluster(
            n_workers=n,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        ) as cluster,
    ):
        yield cluster.scheduler_address


@contextmanager
def _connected(distributed: Any, address: str) -> Iterator[Any]:
    """Yield a client of a scheduler."""
    try:
        client = distributed.Client(address, timeout=_CONNECT_SECONDS)
    except (OSError, TypeError, ValueError) as err:  # Dask has TypeError for missing certificates
        hint = "is the scheduler running?"
        if address.startswith("tls:"):
            hint += " are the certificates in DASK_DISTRIBUTED__COMM__TLS__CA_FILE and its fellows?"
        reason = one_line(err)[:200]
        raise OutputError(f"{address}: cannot be reached: {reason}; {hint}") from err
    with client:
        try:
            client.wait_for_workers(1, timeout=_CONNECT_SECONDS)
        except TimeoutError as err:
            raise OutputError(f"{address}: has no workers; start dask worker {address}") from err
        yield client


def _check_versions(client: Any) -> None:
    """Raise if a worker has another Python or other packages than this process."""
    here = _versions()
    for worker, there in client.run(_versions, on_error="return").items():
        if not isinstance(there, dict):
            raise OutputError(
                f"{worker}: cannot be asked for its versions: {one_line(there)[:200]}"
            )
        for name, mine in here.items():
            if there[name] != mine:
                raise OutputError(
                    f"{worker}: expected {name} {mine} as here, got {there[name]}; install the same"
                )


def _versions() -> dict[str, str]:
    """Return the versions that results depend on."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found
