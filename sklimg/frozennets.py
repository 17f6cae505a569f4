"""A network that others have trained, run on images for its features.

Needs onnxruntime, of extra embed. Floor 2: runs what an ONNX file holds; no estimators.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from sklimg.errors import ModelError, UsageError
from sklimg.extras import require
from sklimg.files import one_line
from sklimg.onnxgraphs import Graph, ImageInput, with_output
from sklimg.partners import Partners
from sklimg.views import network_input, views_of

__all__ = ["SIDE", "FrozenNetwork"]

SIDE = 224  # of the input, where the network takes any
_LENGTH = 0.5  # root mean square of an image's features


class FrozenNetwork:
    """Features of images, by a network as it is.

    An image is looked at as a whole and mirrored, and so is its middle; of each, the mean of
    both is taken, then the square root with its sign, and all are brought to one
    length. The looks at one image are one batch, whatever other images there are.

    Parameters
    ----------
    graph : Graph
    name : str
        Of the file, for what is to be said of it.
    side : int or None
        Of the input, where the network takes any; None for 224.
    normalise : str or None
        One of `sklimg.names.NORMALISATIONS`; None for what the file says, or "imagenet".
    views : {1, 2, 4}
        Looks at an image.

    Raises
    ------
    UsageError
        If the network takes images of another side.
    """

    def __init__(
        self, graph: Graph, name: str, side: int | None, normalise: str | None, views: int
    ):
        own = graph.image.side
        if side is not None and own not in (None, side):
            raise UsageError(f"side: {name} takes images of {own}x{own}, got {side}")
        self.graph, self.name, self.normalise, self.views = graph, name, normalise, views
        self.side = own or side or SIDE

    @classmethod
    def from_settings(cls, content: bytes, settings: Mapping[str, Any]) -> "FrozenNetwork":
        """Return the network of a file's content and what `settings` told."""
        told = dict(settings)
        image, tensor, metadata = (told.pop(key) for key in ("image", "tensor", "metadata"))
        return cls(Graph(content, ImageInput(**image), tensor, metadata), **told)

    def settings(self) -> dict[str, Any]:
        """Return all but the file's content, as JSON takes it."""
        graph = self.graph
        return {
            "image": dict(vars(graph.image)),
            "tensor": graph.tensor,
            "metadata": dict(graph.metadata),
            "name": self.name,
            "side": self.side,
            "normalise": self.normalise,
            "views": self.views,
        }

    def features(self, images: np.ndarray, n_jobs: int | None = None) -> np.ndarray:
        """Return the features of images, by two threads if there are more than one.

        Parameters
        ----------
        images : ndarray of shape (n_images, height, width) or (n_images, height, width, 3), uint8
        n_jobs : {1, 2, -1} or None, default=None
            Threads; all but 1 mean two.

        Returns
        -------
        features : ndarray of shape (n_images, n_features), float32

        Raises
        ------
        ModelError
            If the network cannot be run here, or makes no numbers of the images.
        UsageError
            If its features are not those of each image.
        """
        n = 1 if n_jobs == 1 or len(images) < 2 else 2
        _ = self._session  # made once, not by each thread
        with Partners(n) as partners:
            parts = partners.share(
                lambda k: [self._described(images[i]) for i in range(k, len(images), n)]
            )
        features = np.empty((len(images), parts[0][0].shape[1]), np.float32)
        for k, part in enumerate(parts):
            features[k::n] = np.concatenate(part)
        return features

    def _described(self, image: np.ndarray) -> np.ndarray:
        """Return the features of one image, of shape (1, n_features)."""
        entry = self.graph.image
        views = views_of(image, self.side, entry.n_channels, self.views)
        flat = self._run(network_input(views, entry, self.normalise, self.graph.metadata))
        if self.views > 1:
            flat = flat.reshape(len(flat) // 2, 2, -1).mean(axis=1)
        if not np.isfinite(flat).all():
            raise ModelError(
                f"{self.name}: expected features that are numbers, got NaN or infinity; does it "
                "take another --normalise or --tensor?"
            )
        rooted = (np.sign(flat) * np.sqrt(np.abs(flat))).reshape(1, -1)
        length = np.sqrt(np.mean(rooted**2))
        return (rooted * (_LENGTH / max(float(length), 1e-12))).astype(np.float32)

    def _run(self, values: np.ndarray) -> np.ndarray:
        """Return the features of each look, flat, float64."""
        entry, n = self.graph.image, len(values)
        at_once = entry.batch or n
        rows = []
        for first in range(0, n, at_once):
            some = values[first : first + at_once]
            short = at_once - len(some)
            if short:
                some = np.concatenate([some, some[-1:].repeat(short, axis=0)])
            try:
                (made,) = self._session.run([self.graph.tensor], {entry.name: some})
            except self._errors as err:
                raise ModelError(
                    f"{self.name}: the network failed on images of {self.side}x{self.side}: "
                    f"{one_line(err)[:200]}; is its input of another size (--size)?"
                ) from err
            if made.ndim < 2 or len(made) != at_once:
                raise UsageError(
                    f"tensor: expected features of each image in {self.graph.tensor!r}, got an "
                    f"array of shape {made.shape} for {at_once}; name another with --tensor"
                )
            rows.append(made[: at_once - short])
        made = np.concatenate(rows).astype(np.float64)
        if made.ndim == 4:  # a map; what is seen where does not count
            made = made.mean(axis=(2, 3) if entry.is_channels_first else (1, 2))
        elif made.ndim == 3:
            made = made.mean(axis=1)
        return made.reshape(n, -1)

    @cached_property
    def _session(self) -> Any:
        """The network, ready to run on one thread."""
        runtime = require("onnxruntime", "embed")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what is wrong is raised
        content = with_output(self.graph.content, self.graph.tensor)
        try:
            return runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except self._errors as err:
            raise ModelError(
                f"{self.name}: onnxruntime {runtime.__version__} cannot run it: "
                f"{one_line(err)[:200]}; export it for an older opset, or update onnxruntime"
            ) from err

    @property
    def _errors(self) -> tuple[type[Exception], ...]:
        """What onnxruntime raises, which has no base of its own."""
        state = require("onnxruntime.capi.onnxruntime_pybind11_state", "embed")
        names = ("EPFail", "Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf")
        names += ("NotImplemented", "RuntimeException")
        return tuple(getattr(state, name) for name in names)
