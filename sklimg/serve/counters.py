"""What a service counts, for Prometheus to fetch.

Labels are paths, methods and states that the service knows, never what a client sent.

Floor 7: the extra serve.
"""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

__all__ = ["COUNTERS_TYPE", "Counters"]

COUNTERS_TYPE = CONTENT_TYPE_LATEST
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)


class Counters:
    """The counters of one service.

    Parameters
    ----------
    waiting : function
        Returns how many images wait for their answer.
    """

    def __init__(self, waiting: Callable[[], int]):
        self._paths: frozenset[str] = frozenset()
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "sklimg_requests",
            "Requests that were answered.",
            ["method", "path", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "sklimg_request_seconds",
            "Time from the head of a request to its answer.",
            ["path"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.images = Counter("sklimg_images", "Images that were answered.", registry=self.registry)
        self.rejected = Counter(
            "sklimg_rejected_images",
            "Images whose answer was too unsure.",
            registry=self.registry,
        )
        gauge = Gauge("sklimg_waiting_images", "Images that wait.", registry=self.registry)
        gauge.set_function(waiting)

    def tell_apart(self, paths: Iterable[str]) -> None:
        """Count these paths each for itself; all others are one."""
        self._paths = frozenset(paths)

    def count(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count one request."""
        method = method if method in _METHODS else "other"
        path = path if path in self._paths else "other"
        self._requests.labels(method, path, status).inc()
        self._seconds.labels(path).observe(seconds)

    def text(self) -> bytes:
        """Return all of them in Prometheus's text format."""
        return generate_latest(self.registry)
