"""The log of a service: one object of JSON a line, written by a thread of its own.

A log that nobody reads must not stop the service: what cannot be written in time is
left out, and the number of lines left out is told.

Floor 7: writes to one stream.
"""

import json
import logging
from collections import deque
from datetime import UTC, datetime
from threading import Event, Thread
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
    """

    def __init__(self, stream: TextIO | None):
        self._stream = stream
        self._lines: deque[str] = deque(maxlen=_MOST_LINES)
        self._n_told, self._n_written = 0, 0
        self._end = Event()
        self._thread = Thread(target=self._write, name="log", daemon=True)
        if stream is not None:
            self._thread.start()

    def tell(self, event: str, level: str = "info", **fields: Any) -> None:
        """Add a line; texts are escaped, and bytes told as ASCII."""
        if self._stream is None:
            return  # nobody reads, or nobody any more
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._lines.append(
            json.dumps({"time": time, "level": level, "event": event, **fields}, default=_ascii)
        )
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
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        if not lines:
            return
        self._n_written += len(lines)
        if lost := self._n_told - self._n_written - len(self._lines):
            self._n_written += lost
            lines.append(json.dumps({"level": "warning", "event": "log", "lines_lost": lost}))
        try:
            stream.write("\n".join(lines) + "\n")
            stream.flush()
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


def _ascii(value: Any) -> str:
    """Return bytes, or whatever else JSON has no word for, as text."""
    return value.decode("ascii", "backslashreplace") if isinstance(value, bytes) else repr(value)
