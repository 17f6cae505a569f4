"""Which candidates of a search share a fit, its features, or neither.

Candidates that differ only in ``max_iter`` share one training, where its steps do
not depend on its end.

Floor 3: estimators and plain values; nothing is fitted here.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from numbers import Integral
from typing import Any, NamedTuple

from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline

from sklimg.augment import Augmented
from sklimg.fitting import pipeline_inside
from sklimg.journal import digest_of
from sklimg.watching import last_step, tells_epochs

__all__ = ["SharedFit", "complexity", "features_key", "shared_fits", "with_params"]

_INPUTS = 784  # of a network whose size is compared with others


class SharedFit(NamedTuple):
    """One fit on each fold, for one candidate or for several that differ in ``max_iter``.

    Attributes
    ----------
    estimator : Pipeline or Augmented
        Unfitted, with the parameters of the longest.
    candidates : tuple of int
        Their numbers.
    epochs : tuple of int or None
        Where each is scored; None at the end.
    features : str
        What decides the features; equal texts mean equal features.
    """

    estimator: Pipeline | Augmented
    candidates: tuple[int, ...]
    epochs: tuple[int | None, ...]
    features: str

    @property
    def work(self) -> float:
        """How long it may take, in comparison with others."""
        size, n_epochs = complexity(self.estimator)[:2]
        return (size + 50) * n_epochs  # what an epoch takes beside its products


def shared_fits(
    base: Pipeline | Augmented, candidates: Sequence[Mapping[str, Any]]
) -> list[SharedFit]:
    """Return the fits that a list of candidates takes on each fold, in their order."""
    together = defaultdict(list)
    name = f"{pipeline_inside(base).steps[-1][0]}__max_iter"
    for number, params in enumerate(candidates):
        estimator = with_params(base, params)
        last = last_step(estimator)
        is_free = tells_epochs(estimator) and last.learning_rate != "one-cycle"
        is_shared = is_free and isinstance(params.get(name), int) and params[name] > 0
        rest = {key: value for key, value in params.items() if key != name or not is_shared}
        together[repr(sorted(rest.items(), key=str))].append((number, estimator, is_shared))
    fits = []
    for members in together.values():
        lengths = [last_step(estimator).max_iter for _, estimator, shared in members if shared]
        longest = lengths.index(max(lengths)) if lengths else 0
        estimator, numbers = members[longest][1], tuple(number for number, *_ in members)
        epochs = tuple(lengths) if lengths else (None,) * len(numbers)
        fits.append(SharedFit(estimator, numbers, epochs, features_key(estimator)))
    return fits


def with_params(
    base: Pipeline | Augmented, params: Mapping[str, Any], n_jobs: int | None = 1
) -> Pipeline | Augmented:
    """Return a clone with parameters of the pipeline set, by their full names."""
    estimator = clone(base)
    pipeline = pipeline_inside(estimator)
    pipeline.set_params(**clone(dict(params), safe=False))
    if n_jobs is not None:
        threads = [name for name in pipeline.get_params() if name.endswith("__n_jobs")]
        is_plain = not tells_epochs(pipeline)
        own = f"{pipeline.steps[-1][0]}__"
        ours = {name: n_jobs for name in threads if not (is_plain and name.startswith(own))}
        pipeline.set_params(**ours)
    return estimator


def complexity(estimator: BaseEstimator) -> tuple[float, float, float]:
    """Return what makes one candidate simpler than another: the smaller tuple.

    The size of its hidden layers, its epochs at most, and how little it is held back
    by a penalty; zero where there is no such thing.
    """
    last = last_step(estimator)
    layers = getattr(last, "hidden_layer_sizes", ())
    layers = [layers] if isinstance(layers, Integral) else layers
    units = [_INPUTS, *(int(n) for n in layers if isinstance(n, Integral))]
    size = float(sum(a * b for a, b in pairwise(units))) / _INPUTS
    freedom = getattr(last, "C", None)
    if freedom is None:
        freedom = -float(getattr(last, "alpha", 0.0) or 0.0)
    return size, float(getattr(last, "max_iter", 1) or 1), float(freedom)


def features_key(estimator: Pipeline | Augmented) -> str:
    """Return a text that is equal where the features of a fold are."""
    wrapper, pipeline = {}, estimator
    if isinstance(estimator, Augmented):
        pipeline, last = estimator.estimator, last_step(estimator)
        wrapper = estimator.get_params(deep=False) | {"estimator": None}
        for name in ("early_stopping", "validation_fraction"):
            wrapper[name] = getattr(last, name, None)
    params = pipeline.get_params()
    own = ("steps", pipeline.steps[-1][0])
    before = {key: value for key, value in params.items() if key.partition("__")[0] not in own}
    return digest_of(before, wrapper)
