"""Fit one pipeline, on one thread.

Every fit runs on one BLAS thread, whatever runs beside it: results repeat, and
fits side by side do not fight for the cores.

Floor 3: works on arrays, prints nothing.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from sklimg.errors import UsageError
from sklimg.files import one_line

__all__ = ["fit_alone", "one_quiet_thread"]

_INTERRUPTED = "Training interrupted by user"


def fit_alone(pipeline: Pipeline, X: np.ndarray, y: np.ndarray) -> Pipeline:
    """Fit a clone of *pipeline* on one BLAS thread and return it.

    Raises
    ------
    UsageError
        If the pipeline refuses its parameters.
    """
    with one_quiet_thread():
        try:
            return clone(pipeline).fit(X, y)
        except (TypeError, ValueError) as err:
            raise UsageError(f"parameters: the fit failed: {one_line(err)[:300]}") from err


@contextmanager
def _interrupts() -> Iterator[None]:
    """Raise KeyboardInterrupt in place of scikit-learn's warning about one."""
    try:
        yield
    except UserWarning as err:
        if str(err).startswith(_INTERRUPTED):
            raise KeyboardInterrupt from err
        raise


@contextmanager
def one_quiet_thread() -> Iterator[None]:
    """Fit on one BLAS thread, without scikit-learn's remarks on epochs and batches.

    That an MLP stopped at ``max_iter`` is to be seen in its curves; that a batch
    is cut to a small table is what is wanted. But where scikit-learn answers an
    interrupt by a remark and a half-trained model, the interrupt goes on.
    """
    with threadpool_limits(1), warnings.catch_warnings(), _interrupts():
        warnings.filterwarnings("error", message=_INTERRUPTED)
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="Got `batch_size` less than 1 or larger")
        yield
