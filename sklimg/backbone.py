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
from sklimg.features import as_images, whole_levels
from sklimg.featurestore import FeatureStore, cache_file, row_keys
from sklimg.files import one_line
from sklimg.names import NORMALISATIONS
from sklimg.onnxgraphs import read_graph, with_output
from sklimg.partners import Partners
from sklimg.views import network_input, views_of

__all__ = ["OnnxBackbone", "backbone_side"]

_SIDE = 224  # of the input, where the network takes any
_LENGTH = 0.5  # root mean square of an image's features
_WAY = 1  # of making features, which changes with what is done here or in `sklimg.views`
_CHUNK = 512  # images whose features are kept at once


class OnnxBackbone(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Frozen features of images, by a network in an ONNX file [1]_.

    An image is looked at as a whole and mirrored, and so is its middle; of each, the mean of
    both is taken, then the square root with its sign, and all are brought to one
    length. The looks at one image are one batch, whatever other images there are.

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
        self._check_side()
        vars(self).pop("_session", None)
        self._n_features_out = self._described(as_images(X[:1])).shape[1]
        return self

    def transform(self, X):
        """Return the features of X, of shape (n_images, n_features), float32."""
        check_is_fitted(self, "_n_features_out")
        images = whole_levels(as_images(validate_data(self, X, reset=False)))
        features = np.empty((len(images), self._n_features_out), np.float32)
        digest = hashlib.sha256(self.graph_.content).hexdigest() if self.cache else ""
        for first in range(0, len(images), _CHUNK):
            some = images[first : first + _CHUNK]
            made = self._kept(some, digest) if self.cache else self._shared(some)
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
        return self

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
            made = self._shared(images[missing])
            store.put([keys[i] for i in missing], made)
            found |= {keys[i]: row for i, row in zip(missing, made, strict=True)}
        return np.stack([found[key] for key in keys])

    def _shared(self, images):
        """Return the features of images, by two threads if there are more than one."""
        n = 1 if self.n_jobs == 1 or len(images) < 2 else 2
        _ = self._session  # made once, not by each thread
        with Partners(n) as partners:
            parts = partners.share(
                lambda k: [self._described(images[i : i + 1]) for i in range(k, len(images), n)]
            )
        features = np.empty((len(images), parts[0][0].shape[1]), np.float32)
        for k, part in enumerate(parts):
            features[k::n] = np.concatenate(part)
        return features

    def _described(self, image):
        """Return the features of one image, of shape (1, n_features)."""
        graph = self.graph_
        views = views_of(whole_levels(image)[0], self._side, graph.image.n_channels, self.views)
        flat = self._run(network_input(views, graph.image, self.normalise, graph.metadata))
        if self.views > 1:
            flat = flat.reshape(len(flat) // 2, 2, -1).mean(axis=1)
        if not np.isfinite(flat).all():
            raise ModelError(
                f"{self.file}: expected features that are numbers, got NaN or infinity; does it "
                "take another --normalise or --tensor?"
            )
        rooted = (np.sign(flat) * np.sqrt(np.abs(flat))).reshape(1, -1)
        length = np.sqrt(np.mean(rooted**2))
        return (rooted * (_LENGTH / max(float(length), 1e-12))).astype(np.float32)

    def _run(self, values):
        """Return the features of each look, flat, float64."""
        entry, n = self.graph_.image, len(values)
        at_once = entry.batch or n
        rows = []
        for first in range(0, n, at_once):
            some = values[first : first + at_once]
            short = at_once - len(some)
            if short:
                some = np.concatenate([some, some[-1:].repeat(short, axis=0)])
            try:
                (made,) = self._session.run([self.graph_.tensor], {entry.name: some})
            except self._errors as err:
                raise ModelError(
                    f"{self.file}: the network failed on images of {self._side}x{self._side}: "
                    f"{one_line(err)[:200]}; is its input of another size (--size)?"
                ) from err
            if made.ndim < 2 or len(made) != at_once:
                raise UsageError(
                    f"tensor: expected features of each image in {self.graph_.tensor!r}, got an "
                    f"array of shape {made.shape} for {at_once}; name another with --tensor"
                )
            rows.append(made[: at_once - short])
        made = np.concatenate(rows).astype(np.float64)
        if made.ndim == 4:  # a map; what is seen where does not count
            made = made.mean(axis=(2, 3) if entry.is_channels_first else (1, 2))
        elif made.ndim == 3:
            made = made.mean(axis=1)
        return made.reshape(n, -1)

    @property
    def _side(self):
        return self.graph_.image.side or self.side or _SIDE

    def _check_side(self):
        own = self.graph_.image.side
        if self.side is not None and own not in (None, self.side):
            raise UsageError(f"side: {self.file} takes images of {own}x{own}, got {self.side}")

    @cached_property
    def _session(self):
        """The network, ready to run on one thread."""
        runtime = require("onnxruntime", "embed")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what is wrong is raised
        content = with_output(self.graph_.content, self.graph_.tensor)
        try:
            return runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except self._errors as err:
            raise ModelError(
                f"{self.file}: onnxruntime {runtime.__version__} cannot run it: "
                f"{one_line(err)[:200]}; export it for an older opset, or update onnxruntime"
            ) from err

    @property
    def _errors(self):
        """What onnxruntime raises, which has no base of its own."""
        state = require("onnxruntime.capi.onnxruntime_pybind11_state", "embed")
        names = ("EPFail", "Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf")
        names += ("NotImplemented", "RuntimeException")
        return tuple(getattr(state, name) for name in names)

    def __getstate__(self):
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_session"}

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
    return graph.image.side or side or _SIDE, mode, _checked_digest(file, graph.content, sha256)


def _checked_digest(file: str | os.PathLike, content: bytes, expected: str | None) -> str:
    """Return the SHA-256 of a file's content; raise if another is expected."""
    found = hashlib.sha256(content).hexdigest()
    if expected not in (None, found):
        raise ModelError(
            f"{file}: expected the network of SHA-256 {str(expected)[:12]}…, got {found[:12]}…: it "
            "has changed; bring the file back, or fit anew"
        )
    return found
