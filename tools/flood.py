"""How do services answer when many ask at once?

    python tools/flood.py -m run

Starts 1, 2 and 3 `sklimg serve`, lets 10, 50 and 100 users of Locust ask them, and prints
a line for each; see docs/flood.md. Run from a checkout with the extras serve and load.
"""

import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack, closing
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.machine import machine
from floodimages import sample_images
from floodlines import HEAD, asked_seconds, crossings, lines_csv, measure
from floodoptions import Counts, Failures, Url, check_token, check_urls
from floodservices import (
    PYTHON,
    ServiceError,
    last_line,
    running,
    service,
    stop_on_hangup,
)

from sklimg.cli.door import PATH, Command, result, say
from sklimg.errors import GateError, SklimgError, UsageError
from sklimg.extras import require
from sklimg.files import check_free, count, new_folder, write_bytes

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
REPLICAS = (1, 2, 3)
LAST_ANSWERS, SPARE = 40, 60  # seconds: to let users end, and for Locust to start and to end
EARLY = 0.1  # share of the time that users may stop before its end
MOST_FAULTS = 3  # that are told of a line


@dataclass(frozen=True)
class Asking:
    """How the users ask."""

    images: tuple[Path, ...]
    per_request: int
    warm_up: int
    seconds: int


@click.command("flood.py", cls=Command)
@click.option("-m", "--model", metavar="MODEL", help="As of sklimg serve.  [default: the latest]")
@click.option(
    "--url",
    "urls",
    type=Url(),
    multiple=True,
    help="A service that runs already, instead of a model; several are asked together. If it needs "
    "a token, SKLIMG_TOKEN holds it.",
)
@click.option(
    "--images",
    type=PATH,
    multiple=True,
    metavar="PATH",
    help="Folder or file of images to ask; can be given several times.  [default: drawn digits]",
)
@click.option(
    "--per-request",
    type=click.IntRange(1, 100),
    default=1,
    show_default=True,
    help="Images of one request.",
)
@click.option(
    "--users",
    type=Counts(),
    default="10,50,100",
    show_default=True,
    help="Users at once, dealt to the replicas in turn.",
)
@click.option("--replicas", type=Counts(), help="Services to start.  [default: 1,2,3]")
@click.option(
    "--seconds", type=click.IntRange(1), default=20, show_default=True, help="Of each line."
)
@click.option(
    "--warm-up",
    type=click.IntRange(0),
    default=2,
    show_default=True,
    help="Seconds before, that do not count.",
)
@click.option(
    "--max-p99",
    type=click.FloatRange(0, min_open=True),
    metavar="MS",
    help="Exit with 7 if the p99 of a line is above.",
)
@click.option(
    "--max-failures",
    type=Failures(),
    help="Exit with 7 if a line has more: a number, or with a point a share.",
)
@click.option("-o", "--out", type=PATH, metavar="DIR", help="Write the table and its plot, too.")
def flood(
    model, urls, images, per_request, users, replicas, seconds, warm_up, max_p99, max_failures, out
):
    """Ask services from many users at once; print how many answers came, and how fast.

    \b
    Example:
        python tools/flood.py -m artifacts/latest --max-p99 500 --max-failures 0 -o flood
    """
    if find_spec("locust") is None:
        require("locust", "load")  # imported only to fail: it would change this process
    if urls and (model or replicas):
        raise UsageError("--url: expected it without -m and --replicas, got both; choose one")
    if urls:
        check_urls(urls)
        check_token()
    replicas = (len(urls),) if urls else replicas or REPLICAS
    if min(users) < max(replicas):
        raise UsageError(
            f"--users: expected at least {max(replicas)}, one for each replica, got {min(users)}; "
            "ask for more users or fewer replicas"
        )
    if out:
        check_free(out)
    asking = Asking(tuple(path.absolute() for path in images), per_request, warm_up, seconds)
    say(f"images    {len(sample_images(images))}, {'as given' if images else 'drawn digits'}")
    ran_on = f"{machine()}, locust {version('locust')}"
    say(f"machine   {ran_on}; the users are on it{'' if urls else ', too'}")
    lines = []
    result(HEAD)
    try:
        with closing(flood_each(model, urls, replicas, users, asking)) as each:
            for line in each:
                result(str(line))
                lines.append(line)
                for fault, times in list(line.faults.items())[:MOST_FAULTS]:
                    say(f"failed    {line.name}: {fault} ({times}x)", warning=True)
    except SklimgError:
        if out and lines:
            write_folder(out, lines, ran_on)
        raise
    if out:
        write_folder(out, lines, ran_on)
    judge(lines, max_p99, max_failures)


def flood_each(model, urls, replicas, users, asking):
    """Yield a line for each number of services, the lowest first, and of users."""
    with tempfile.TemporaryDirectory(prefix="flood-") as folder, ExitStack() as stack:
        ours = []
        for number in sorted(replicas):
            while not urls and len(ours) < number:
                own = Path(folder, f"replica{len(ours) + 1}")
                ours.append(stack.enter_context(service(model, own)))
                say(f"started   {ours[-1].url}")
            for n_users in users:
                own = Path(folder, f"{number}-{n_users}")
                asked = urls or [one.url for one in ours]
                record = ask(asked, n_users, asking, own, has_token=bool(urls))
                for one in ours:
                    one.check()
                line = measure(record, asked, n_users, asking.warm_up, asking.seconds)
                check(line, record, asking)
                yield line


def check(line, record, asking):
    """Raise if users asked nothing, or not to the end."""
    if not line.requests:
        raise ServiceError(
            f"{line.name}: expected requests in {asking.seconds} s, there was none; "
            "give it more --seconds"
        )
    lasted = asked_seconds(record) - asking.warm_up
    if lasted < (1 - EARLY) * asking.seconds:
        raise ServiceError(
            f"{line.name}: expected to ask for {asking.seconds} s, it ended after {lasted:.1f} s; "
            "try tools/locustfile.py alone"
        )


def ask(urls, users, asking, folder, has_token):
    """Let Locust ask; return its record."""
    record, seconds = folder / "record.json", asking.warm_up + asking.seconds
    command = [
        *(*PYTHON, "locust", "-f", str(LOCUSTFILE), "--host", ",".join(urls)),
        *("--headless", "--only-summary", "--loglevel", "ERROR", "--exit-code-on-error", "0"),
        *("-u", str(users), "-r", str(users), "-t", f"{seconds}s"),
        *("--stop-timeout", str(LAST_ANSWERS), "--record", str(record)),
        *("--per-request", str(asking.per_request), *(f"--images={p}" for p in asking.images)),
    ]
    unsaid = ("LOCUST_", "SKLIMG_IMAGES", *(() if has_token else ("SKLIMG_TOKEN",)))
    with running(command, folder, unsaid, cwd=folder) as process:
        try:
            code = process.wait(seconds + LAST_ANSWERS + SPARE)
        except subprocess.TimeoutExpired:
            code = "no end"
    if code or not record.exists():
        raise ServiceError(
            f"locust: expected a record of all requests, got exit code {code}: "
            f"{last_line(folder / 'stderr') or 'it said nothing'}; try tools/locustfile.py alone"
        )
    return json.loads(record.read_text())


def write_folder(out, lines, ran_on):
    """Write the lines, their plot and the machine to a new folder."""
    from floodplot import flood_figure

    from sklimg.drawing import as_png

    with new_folder(out) as folder:
        write_bytes(folder / "flood.csv", lines_csv(lines))
        write_bytes(folder / "flood.png", as_png(flood_figure(lines, ran_on)))
        write_bytes(folder / "machine.txt", f"{ran_on}\n".encode())
    say(f"saved     {out}")


def judge(lines, max_p99, max_failures):
    """Raise if a line crosses a gate, or a service gave no right answer at all."""
    crossed = [text for line in lines for text in crossings(line, max_p99, max_failures)]
    for text in crossed[1:]:
        say(f"gate      {text}", warning=True)
    if crossed:
        more = f" (and {len(crossed) - 1} more, above)" if crossed[1:] else ""
        raise GateError(f"{crossed[0]}{more}; ask less of it, or give it more cores")
    for line in lines:
        if line.unanswering:
            raise ServiceError(
                f"{line.name}: expected right answers of each service, got "
                f"{count(line.failures, 'failure')} and nothing to time from "
                f"{', '.join(line.unanswering)}; see what failed above"
            )


if __name__ == "__main__":
    stop_on_hangup()
    flood.main()
