"""What a flood came to, a line for each number of services and users, and its gates."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from sklimg.files import count
from sklimg.records import records_csv

HEAD = (
    f"{'replicas':>8} {'users':>6} {'requests':>9} {'requests/s':>11} "
    f"{'p50 ms':>8} {'p95 ms':>8} {'p99 ms':>8} {'failures':>9} {'client':>7}"
)
_COLUMNS = (
    *("replicas", "users", "requests", "requests_per_second"),
    *("p50_seconds", "p95_seconds", "p99_seconds", "failures", "client_share"),
)


@dataclass(frozen=True)
class Line:
    """How some services answered some users.

    Attributes
    ----------
    replicas, users, requests, failures : int
        How many there were.
    requests_per_second : float
        Those that were answered right.
    p50_seconds, p95_seconds, p99_seconds : float or None
        What 50, 95 and 99 of 100 right answers did not exceed; None without any.
    client_share : float
        Of one core, taken by Locust.
    faults : dict of str to int
        What was wrong with the others, and how often.
    unanswering : tuple of str
        The services, by their URL, that gave no right answer.
    """

    replicas: int
    users: int
    requests: int
    requests_per_second: float
    p50_seconds: float | None
    p95_seconds: float | None
    p99_seconds: float | None
    failures: int
    client_share: float
    faults: dict[str, int] = field(default_factory=dict)
    unanswering: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is about."""
        return f"{count(self.replicas, 'replica')}, {count(self.users, 'user')}"

    def __str__(self) -> str:
        waits = [
            "-" if wait is None else f"{1000 * wait:.1f}"
            for wait in (self.p50_seconds, self.p95_seconds, self.p99_seconds)
        ]
        return (
            f"{self.replicas:>8} {self.users:>6} {self.requests:>9} "
            f"{self.requests_per_second:>11.1f} {waits[0]:>8} {waits[1]:>8} {waits[2]:>8} "
            f"{self.failures:>9} {self.client_share:>7.2f}"
        )


def measure(
    record: Mapping, urls: Sequence[str], users: int, warm_up: float, seconds: float
) -> Line:
    """Return what the requests of a record came to that did not end within the warm-up.

    One that began in the warm-up counts as well if it ended later or never: users who wait
    since then are what there is to measure.

    Parameters
    ----------
    record : mapping
        As ``tools/locustfile.py`` writes it.
    urls : sequence of str
        The services that were asked.
    users : int
    warm_up, seconds : float
        When to begin to count, and for how long.
    """
    counted = [r for r in record["requests"] if r[0] < warm_up + seconds and sum(r[:2]) >= warm_up]
    right = np.array([wait for _, wait, fault, _ in counted if not fault])
    end = max((since + wait for since, wait, *_ in counted), default=warm_up)
    waits = np.quantile(right, (0.5, 0.95, 0.99)).tolist() if len(right) else [None] * 3
    faults = Counter(fault for _, _, fault, _ in counted if fault)
    answering = {url for *_, fault, url in counted if not fault}
    return Line(
        len(urls),
        users,
        len(counted),
        len(right) / max(end - warm_up, seconds),
        *waits,
        len(counted) - len(right),
        record["processor_share"],
        dict(faults.most_common()),
        tuple(url for url in urls if url not in answering),
    )


def asked_seconds(record: Mapping) -> float:
    """Return how long users asked, by when they were told to stop and by what they did.

    Parameters
    ----------
    record : mapping
        As ``tools/locustfile.py`` writes it.
    """
    ends = [since + wait for since, wait, *_ in record["requests"]]
    return min(record["asked_seconds"], max(ends, default=0.0))


def crossings(
    line: Line, max_p99: float | None = None, max_failures: float | int | None = None
) -> list[str]:
    """Return which gates a line crosses, and by how much.

    Parameters
    ----------
    line : Line
    max_p99 : float, optional
        In milliseconds.
    max_failures : float or int, optional
        A float is a share of the requests, an int a number.
    """
    crossed = []
    if max_p99 is not None and line.p99_seconds is not None:
        p99 = 1000 * line.p99_seconds
        if not p99 <= max_p99:
            crossed.append(
                f"{line.name}: expected a p99 of at most {max_p99:g} ms, got {p99:.1f} ms, "
                f"{p99 - max_p99:.1f} ms more"
            )
    if max_failures is not None:
        is_share = isinstance(max_failures, float)
        most = max_failures * line.requests if is_share else max_failures
        if line.failures > most:
            told = f"{max_failures:.2%} failures, {most:g}" if is_share else f"{most} failures"
            crossed.append(
                f"{line.name}: expected at most {told}, got {line.failures} of {line.requests}, "
                f"{line.failures - most:g} more"
            )
    return crossed


def lines_csv(lines: Sequence[Line]) -> bytes:
    """Return lines as a CSV file, nothing rounded; empty where there is no time."""
    values = {name: [getattr(line, name) for line in lines] for name in _COLUMNS}
    return records_csv(
        {name: ["" if v is None else v for v in column] for name, column in values.items()}
    )
