"""A service put together: a model, who may ask it, what it tells.

Floor 7: the extra serve; runs until it is stopped.
"""

import logging
import os
from collections.abc import Callable
from typing import Any

from sklimg.model import Model, load
from sklimg.modelfiles import find_model
from sklimg.partners import one_blas_thread
from sklimg.runfiles import read_run
from sklimg.serve.access import Access
from sklimg.serve.app import create_app
from sklimg.serve.listener import Listener
from sklimg.serve.logs import Log, LogHandler
from sklimg.serve.server import Server

__all__ = ["load_service", "serve_model"]


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
    run = place.parent if place.name == "model" else place
    if not (run / "metrics.json").exists():
        return model, None
    metrics = read_run(run).metrics
    return model, {key: metrics[key] for key in ("accuracy", "accuracy_interval", "n_test")}


def serve_model(
    model: Model,
    test: dict[str, Any] | None,
    access: Access,
    listener: Listener,
    log: Log,
    opened: Callable[[], None],
) -> None:
    """Answer with a model until SIGTERM or Ctrl-C; end when all accepted requests are answered.

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
    handler = LogHandler(log)
    logging.getLogger().addHandler(handler)
    try:
        with one_blas_thread():
            Server(create_app(model, access, log, test)[1], listener, opened).run()
    finally:
        logging.getLogger().removeHandler(handler)
        log.close()
