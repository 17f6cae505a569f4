"""Features by a network that others have trained, from an ONNX file; nothing is downloaded.

Needs extra embed. Floor 2: an estimator; reads the file and what it kept of earlier rows.

References
----------
.. [1] A. S. Razavian et al., "CNN features off-the-shelf: an astounding baseline for
   recognition", CVPR workshops 2014.
"""

import hashlib
import os
from dataclasses import replace
from functools import cached_property

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted, validate_data

from sklimg.errors import ModelError, UsageError
from sklimg.extras import require
from sklimg.featurestore import FeatureStore, cache_file, row_keys
from sklimg.frozennets import SIDE, FrozenNetwork
from sklimg.names import NORMALISATIONS
from sklimg.onnxgraphs import read_graph
from sklimg.pixelrows import as_images, whole_levels

__all__ = ["OnnxBackbone", "backbone_side"]

_WAY = 1  # of making features, which changes with what `frozennets` and `views` do
_CHUNK = 512  # images whose features are kept at once


class OnnxBackbone(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Frozen features of images, by a network in an ONNX file [1]_.

    What they are is told by `sklimg.frozennets.FrozenNetwork`.

    Parameters
    ----------
    file : path
        Read in `fit`, and kept in the estimator.
    tensor : str, default=None
        The features; see `sklimg.onnxgraphs.read_graph`.
    side : int, default=None
        Of the network's input, where it takes any; by default 224.
    normalise : {"imagenet", "caffe", "symmetric", "unit", "none"}, default=None
        What the network takes: by default what its file says in ``mean`` and ``std``, or
        "imagenet", 0 to 1 less a mean and divided by a deviation (torchvision, timm);
        "caffe", blue first, less a mean (ResNet50 of Keras); "symmetric", -1 to 1;
        "unit", 0 to 1; "none", 0 to 255.
    views : {1, 2, 4}, default=4
        Looks at an image: 1 at the whole, 2 and mirrored, 4 and its middle.
    sha256 : str, default=None
        Of the file; any other is refused.
    cache : bool, default=False
        Whether features are kept on disk by content, and found there again.
    n_jobs : {1, 2, -1} or None, default=None
        Threads; all but 1 mean two.

    Attributes
    ----------
    graph_ : Graph
        The file's content, its input and its features.
    """

    def __init__(
        self,
        file,
        tensor=None,
        side=None,
        normalise=None,
        views=4,
        sha256=None,
        cache=False,
        n_jobs=None,
    ):
        self.file = file
        self.tensor = tensor
        self.side = side
        self.normalise = normalise
        self.views = views
        self.sha256 = sha256
        self.cache = cache
        self.n_jobs = n_jobs

    def fit(self, X, y=None):
        """Read the file, and try it on the first row of X, of shape (n_images, n_pixels).

        Raises
        ------
        MissingExtra
            If onnx or onnxruntime is not installed.
        ModelError
            If the file is no network for images, was changed, or cannot be run here.
        UsageError
            If a parameter is of no use.
        """
        X = validate_data(self, X)
        if self.normalise is not None and self.normalise not in NORMALISATIONS:
            raise UsageError(
                f"normalise: expected one of {', '.join(NORMALISATIONS)}, got {self.normalise!r}"
            )
        for name, allowed in (("cache", (True, False)), ("n_jobs", (None, 1, 2, -1))):
            if getattr(self, name) not in allowed:
                raise UsageError(f"{name}: expected one of {allowed}, got {getattr(self, name)!r}")
        if self.views not in (1, 2, 4):
            raise UsageError(f"views: expected 1, 2 or 4, got {self.views!r}")
        self.graph_ = read_graph(self.file, None if self.tensor is None else str(self.tensor))
        _checked_digest(self.file, self.graph_.content, self.sha256)
        vars(self).pop("_network", None)
        first = whole_levels(as_images(X[:1]))
        self._n_features_out = self._network.features(first, n_jobs=1).shape[1]
        return self

    def transform(self, X):
        """Return the features of X, of shape (n_images, n_features), float32."""
        check_is_fitted(self, "_n_features_out")
        images = whole_levels(as_images(validate_data(self, X, reset=False)))
        features = np.empty((len(images), self._n_features_out), np.float32)
        digest = hashlib.sha256(self.graph_.content).hexdigest() if self.cache else ""
        for first in range(0, len(images), _CHUNK):
            some = images[first : first + _CHUNK]
            made = (
                self._kept(some, digest)
                if self.cache
                else self._network.features(some, self.n_jobs)
            )
            features[first : first + _CHUNK] = made
        return features

    def without_network(self):
        """Return a copy that lacks the file's content and keeps no features, to be saved apart."""
        check_is_fitted(self, "graph_")
        copy = clone(self).set_params(cache=False)
        copy.graph_, copy._n_features_out = replace(self.graph_, content=b""), self._n_features_out
        copy.n_features_in_ = self.n_features_in_
        return copy

    def with_network(self, content):
        """Take the content of a file back in, and return itself."""
        self.graph_ = replace(self.graph_, content=content)
        vars(self).pop("_network", None)
        return self

    def with_settings(self, settings, content, n_pixels):
        """Take a network as `array_form` told it, for rows of *n_pixels*; return itself."""
        told = {name: value for name, value in settings.items() if name != "op"}
        made = FrozenNetwork.from_settings(content, told)
        self.graph_, self.n_features_in_ = made.graph, n_pixels
        vars(self).pop("_network", None)
        first = whole_levels(as_images(np.zeros((1, n_pixels), np.uint8)))
        self._n_features_out = made.features(first, n_jobs=1).shape[1]
        return self

    def array_form(self):
        """Return what `sklimg.arraysteps` needs to do the same: a step, and its arrays."""
        check_is_fitted(self, "graph_")
        return {"op": "network", **self._network.settings()}, {}

    def _kept(self, images, digest):
        """Return the features of images, those that are kept already from the store."""
        made_by = (_WAY, require("onnxruntime", "embed").__version__)
        how = (
            *made_by,
            digest,
            self.graph_.tensor,
            self.side,
            self.normalise,
            self.views,
            images.shape[1:],
        )
        keys = row_keys(images.reshape(len(images), -1), repr(how))
        store = FeatureStore(cache_file())
        found = store.get(keys)
        missing = [i for i, key in enumerate(keys) if key not in found]
        if missing:
            made = self._network.features(images[missing], self.n_jobs)
            store.put([keys[i] for i in missing], made)
            found |= {keys[i]: row for i, row in zip(missing, made, strict=True)}
        return np.stack([found[key] for key in keys])

    @cached_property
    def _network(self):
        """The network, ready to run."""
        return FrozenNetwork(self.graph_, str(self.file), self.side, self.normalise, self.views)

    def __getstate__(self):
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_network"}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags


def backbone_side(
    file: str | os.PathLike,
    tensor: str | None = None,
    side: int | None = None,
    sha256: str | None = None,
) -> tuple[int, str, str]:
    """Return the side and the mode of images that a network takes, and its SHA-256.

    Raises
    ------
    ModelError
        If the file is no network for images, or not the one of *sha256*.
    """
    graph = read_graph(file, tensor)
    mode = "RGB" if graph.image.n_channels == 3 else "L"
    return graph.image.side or side or SIDE, mode, _checked_digest(file, graph.content, sha256)


def _checked_digest(file: str | os.PathLike, content: bytes, expected: str | None) -> str:
    """Return the SHA-256 of a file's content; raise if another is expected."""
    found = hashlib.sha256(content).hexdigest()
    if expected not in (None, found):
        raise ModelError(
            f"{file}: expected the network of SHA-256 {str(expected)[:12]}…, got {found[:12]}…: it "
            "has changed; bring the file back, or fit anew"
        )
    return found
