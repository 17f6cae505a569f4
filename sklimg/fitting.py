"""Fit one estimator, on one BLAS thread.

Every fit runs on one BLAS thread, whatever runs beside it: results repeat, and
fits side by side do not fight for the cores.

Floor 3: works on arrays, prints nothing.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline

from sklimg.augment import Augmented
from sklimg.errors import SklimgError, UsageError
from sklimg.files import one_line
from sklimg.mlp import MLPClassifier
from sklimg.partners import one_blas_thread
from sklimg.watching import fit_watched, tells_epochs

__all__ = ["fit_alone", "group_params", "one_quiet_thread", "pipeline_inside", "pipeline_of"]

_INTERRUPTED = "Training interrupted by user"


def fit_alone(
    estimator: BaseEstimator,
    X: np.ndarray,
    y: np.ndarray,
    *,
    groups: np.ndarray | None = None,
    validation_data: tuple[np.ndarray, np.ndarray] | None = None,
    keep_interrupted: bool = False,
) -> BaseEstimator:
    """Fit a clone of an estimator on one BLAS thread and return it.

    Parameters
    ----------
    estimator : Pipeline or Augmented
    X : ndarray of shape (n_images, n_pixels)
    y : ndarray of shape (n_images,) of str
    groups : ndarray of shape (n_images,), optional
        Rows that early stopping keeps on one side.
    validation_data : tuple of X and y, optional
        Rows that watch an MLP of ours; early stopping looks at them instead. Those of
        classes that no training row has are left out.
    keep_interrupted : bool, default=False
        Whether an interrupted MLP of ours is returned as it is.

    Raises
    ------
    UsageError
        If the estimator refuses its parameters.
    DataError
        If its loss diverges at once.
    """
    copy = clone(estimator)
    if validation_data is not None:
        X_held, y_held = validation_data
        known = np.isin(y_held, y)  # a class of a single image may be held back whole
        validation_data = (X_held[known], y_held[known]) if known.any() else None
    with one_quiet_thread(keep_interrupted and tells_epochs(copy)):
        try:
            if validation_data is None:
                return copy.fit(X, y, **group_params(copy, groups))
            if isinstance(copy, Augmented):
                return copy.fit(X, y, validation_data=validation_data)
            return fit_watched(copy, X, y, validation_data)
        except SklimgError:
            raise
        except (TypeError, ValueError) as err:
            raise UsageError(f"parameters: the fit failed: {one_line(err)[:300]}") from err


def group_params(estimator: BaseEstimator, groups: np.ndarray | None) -> dict[str, np.ndarray]:
    """Return what an estimator's ``fit`` takes to keep groups on one side when it stops early."""
    if groups is None:
        return {}
    if isinstance(estimator, Augmented):
        return {"groups": groups}
    is_ours = isinstance(estimator[-1], MLPClassifier | Augmented)
    return {f"{estimator.steps[-1][0]}__groups": groups} if is_ours else {}


def pipeline_of(fitted: BaseEstimator) -> Pipeline:
    """Return the fitted Pipeline, without what made copies for it."""
    return fitted.estimator_ if isinstance(fitted, Augmented) else fitted


def pipeline_inside(estimator: BaseEstimator) -> Pipeline:
    """Return the unfitted Pipeline, without what makes copies for it."""
    return estimator.estimator if isinstance(estimator, Augmented) else estimator


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
def one_quiet_thread(keep_interrupted: bool = False) -> Iterator[None]:
    """Fit on one BLAS thread, without remarks on epochs and batches.

    That an MLP stopped at ``max_iter`` is to be seen in its curves; that a batch
    is cut to a small table is what is wanted. But where an MLP answers an
    interrupt by a remark and a half-trained model, the interrupt goes on, unless
    such a model is wanted.
    """
    quiet = np.errstate(over="ignore", invalid="ignore")  # what breaks down is told in words
    with one_blas_thread(), warnings.catch_warnings(), _interrupts(), quiet:
        action = "ignore" if keep_interrupted else "error"
        warnings.filterwarnings(action, message=_INTERRUPTED)
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="no image of .* could be held back")
        warnings.filterwarnings("ignore", message="Got `batch_size` less than 1 or larger")
        yield
