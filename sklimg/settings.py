"""What a fit is asked for: checked before anything is read, kept for who resumes it.

Floor 5: looks at values and at a run's config.json.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from sklimg.backbone import backbone_side
from sklimg.errors import OutputError, UsageError
from sklimg.extras import require
from sklimg.featurestore import FeatureStore, cache_file
from sklimg.names import AUGMENTS, AUTO, SEARCHES
from sklimg.parts import is_data
from sklimg.presets import check_features, onnx_file
from sklimg.runfolder import CONFIG
from sklimg.spans import parse_span
from sklimg.spec import ImageSpec
from sklimg.table import Table

__all__ = [
    "check_auto",
    "check_settings",
    "images_for",
    "saved_settings",
    "usable_cache",
    "values_of",
    "weighted",
]

_LISTS = ("hidden_layer_sizes", "dropout")  # parameters whose values may be lists, in JSON
_SAVED = (
    *("test", "validation", "model", "params", "grid", "search", "augment", "folds", "group"),
    *("turned", "seed", "max_time", "features", "size", "mode"),
)


def check_settings(
    test: float | str | os.PathLike | Table | None,
    validation: float,
    folds: int | None,
    seed: int,
    augment: str,
    search: str,
    model: str,
    max_time: float | None,
    features: str | None,
) -> None:
    """Raise UsageError unless shares, counts and words make sense; MissingExtra for a search."""
    if test is not None and not is_data(test) and not 0 < test < 1:
        raise UsageError(f"test: expected a share between 0 and 1, or data, got {test}")
    if not 0 <= validation < 1:
        raise UsageError(f"validation: expected a share from 0 to below 1, got {validation}")
    if isinstance(test, int | float | None) and validation + (test or 0) >= 1:
        raise UsageError(
            f"test, validation: expected less than 1 together, got {test}, {validation}"
        )
    if folds is not None and (folds < 0 or folds == 1):
        raise UsageError(f"folds: expected 2 or more, or 0 for none, got {folds}")
    if seed < 0:
        raise UsageError(f"seed: expected 0 or above, got {seed}")
    if augment not in AUGMENTS:
        raise UsageError(f"augment: expected one of {', '.join(AUGMENTS)}, got {augment!r}")
    if search not in SEARCHES:
        raise UsageError(f"search: expected one of {', '.join(SEARCHES)}, got {search!r}")
    if search != SEARCHES[0]:
        require("optuna", "tune")  # before anything is read
    if search != SEARCHES[0] and model != "mlp":
        raise UsageError(f"search: {search} needs epochs, as the model mlp has, got {model}")
    check_features(features)
    if max_time is not None and not max_time > 0:
        raise UsageError(f"max time: expected more than 0 seconds, got {max_time}")


def weighted(params: Mapping[str, Any], class_weight: str | None, model: str) -> dict[str, Any]:
    """Return the parameters with the class weight among them."""
    if class_weight is None:
        return dict(params)
    if model == "sklearn-mlp":
        raise UsageError(
            f"class weight: {model} knows none; choose the model mlp or logistic, or leave it out"
        )
    if any(name.rpartition("__")[2] == "class_weight" for name in params):
        raise UsageError("class weight: stands twice, as an option and as a parameter")
    return {**params, "class_weight": class_weight}


def images_for(
    features: str | None, params: Mapping[str, Any], size: int | None, mode: str | None
) -> tuple[ImageSpec | None, dict[str, Any]]:
    """Return what images become for some features, and the parameters that go with these.

    Parameters
    ----------
    features : str or None
    params : mapping
        As given; a backbone's are completed, its digest among them.
    size, mode : int and str, optional
        As asked for.

    Returns
    -------
    spec : ImageSpec or None
        With "auto" still to be settled; None for what suits the images.
    params : dict

    Raises
    ------
    ModelError, MissingExtra, UsageError
        If a backbone cannot be used.
    """
    wanted: dict[str, Any] = {"invert": "auto", "clean": "auto"}
    wanted |= {} if size is None else {"side": size}
    wanted |= {} if mode is None else {"mode": mode}
    file = onnx_file(features)
    if not file:
        return (None if size is None and mode is None else ImageSpec(**wanted)), dict(params)
    tensor = params.get("features__tensor")
    tensor = None if tensor is None else str(tensor)
    known = params.get("features__sha256")
    side, own_mode, digest = backbone_side(file, tensor, size, known)
    of_network = {"invert": "no", "fit": "pad", "side": size or side, "mode": mode or own_mode}
    pinned = {"features__cache": True, "features__sha256": digest}
    if size is not None and side == size:
        pinned["features__side"] = size
    return ImageSpec(**of_network), pinned | dict(params)


def check_auto(features: str | None, names: Iterable[str]) -> None:
    """Raise UsageError if features are to be chosen and some of the parameters are theirs."""
    own = [name for name in names if name.startswith("features__")]
    if features == AUTO and own:
        raise UsageError(
            f"parameter {own[0]!r}: {AUTO} compares presets as they are; name one of them, such as "
            "hog+patches, to set it"
        )


def usable_cache(params: dict[str, Any], tell: Callable[[str, str], None]) -> dict[str, Any]:
    """Return parameters without the cache of a backbone where it cannot be used, and say so."""
    if not params.get("features__cache"):
        return params
    try:
        FeatureStore(cache_file()).get([])
    except OutputError as err:
        tell("warning", f"{err}; going on without")
        return params | {"features__cache": False}
    return params


def saved_settings(run: str | os.PathLike) -> dict[str, Any]:
    """Return what a run was asked for, as arguments of `fit`, and its ``data``.

    Raises
    ------
    UsageError
        If there is no run with settings.
    """
    file = Path(run, CONFIG)
    try:
        saved = json.loads(file.read_bytes())
        settings = {name: saved[name] for name in ("data", *_SAVED)}
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise UsageError(
            f"{run}: expected a run that was begun with a search, got none with a {CONFIG} that "
            "can be read; check --resume"
        ) from err
    settings["grid"] = {name: _values(name, vs) for name, vs in settings["grid"].items()}
    return settings | {"params": values_of(settings["params"])}


def values_of(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters as a pipeline takes them, from what JSON holds of them."""
    return {name: _value(name, value) for name, value in params.items()}


def _value(name: str, value: Any) -> Any:
    """Return a value as the pipeline takes it: layers as a tuple."""
    is_layers = name.rpartition("__")[2] in _LISTS and isinstance(value, list)
    return tuple(value) if is_layers else value


def _values(name: str, values: list | str) -> Any:
    """Return values to search, or the span that a text stands for."""
    return parse_span(values) if isinstance(values, str) else [_value(name, v) for v in values]
