"""Looks at an image, as a network takes them.

Floor 1: works on arrays, prints nothing.
"""

from collections.abc import Mapping

import numpy as np
from PIL import Image

from sklimg.errors import ModelError
from sklimg.onnxgraphs import ImageInput

__all__ = ["network_input", "views_of"]

_MIDDLE = 0.8  # of the sides, which the second look is at
_IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_CAFFE = (123.68, 116.779, 103.939), (1.0, 1.0, 1.0)
_PLAIN = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
_WAYS = {  # by what grey levels are divided first, what is taken away, and divided by then
    "imagenet": (255.0, *_IMAGENET),
    "caffe": (1.0, *_CAFFE),
    "symmetric": (127.5, (1.0, 1.0, 1.0), _PLAIN[1]),
    "unit": (255.0, *_PLAIN),
    "none": (1.0, *_PLAIN),
}


def views_of(image: np.ndarray, side: int, n_channels: int, n_views: int) -> np.ndarray:
    """Return looks at an image: the whole, mirrored; its middle, mirrored.

    Parameters
    ----------
    image : ndarray of shape (height, width) or (height, width, 3), uint8
    side : int
        Of the looks, in pixels.
    n_channels : {1, 3}
        Of the looks.
    n_views : {1, 2, 4}
        The first so many.

    Returns
    -------
    views : ndarray of shape (n_views, side, side, n_channels), uint8
    """
    if (image.ndim == 3) != (n_channels == 3):
        mode = "RGB" if image.ndim == 2 else "L"
        image = np.asarray(Image.fromarray(image).convert(mode))
    height, width = image.shape[:2]
    views, picture = [], Image.fromarray(np.ascontiguousarray(image))
    for share in (1.0, _MIDDLE)[: max(1, n_views // 2)]:
        down, across = height * (1 - share) / 2, width * (1 - share) / 2
        box = (across, down, width - across, height - down)
        view = np.asarray(picture.resize((side, side), Image.Resampling.BILINEAR, box=box))
        views += [view, view[:, ::-1]][: min(n_views, 2)]
    return np.stack(views).reshape(n_views, side, side, n_channels)


def network_input(
    views: np.ndarray, entry: ImageInput, normalise: str | None, metadata: Mapping[str, str]
) -> np.ndarray:
    """Return looks at images as a network takes them.

    Parameters
    ----------
    views : ndarray of shape (n_views, side, side, n_channels), uint8
    entry : ImageInput
    normalise : str or None
        One of `sklimg.names.NORMALISATIONS`; None for what the metadata say, or
        "imagenet".
    metadata : mapping of str to str
        ``mean`` and ``std``, of shares of 255, if both are there.

    Raises
    ------
    ModelError
        If these are no numbers, one or one a channel.
    """
    if entry.dtype == "uint8":  # it normalises for itself
        values = views
    else:
        by, less, spread = _WAYS[normalise or "imagenet"]
        if normalise is None and {"mean", "std"} <= metadata.keys():
            by, less, spread = 255.0, _numbers(metadata, "mean"), _numbers(metadata, "std")
        n_channels = views.shape[3]
        less, spread = (np.asarray(value, np.float32) for value in (less, spread))
        if n_channels == 1:
            less, spread = less.mean(keepdims=True), spread.mean(keepdims=True)
        values = (views / np.float32(by) - less) / spread
        values = values[..., ::-1] if normalise == "caffe" else values
    values = values.transpose(0, 3, 1, 2) if entry.is_channels_first else values
    return np.ascontiguousarray(values, entry.dtype)


def _numbers(metadata: Mapping[str, str], name: str) -> list[float]:
    words = metadata[name].strip("[]() ").replace(",", " ").split()
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 3):
        raise ModelError(
            f"backbone: expected 1 or 3 numbers in its entry {name!r}, got {metadata[name]!r}; say "
            "what it takes with --param features__normalise=imagenet"
        )
    return numbers
