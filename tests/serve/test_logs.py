"""A line of JSON for all that happens, and no harm if nobody reads it."""

import json
import logging
import os
import threading
import time
from io import StringIO

from sklimg.serve import logs as logs_module
from sklimg.serve.logs import Log, LogHandler


class Pipe:
    """A pipe to write texts into; nothing of it is kept back."""

    def __init__(self):
        self.reading, self.writing = os.pipe()

    def write(self, text):
        os.write(self.writing, text.encode())

    def flush(self):
        pass


def lines_of(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_lines_are_written_in_their_order():
    stream = StringIO()
    log = Log(stream)
    for i in range(100):
        log.tell("request", number=i, path=b"/a\xff\n")
    log.close()
    told = lines_of(stream)
    assert [line["number"] for line in told] == list(range(100))
    assert told[0]["path"] == "/a\\xff\n"
    assert told[0]["level"] == "info"
    assert told[0]["time"].endswith("+00:00")


def test_nothing_breaks_a_line():
    stream = StringIO()
    log = Log(stream)
    log.tell("x", text="\n\r\x1b[31m\u2028\ud800é")
    log.close()
    assert stream.getvalue().isascii()
    assert stream.getvalue().count("\n") == 1


def test_who_does_not_read_stops_nothing(monkeypatch):
    monkeypatch.setattr(logs_module, "_LAST_SECONDS", 0.2)
    pipe = Pipe()
    log = Log(pipe)
    start = time.monotonic()
    for i in range(logs_module._MOST_LINES * 3):
        log.tell("request", number=i, text="x" * 50)
    log.close()
    assert time.monotonic() - start < 20
    assert len(log._lines) <= logs_module._MOST_LINES
    os.close(pipe.reading)
    log._thread.join(10)
    assert not log._thread.is_alive()
    os.close(pipe.writing)


def test_lines_that_are_lost_are_counted(monkeypatch):
    monkeypatch.setattr(logs_module, "_PAUSE", 0.3)
    stream = StringIO()
    log = Log(stream)
    log._lines = type(log._lines)(maxlen=10)
    for i in range(25):
        log.tell("request", number=i)
    log.close()
    told = lines_of(stream)
    assert [line["number"] for line in told[:-1]] == list(range(15, 25))
    assert told[-1]["lines_lost"] == 15


def test_a_reader_that_went_is_no_error():
    pipe = Pipe()
    os.close(pipe.reading)
    log = Log(pipe)
    log.tell("a")
    time.sleep(0.3)
    log.tell("b")
    log.close()
    assert not log._thread.is_alive()
    assert not log._lines
    os.close(pipe.writing)


def test_a_log_that_is_kept_nowhere():
    log = Log(None)
    log.tell("a")
    log.close()
    assert not log._lines


def test_what_libraries_warn_of_is_told():
    stream = StringIO()
    log = Log(stream)
    logger = logging.getLogger("sklimg.tests.logs")
    logger.addHandler(LogHandler(log))
    logger.propagate = False
    logger.info("not this")
    logger.warning("odd %s", "thing")
    try:
        raise ValueError("inside")
    except ValueError:
        logger.exception("broken")
    log.close()
    first, second = lines_of(stream)
    assert (first["level"], first["logger"], first["detail"]) == (
        "warning",
        "sklimg.tests.logs",
        "odd thing",
    )
    assert "ValueError: inside" in second["trace"]


def test_quiet_tells_of_warnings_and_errors_alone():
    stream = StringIO()
    log = Log(stream, is_quiet=True)
    log.tell("request")
    log.tell("odd", "warning")
    log.tell("bug", "error")
    log.close()
    assert [line["event"] for line in lines_of(stream)] == ["odd", "bug"]


def test_threads_may_tell_at_once(monkeypatch):
    monkeypatch.setattr(logs_module, "_PAUSE", 0.0005)
    stream = StringIO()
    log = Log(stream)

    def tell(k):
        for i in range(500):
            log.tell("request", thread=k, number=i)

    threads = [threading.Thread(target=tell, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    told = lines_of(stream)
    assert len(told) == 2000
    assert not [line for line in told if "lines_lost" in line]
