"""Users who ask a service for predictions, one question after the other, without a pause.

    locust -f tools/locustfile.py --host http://127.0.0.1:8000
    locust -f tools/locustfile.py --host http://127.0.0.1:8000,http://127.0.0.1:8001 \
        --headless -u 50 -r 50 -t 20s --images tiles

A plain file for Locust (extra load), which tools/flood.py runs as well. Of several hosts,
each user asks one, in turn. The images come from folders and files or are drawn. Every answer
is read: anything but status 200 with one prediction for each image is a failure. The token, if
one is needed, stands in SKLIMG_TOKEN.
"""

import json
import os
import sys
from itertools import count, cycle, islice
from pathlib import Path
from time import perf_counter, process_time

import gevent
from locust import FastHttpUser, constant, events, task
from locust.exception import CatchResponseError
from requests import Request

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from floodimages import sample_images

from sklimg.errors import SklimgError
from sklimg.files import as_json, one_line, write_bytes

WAIT_SECONDS = 30.0
MOST_LETTERS = 200  # of what is told of a fault
BEST = {"label", "probability"}
_numbers = count()  # of the users


@events.init_command_line_parser.add_listener
def add_options(parser):
    """Add what can be said of the images."""
    parser.add_argument(
        "--images",
        action="append",
        metavar="PATH",
        env_var="SKLIMG_IMAGES",
        include_in_web_ui=False,
        help="Folder or file of images; can be given several times. Digits are drawn without it.",
    )
    parser.add_argument(
        "--per-request",
        type=int,
        default=1,
        metavar="N",
        include_in_web_ui=False,
        help="Images of one request.",
    )
    parser.add_argument(
        "--record",
        metavar="FILE",
        include_in_web_ui=False,
        help="JSON file to write about every request.",
    )


@events.init.add_listener
def make_questions(environment, **_):
    """Read the images and make the requests of them; end here if there are none."""
    options = environment.parsed_options
    try:
        images = sample_images(options.images or [])
    except SklimgError as err:
        print(f"error: {one_line(err)}", file=sys.stderr)
        sys.exit(err.exit_code)
    n = max(options.per_request, 1)
    endless = cycle(images)
    environment.questions = cycle(
        [question(list(islice(endless, n))) for _ in range(-(-len(images) // n))]
    )
    environment.requests, environment.running, environment.told_to_stop = [], {}, None
    gevent.get_hub().loop.update()  # else the time that this took is taken off that of the users


def question(images):
    """Return the body and the headers of a request, and how many images it has."""
    files = [("images", (f"{i}.image", image)) for i, image in enumerate(images)]
    form = Request("POST", "http://form", files=files).prepare()
    headers = {"Content-Type": form.headers["Content-Type"]}
    if token := os.environ.get("SKLIMG_TOKEN"):
        headers["Authorization"] = f"Bearer {token}"
    return form.body, headers, len(images)


@events.test_start.add_listener
def begin(environment, **_):
    """Remember when the users began."""
    environment.began = perf_counter(), process_time()


@events.test_stopping.add_listener
def stop(environment, **_):
    """Remember when the users were told to stop."""
    environment.told_to_stop = environment.told_to_stop or perf_counter()


@events.quitting.add_listener
def write_record(environment, **_):
    """Write when each request began, how long it took, what was wrong, and who was asked."""
    if not environment.parsed_options.record:
        return
    start, processor_start = environment.began
    end = perf_counter()
    for user in list(environment.running):
        user.give_up()
    record = {
        "processor_share": (process_time() - processor_start) / (end - start),
        "asked_seconds": (environment.told_to_stop or end) - start,
        "requests": [(since - start, *more) for since, *more in environment.requests],
    }
    write_bytes(environment.parsed_options.record, as_json(record))


class Asker(FastHttpUser):
    """Asks, reads the answer, asks again."""

    wait_time = constant(0)
    network_timeout = connection_timeout = WAIT_SECONDS

    def __init__(self, environment):
        hosts = (environment.host or "").split(",")
        self.host = hosts[next(_numbers) % len(hosts)].strip() or None
        super().__init__(environment)

    @task
    def predict(self):
        """Ask what some images show; whatever comes of it is noted."""
        question = next(self.environment.questions)
        start = self.environment.running[self] = perf_counter()
        try:
            seconds, fault = self.ask(*question)
        except gevent.GreenletExit:
            self.give_up()
            raise
        except Exception as err:  # no right answer, whatever it is
            seconds, fault = perf_counter() - start, f"no answer: {name_of(err)}"
            self.environment.events.request.fire(
                request_type="POST",
                name="/predict",
                response_time=1000 * seconds,
                response_length=0,
                exception=CatchResponseError(fault),  # what the error says may have the token
                context={},
            )
        self.note(seconds, fault)

    def ask(self, body, headers, n_images):
        """Return how long an answer took, and what is wrong with it."""
        start = perf_counter()
        with self.client.post(
            "/predict", data=body, headers=headers, catch_response=True, allow_redirects=False
        ) as response:
            seconds = perf_counter() - start
            if fault := fault_of(response, n_images)[:MOST_LETTERS]:
                response.failure(fault)
        return seconds, fault

    def give_up(self):
        """Note that the stop ended a request, unless it had hardly begun.

        Locust lets users end what they do, but ends one that it finds between two requests at
        once, and that one has the next request under way by then.
        """
        if self not in self.environment.running:
            return
        limit = min(WAIT_SECONDS, self.environment.stop_timeout or WAIT_SECONDS)
        seconds = perf_counter() - self.environment.running[self]
        if seconds >= 0.9 * limit:  # the clock of Locust is not as exact
            self.note(seconds, "no answer")
        else:
            del self.environment.running[self]

    def note(self, seconds, fault):
        """Keep what came of the request that is under way."""
        start = self.environment.running.pop(self)
        self.environment.requests.append((start, seconds, fault, self.host))


def fault_of(response, n_images):
    """Return what is wrong with an answer, "" if nothing is."""
    status = response.status_code
    if status == 0:
        return f"no answer: {name_of(response.error)}"
    try:
        answer = json.loads(response.content)
    except (TypeError, ValueError):
        return f"status {status}, and no JSON"
    except Exception as err:  # too deep, not what its head says, cut off
        return f"status {status}, and no JSON: {name_of(err)}"
    answer = answer if isinstance(answer, dict) else {}
    if status != 200:
        return f"status {status}, {answer.get('code')}"
    predictions = answer.get("predictions")
    if not isinstance(predictions, list) or len(predictions) != n_images:
        return f"expected a prediction for each of {n_images} images"
    return "" if all(map(is_prediction, predictions)) else "no prediction as the docs tell it"


def name_of(err):
    """Return what kind of error it is."""
    kind = type(err)
    own = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return f"{own}{kind.__name__}"


def is_prediction(told):
    """Tell whether a prediction has its label, its probability and the best classes."""
    return (
        isinstance(told, dict)
        and isinstance(told.get("label"), str)
        and isinstance(told.get("rejected"), bool)
        and isinstance(told.get("probability"), int | float)
        and 0 <= told["probability"] <= 1
        and isinstance(told.get("top"), list)
        and bool(told["top"])
        and all(isinstance(best, dict) and set(best) == BEST for best in told["top"])
    )
