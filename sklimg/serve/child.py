"""What a service lets another process do: copy a run, train a newer model.

It is told what to do by a line of JSON on stdin, tells what happens by lines of JSON on
stdout, and ends when stdin does: with the service, however that ended.

Floor 7: run as ``python -m sklimg.serve.child``.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Event, Thread
from typing import Any, BinaryIO

import numpy as np

from sklimg.errors import DataError, ImageError, SklimgError
from sklimg.images import read_image
from sklimg.model import load
from sklimg.records import read_records
from sklimg.serve.pictures import UPLOADS, is_upload
from sklimg.table import Table

__all__ = ["main"]

_Tell = Callable[[dict[str, Any]], None]
_NICE = 10  # less urgent than answering by so much


def _retrain(task: Mapping[str, Any], tell: _Tell) -> None:
    """Train a newer model on the pictures of a service, too."""
    from sklimg.retraining import retrain

    done = retrain(
        task["run"],
        _pictures(task["pictures"], task["run"], tell),
        from_scratch=task["from_scratch"],
        withdrawn=_withdrawn(task["pictures"], task["run"]),
        jobs=1,
        out=task["out"],
        tell=lambda topic, text: tell({"topic": topic, "text": text}),
        tell_epoch=lambda values: tell({"epoch": values}),
    )
    for reason in done.refused:
        tell({"topic": "rejected", "text": reason})
    tell({"gate": asdict(done.gate), "words": done.gate.words})


def _pictures(listed: list[list[str]], run: str, tell: _Tell) -> Table:
    """Return the pictures as the model of a run takes them."""
    spec = load(run).spec
    rows, labels, paths = [], [], []
    for id, label, file in listed:
        try:
            rows.append(read_image(Path(file), spec).reshape(-1))
        except ImageError as err:
            tell({"topic": "rejected", "text": f"{id}: {err.code}: {err}"})
            continue
        labels.append(label)
        paths.append(UPLOADS + id)
    if not rows:
        raise DataError("uploads: expected pictures to train on, got none; upload some")
    return Table(np.stack(rows), labels, paths, spec=spec)


def _withdrawn(listed: list[list[str]], run: str) -> list[str]:
    """Return the uploads in a run that are there no more, or under another label."""
    now = {(UPLOADS + id, label) for id, label, _ in listed}
    rows = read_records(Path(run, "splits.csv"), ("path", "label"))
    pairs = zip(rows["path"], rows["label"], strict=True)
    return [path for path, label in pairs if is_upload(path) and (path, label) not in now]


def _adopt(task: Mapping[str, Any], tell: _Tell) -> None:
    """Copy a run with its table."""
    from sklimg.adoption import adopt

    adopt(task["run"], task["out"], jobs=1)


_DEEDS = {"retrain": _retrain, "adopt": _adopt}


def _leave_with(stdin: BinaryIO, is_over: Event) -> None:
    """End at once when nobody holds the other end any more, unless all is done."""
    while stdin.read(1):
        pass
    if not is_over.is_set():
        os._exit(1)


def main() -> int:
    """Do one thing; return 0 if it was done, also where a newer model was refused."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is not for who listens
    with suppress(OSError):
        os.nice(_NICE)

    def tell(event: dict[str, Any]) -> None:
        out.write(json.dumps(event) + "\n")
        out.flush()

    stdin = os.fdopen(0, "rb", buffering=0, closefd=False)
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = stdin.read(2**16)
        if not piece:
            return 1
        line += piece
    is_over = Event()
    Thread(target=_leave_with, args=(stdin, is_over), daemon=True).start()
    task = json.loads(line)
    try:
        _DEEDS[task["do"]](task, tell)
    except SklimgError as err:
        tell({"error": str(err), "exit_code": err.exit_code})
        return err.exit_code
    except KeyboardInterrupt:
        return 130
    finally:
        is_over.set()
    return 0


if __name__ == "__main__":
    sys.exit(main())
