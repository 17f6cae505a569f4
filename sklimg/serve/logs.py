"""The log of a service: one object of JSON a line, written by a thread of its own.

A log that nobody reads must not stop the service: what cannot be written in time is
left out, and the number of lines left out is told.

Floor 7: writes to one stream.
"""

import json
import logging
import os
from collections import deque
from datetime import UTC, datetime
from threading import Event, Lock, Thread
from typing import Any, TextIO

__all__ = ["Log", "LogHandler"]

_MOST_LINES = 20_000  # that wait to be written
_PAUSE = 0.1  # seconds between two writes
_LAST_SECONDS = 2.0  # for what is left at the end


class Log:
    """Lines of JSON on a stream; safe to be used from any thread.

    Parameters
    ----------
    stream : text file or None
        None for a log that is kept nowhere.
    is_quiet : bool, default=False
        Whether only warnings and errors are told.
    """

    def __init__(self, stream: TextIO | None, is_quiet: bool = False):
        self._stream, self._is_quiet = stream, is_quiet
        self._lock = Lock()
        self._lines: deque[str] = deque(maxlen=_MOST_LINES)
        self._n_told = 0  # since lines were written last
        self._end = Event()
        self._thread = Thread(target=self._write, name="log", daemon=True)
        if stream is not None:
            self._thread.start()

    def tell(self, event: str, level: str = "info", **fields: Any) -> None:
        """Add a line; texts are escaped, and bytes told as ASCII."""
        if self._stream is None or (self._is_quiet and level == "info"):
            return
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        told = {"time": time, "level": level, "event": event, **fields}
        line = json.dumps(told, default=_ascii)
        with self._lock:
            self._lines.append(line)
            self._n_told += 1

    def close(self) -> None:
        """Write what is left, if anybody reads."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join(_LAST_SECONDS)

    def _write(self) -> None:
        """Write what waits, now and then, until the end or until nobody reads any more."""
        is_last = False
        while not is_last and self._stream is not None:
            is_last = self._end.wait(_PAUSE)
            self._write_waiting(self._stream)

    def _write_waiting(self, stream: TextIO) -> None:
        with self._lock:
            lines = list(self._lines)
            self._lines.clear()
            lost, self._n_told = self._n_told - len(lines), 0
        if not lines:
            return
        if lost:
            lines.append(json.dumps({"level": "warning", "event": "log", "lines_lost": lost}))
        try:
            _put(stream, "\n".join(lines) + "\n")
        except (OSError, ValueError):  # its reader is gone
            self._stream = None
            self._lines.clear()


class LogHandler(logging.Handler):
    """Lets what libraries warn of into a `Log`."""

    def __init__(self, log: Log):
        super().__init__(logging.WARNING)
        self.log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Tell of a record, with the traceback of its error."""
        trace = logging.Formatter().formatException(record.exc_info) if record.exc_info else None
        fields = {"trace": trace} if trace else {}
        self.log.tell(
            "library",
            record.levelname.lower(),
            logger=record.name,
            detail=record.getMessage()[:1000],
            **fields,
        )


def _put(stream: TextIO, text: str) -> None:
    """Write to the file behind a stream: who waits for its reader holds no lock of it."""
    try:
        handle = stream.fileno()
    except (AttributeError, OSError, ValueError):  # none, or only in memory
        stream.write(text)
        stream.flush()
        return
    data = text.encode()
    while data:
        data = data[os.write(handle, data) :]


def _ascii(value: Any) -> str:
    """Return bytes, or whatever else JSON has no word for, as text."""
    return value.decode("ascii", "backslashreplace") if isinstance(value, bytes) else repr(value)
