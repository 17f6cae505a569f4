"""Which features a classifier is given: presets by name, and which are worth a try.

Floor 3: estimators and plain values; nothing is fitted here.
"""

from difflib import get_close_matches
from pathlib import Path

from sklearn.base import BaseEstimator
from sklearn.pipeline import FeatureUnion

from sklimg.backbone import OnnxBackbone
from sklimg.errors import UsageError
from sklimg.features import HOG, ColourHistogram, PatchFeatures
from sklimg.names import AUTO, ONNX, PRESETS
from sklimg.spec import ImageSpec
from sklimg.transformers import PixelScaler

__all__ = ["DEFAULT", "anchored", "check_features", "feature_step", "features_for", "onnx_file"]

DEFAULT = "hog+patches"  # of grey images
_LEAST_SIDE = 12  # pixels; of smaller images, there is nothing to see but pixels
_COARSE = 4  # cells down and across, where something finer stands beside


def check_features(features: str | None) -> None:
    """Raise UsageError unless features are a preset, "auto", a backbone, or None."""
    if features is None or features in (*PRESETS, AUTO):
        return
    if isinstance(features, str) and features.startswith(ONNX):
        if not onnx_file(features):
            raise UsageError(f"features: expected {ONNX}FILE, got no file")
        return
    near = get_close_matches(str(features), [*PRESETS, AUTO], n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise UsageError(
        f"features: expected one of {', '.join([*PRESETS, AUTO])}, or {ONNX}FILE, got "
        f"{features!r}{hint}"
    )


def onnx_file(features: str | None) -> str:
    """Return the file of a backbone that features name; empty if they name none."""
    is_named = isinstance(features, str) and features.startswith(ONNX)
    return features.removeprefix(ONNX) if is_named else ""


def anchored(features: str | None) -> str | None:
    """Return features with the file of a backbone as it is called from any folder."""
    file = onnx_file(features)
    return f"{ONNX}{Path(file).absolute()}" if file else features


def features_for(features: str | None, spec: ImageSpec) -> list[str]:
    """Return the features that images of a kind get, or those to choose from.

    Parameters
    ----------
    features : str or None
        None for the preset that serves most images of the kind best, "auto" for all
        that they may profit from, the simplest first.
    spec : ImageSpec
    """
    if features not in (None, AUTO):
        return [features]
    if spec.side < _LEAST_SIDE:
        return ["pixels"]
    if features is None:
        return [DEFAULT if spec.mode == "L" else "hog+colour+patches"]
    return [name for name in PRESETS if spec.mode == "RGB" or "colour" not in name]


def feature_step(features: str, seed: int) -> BaseEstimator:
    """Return the transformer of a preset or a backbone, unfitted.

    Parameters
    ----------
    features : str
        One of `sklimg.names.PRESETS`, or "onnx:FILE".
    seed : int
        Of what is learned from the images.
    """
    check_features(features)
    if features in (None, AUTO):
        raise UsageError(f"features: expected one of {', '.join(PRESETS)}, got {features!r}")
    if file := onnx_file(features):
        return OnnxBackbone(file)
    words = features.split("+")
    made = {
        "pixels": PixelScaler(),
        "hog": HOG(_COARSE if {"colour", "patches"} & set(words) else 7),
        "colour": ColourHistogram(),
        "patches": PatchFeatures(random_state=seed),
    }
    return FeatureUnion([(word, made[word]) for word in words])
