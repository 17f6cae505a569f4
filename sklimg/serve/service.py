"""A service put together: a model, who may ask it, what it tells.

Floor 7: the extra serve; runs until it is stopped.
"""

import json
import logging
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sklimg.errors import DataError
from sklimg.model import Model, load
from sklimg.modelfiles import find_model
from sklimg.partners import one_blas_thread
from sklimg.regular import read_regular
from sklimg.serve.access import Access
from sklimg.serve.app import create_app
from sklimg.serve.listener import Listener
from sklimg.serve.logs import Log, LogHandler
from sklimg.serve.server import Server

__all__ = ["load_service", "serve_model"]

_MOST_BYTES = 2**28
_FILES = 4096  # that may be open at once


def load_service(path: str | os.PathLike | None = None) -> tuple[Model, dict[str, Any] | None]:
    """Load a model, and how good it was found, if its run stands around it.

    Parameters
    ----------
    path : path, optional
        As of `sklimg.load`.

    Raises
    ------
    ModelError
        If there is no model, or it is damaged.
    DataError
        If the run is damaged.
    """
    model = load(path)
    place = find_model(path)
    file = (place.parent if place.name == "model" else place) / "metrics.json"
    return model, _tested(file) if file.exists() else None


def serve_model(
    model: Model,
    test: dict[str, Any] | None,
    access: Access,
    listener: Listener,
    log: Log,
    opened: Callable[[], None],
) -> None:
    """Answer with a model until SIGTERM or Ctrl-C; then finish what was accepted.

    Parameters
    ----------
    model : Model
    test : dict or None
        As `load_service` returns it.
    access : Access
    listener : Listener
    log : Log
        Closed at the end.
    opened : function
        Called when clients can come.
    """
    _open_more_files()
    handler = LogHandler(log)
    logging.getLogger().addHandler(handler)
    for name in ("python_multipart", "uvicorn.error"):  # warn of damage that is told already
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with one_blas_thread():
            Server(create_app(model, access, log, test)[1], listener, opened).run()
    finally:
        logging.getLogger().removeHandler(handler)
        log.close()


def _open_more_files() -> None:
    """Let this process have more connections than the 1,024 files that are usual."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
    if now != resource.RLIM_INFINITY and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _tested(file: Path) -> dict[str, Any]:
    """Return what the metrics of a run say of its test part."""
    try:
        metrics = json.loads(read_regular(file, _MOST_BYTES))
        low, high = map(float, metrics["accuracy_interval"])
        told = {
            "accuracy": float(metrics["accuracy"]),
            "accuracy_interval": [low, high],
            "n_test": int(metrics["n_test"]),
        }
    except (OSError, LookupError, RecursionError, TypeError, ValueError) as err:
        raise DataError(f"{file}: damaged; copy the run again, or serve its model/ alone") from err
    if not 0 <= low <= told["accuracy"] <= high <= 1:
        raise DataError(f"{file}: accuracy and interval disagree; copy the run again")
    return told
