"""How a model learns from more images: going on from what it knows, or anew.

Both fit a first model to some rows and a further one to more rows, so that what more
images are worth can be tried on folds as well as on all rows.

Floor 5: fits, prints nothing; each epoch is told to a callable.
"""

from collections.abc import Callable
from math import ceil
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from sklimg.augment import Augmented
from sklimg.errors import SklimgError, UsageError
from sklimg.files import one_line
from sklimg.fitting import fit_alone, one_quiet_thread, pipeline_of
from sklimg.mlp import MLPClassifier
from sklimg.mlpparams import mlp_params
from sklimg.parts import Parts
from sklimg.watching import last_step, tells_epochs

__all__ = ["Anew", "GoingOn"]

_SHARE, _MOST_SHARE = 0.5, 2.0  # of the epochs of a first training that a further one takes
_STEPS = 200  # that it takes at least, of a small table by more epochs
_MANY = 20_000  # images, to which copies fill them up
_RATE = 0.4  # of its learning rate; the whole of it would first undo what is known


class Anew:
    """Fits a pipeline from the beginning, whatever was known.

    Parameters
    ----------
    base : Pipeline or Augmented
        Unfitted.
    parts : Parts
    """

    def __init__(self, base: Pipeline | Augmented, parts: Parts):
        self._base, self._parts = base, parts

    @property
    def stops_early(self) -> bool:
        """Whether rows that watch decide when a training ends."""
        return bool(getattr(last_step(self._base), "early_stopping", False))

    def first(self, rows: np.ndarray) -> Pipeline:
        """Return a pipeline fitted to some rows."""
        return self.further(None, rows)

    def further(
        self,
        before: Pipeline | None,
        rows: np.ndarray,
        watch: np.ndarray | None = None,
        tell_epoch: Callable[[dict[str, float]], None] | None = None,
    ) -> Pipeline:
        """Return a pipeline fitted to more rows; what was fitted *before* has no part in it.

        Its epochs are not told.
        """
        table, groups = self._parts.table, self._parts.groups
        is_watched = watch is not None and tells_epochs(self._base)
        held = (table.pixels[watch], table.labels[watch]) if is_watched else None
        X, y = table.pixels[rows], table.labels[rows]
        fitted = fit_alone(self._base, X, y, groups=groups[rows], validation_data=held)
        return pipeline_of(fitted)

    def probabilities(self, fitted: Pipeline, rows: np.ndarray) -> np.ndarray:
        """Return what a pipeline says of some rows."""
        return fitted.predict_proba(self._parts.table.pixels[rows])

    def pipeline(self, fitted: Pipeline) -> Pipeline:
        """Return the whole pipeline."""
        return fitted


class GoingOn:
    """Trains the network at the end of a pipeline further; its features stay as they are.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted; it ends in an MLP of ours that trains by epochs.
    parts : Parts
    copier : Augmented or None
        Makes changed copies of the rows that are trained on.
    """

    def __init__(self, pipeline: Pipeline, parts: Parts, copier: Augmented | None):
        self._features, self._head = pipeline[:-1], pipeline[-1]
        self._names = [name for name, _ in pipeline.steps]
        self._parts, self._copier = parts, copier
        self._described = self._features.transform(parts.table.pixels)

    @property
    def stops_early(self) -> bool:
        """Whether rows that watch decide when a training ends."""
        return bool(self._head.early_stopping)

    def first(self, rows: np.ndarray) -> MLPClassifier:
        """Return a network trained on some rows from its first weights on."""
        params = self._head.get_params(deep=False)
        return self._trained(MLPClassifier(**params), rows, None, None)

    def further(
        self,
        before: MLPClassifier | None,
        rows: np.ndarray,
        watch: np.ndarray | None = None,
        tell_epoch: Callable[[dict[str, float]], None] | None = None,
    ) -> MLPClassifier:
        """Return a network that goes on from another, which is left as it is.

        Parameters
        ----------
        before : MLPClassifier or None
            None for the network of the pipeline.
        rows : ndarray of int
            To train on, those that it knows among them.
        watch : ndarray of int, optional
            Rows that are looked at in each epoch.
        tell_epoch : callable, optional
            Called with the values of each epoch, and ``n_epochs``.
        """
        network = (before or self._head).without_history()
        n_epochs = _n_epochs(network, len(rows) if self._copier is None else _MANY)
        rate = network.learning_rate_init
        whole = {"warm_start": network.warm_start, "max_iter": network.max_iter}
        whole["learning_rate_init"] = rate
        network.set_params(warm_start=True, max_iter=n_epochs, learning_rate_init=_RATE * rate)
        told = tell_epoch and (lambda values: tell_epoch({**values, "n_epochs": n_epochs}))
        return self._trained(network, rows, watch, told).set_params(**whole)

    def probabilities(self, fitted: MLPClassifier, rows: np.ndarray) -> np.ndarray:
        """Return what a network says of some rows."""
        return fitted.predict_proba(self._described[rows])

    def pipeline(self, fitted: MLPClassifier) -> Pipeline:
        """Return the whole pipeline."""
        steps = [*self._features.steps, (self._names[-1], fitted)]
        return Pipeline(steps)

    def _trained(
        self,
        network: MLPClassifier,
        rows: np.ndarray,
        watch: np.ndarray | None,
        tell_epoch: Callable[[dict[str, float]], None] | None,
    ) -> MLPClassifier:
        """Train a network in place and return it."""
        labels, groups = self._parts.table.labels, self._parts.groups
        X, y = self._described[rows], labels[rows]
        held = None if watch is None else (self._described[watch], labels[watch])
        how: dict[str, Any] = {"groups": groups[rows]}
        if self._copier is not None:
            pixels = self._parts.table.pixels
            images = None if watch is None else (pixels[watch], labels[watch])
            copied = self._copier.with_copies_apart(pixels[rows], y, groups[rows], images)
            (X, y, images), how = copied, {}
            X = self._features.transform(X)
            held = None if images is None else (self._features.transform(images[0]), images[1])
        if held is not None:
            known = np.isin(held[1], [*y, *getattr(network, "classes_", ())])
            held = (held[0][known], held[1][known]) if known.any() else None
        with one_quiet_thread():
            try:
                return network.fit(X, y, validation_data=held, tell_epoch=tell_epoch, **how)
            except SklimgError:
                raise
            except (TypeError, ValueError) as err:
                raise UsageError(f"parameters: the fit failed: {one_line(err)[:300]}") from err


def _n_epochs(network: MLPClassifier, n_rows: int) -> int:
    """Return the epochs of a further training on so many rows."""
    least, most = (max(1, round(share * network.max_iter)) for share in (_SHARE, _MOST_SHARE))
    n_steps = ceil(n_rows / mlp_params(network)["batch_size"])
    return min(max(least, ceil(_STEPS / n_steps)), most)
