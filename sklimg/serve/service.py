"""A service put together: a model, who may ask it, what it tells.

Floor 7: the extra serve; runs until it is stopped.
"""

import logging
import os
import resource
from collections.abc import Callable
from typing import Any

from sklimg.model import Model, load
from sklimg.modelfiles import find_model
from sklimg.partners import one_blas_thread
from sklimg.serve.access import Access
from sklimg.serve.app import create_app
from sklimg.serve.keeper import Keeper
from sklimg.serve.listener import Listener
from sklimg.serve.logs import Log, LogHandler
from sklimg.serve.metrics import tested
from sklimg.serve.server import Server

__all__ = ["load_service", "serve_model"]

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
    return model, tested(file) if file.exists() else None


def serve_model(
    model: Model,
    test: dict[str, Any] | None,
    access: Access,
    listener: Listener,
    log: Log,
    opened: Callable[[], None],
    keeper: Keeper | None = None,
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
    keeper : Keeper, optional
        What it keeps of uploads and newer models.
    """
    _open_more_files()
    handler = LogHandler(log)
    logging.getLogger().addHandler(handler)
    for name in ("python_multipart", "uvicorn.error"):  # warn of damage that is told already
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with one_blas_thread():
            Server(create_app(model, access, log, test, keeper)[1], listener, opened).run()
    finally:
        logging.getLogger().removeHandler(handler)
        log.close()


def _open_more_files() -> None:
    """Let this process have more connections than the 1,024 files that are usual."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
    if now != resource.RLIM_INFINITY and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
