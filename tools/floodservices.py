"""Programs that run beside a flood, and end with it: services that are alike, and Locust."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from sklimg.errors import ModelError, SklimgError

ROOT = Path(__file__).resolve().parents[1]
PYTHON = (sys.executable, "-P", "-m")  # -P: the folder that one works in has no modules for it
START_SECONDS, END_SECONDS = 60.0, 10.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_OF_THE_MODEL = (3, 5)  # exit codes of `sklimg serve`


class ServiceError(SklimgError):
    """A program that a flood needs does not start, or ended too soon."""

    exit_code = 6


@dataclass
class Service:
    """One `sklimg serve`.

    Attributes
    ----------
    process : Popen
    url : str
        Where it answers.
    log_file : Path
        What it printed on stderr.
    """

    process: subprocess.Popen
    url: str
    log_file: Path

    def check(self) -> None:
        """Raise if it has ended."""
        code = self.process.poll()
        if code is not None:
            said = last_line(self.log_file, without="token ")  # it is a secret
            if code in _OF_THE_MODEL:
                raise ModelError(said.removeprefix("error: "))
            raise ServiceError(
                f"sklimg serve: expected it to run on, it ended with {code}: "
                f"{said or 'it said nothing'}; try it alone"
            )


@contextmanager
def service(model: str | None, folder: Path) -> Iterator[Service]:
    """Run a service while the block runs.

    Parameters
    ----------
    model : str or None
        As of ``sklimg serve -m``.
    folder : Path
        Its own, to be made.

    Yields
    ------
    service : Service
        Ready.

    Raises
    ------
    ModelError
        If the model is refused.
    ServiceError
        If it does not start for another reason.
    """
    command = [*PYTHON, "sklimg", "serve", "-q", *(["-m", model] if model else []), "--port", "0"]
    with running([*command, "--data", str(folder / "data")], folder) as process:
        yield _ready(process, folder)


@contextmanager
def running(
    command: Sequence[str], folder: Path, without: Sequence[str] = (), **how
) -> Iterator[subprocess.Popen]:
    """Run a program while the block runs; then it is ended, whatever happened.

    Parameters
    ----------
    command : sequence of str
    folder : Path
        Its own, to be made: what it prints goes there, to ``stdout`` and ``stderr``.
    without : sequence of str
        Beginnings of the names of variables that it is not told.
    **how
        Of `subprocess.Popen`.
    """
    folder.mkdir()
    told = {name: text for name, text in os.environ.items() if not name.startswith(tuple(without))}
    told["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), told.get("PYTHONPATH")]))
    with ExitStack() as stack:
        out, err = (
            stack.enter_context((folder / name).open("wb")) for name in ("stdout", "stderr")
        )
        with _signals_wait():  # else a process could be there that nobody knows of
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=told,
                start_new_session=True,  # Ctrl-C is for this program, which ends it
                **how,
            )
            stack.callback(_end, process)
        yield process


def last_line(file: Path, without: str | None = None) -> str:
    """Return the last line that a program printed, "" if there is none.

    Parameters
    ----------
    file : Path
    without : str, optional
        The beginning of lines that are left out.
    """
    lines = [line.strip() for line in file.read_text("utf-8", "replace").strip().split("\n")]
    shown = [line for line in lines if without is None or not line.startswith(without)]
    return shown[-1] if shown else ""


def stop_on_hangup() -> None:
    """Let a terminal that is closed end all as Ctrl-C does, but not under nohup."""
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.default_int_handler)


def _ready(process: subprocess.Popen, folder: Path) -> Service:
    """Wait until a service is ready."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        printed = (folder / "stdout").read_text()
        service = Service(process, printed.strip(), folder / "stderr")
        service.check()
        if printed.endswith("\n") and _answers(service.url):
            return service
        time.sleep(0.05)
    raise ServiceError(
        f"sklimg serve: expected it to be ready after {START_SECONDS:.0f} s, got no such answer; "
        "try it alone"
    )


def _answers(url: str) -> bool:
    """Tell whether a service calls itself ready."""
    connection = HTTPConnection(url.rpartition("/")[2], timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _end(process: subprocess.Popen) -> None:
    """End a process: politely, and by force if that does not help."""
    with _signals_wait():
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _signals_wait() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and SIGHUP wait for the end of the block."""
    came = []
    before = {
        number: signal.signal(number, lambda number, _: came.append(number))
        for number in _SIGNALS
        if signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        raise KeyboardInterrupt
