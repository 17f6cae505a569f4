"""The service answers whatever comes: generated requests, hostile images, damaged bodies."""

import json
import random
import tarfile
import time

import pytest

from sklimg.images import encode_image
from tests.builders import noise
from tests.serve.test_schemas import generated
from tests.serving import BOUNDARY, FORM, TOKEN, form, serving

MOST_SECONDS = 10
PIECES = [
    *(b"\r\n", b'"', b"\0", b"--", f"--{BOUNDARY}".encode(), f"\r\n--{BOUNDARY}--\r\n".encode()),
    *(b"NaN", b"1e999", b"[", b"]", b"{", b"}", b"\\ud800", b"-1", b'"vectors":', b"[" * 2000),
    *(b"\xff", b"\xef\xbb\xbf", b"../", b"; filename*=utf-8''%00", b"Content-Disposition: "),
]


@pytest.fixture(scope="module")
def asked(bars_run):
    with serving(bars_run.model) as served:
        yield served


def is_well(answer, seconds):
    """Tell whether an answer is one, or a refusal as the docs tell it, and came in time."""
    is_refusal = answer.headers.get("content-type") == "application/problem+json"
    is_server_error = answer.status >= 500 and answer.status != 503
    return (answer.status == 200 or is_refusal) and not is_server_error and seconds < MOST_SECONDS


def try_it(asked, case, what, body, kind):
    start = time.perf_counter()
    answer = asked.ask("POST", "/predict", body, {"Content-Type": kind})
    case(is_well(answer, time.perf_counter() - start), f"{what}: {answer.status}")
    return answer.status


@pytest.mark.long
@pytest.mark.parametrize("where", ["home", "elsewhere"])
def test_generated_requests(bars_run, seed, where, case, record_property, tmp_path):
    """3,000 cases each, without the token and with it, in rounds of their own seeds.

    One long round would take many times as long: each example is compared with all before.
    """
    total, n_rounds = 0, 0
    with serving(bars_run.model, is_local=where == "home") as served:
        words = [] if where == "home" else ["-H", f"Authorization: Bearer {TOKEN}"]
        while total < 3000 and n_rounds < 40:
            n_cases, wrong = generated(served.port, 300, 1000 * seed + n_rounds, tmp_path, *words)
            total, n_rounds = total + n_cases, n_rounds + 1
            case(not wrong, wrong)
        statuses = [line["status"] for line in served.lines() if line["event"] == "request"]
    case(total >= 3000, f"only {total} cases")
    case(not [s for s in statuses if s >= 500 and s != 503], "an answer of 500 or more")
    record_property("note", f"{total} generated in {n_rounds} rounds, {len(statuses)} requests")


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::UserWarning:PIL", "ignore::Warning:PIL")
def test_the_hostile_corpus(shared, asked, case):
    """Each file alone, and all of them once more beside a sound image."""
    sound = encode_image(noise(1)[0])
    with tarfile.open(shared / "hostile-images.tar.gz") as packed:
        for member in packed:
            content = packed.extractfile(member).read() if member.isfile() else b""
            for beside in ([], [sound]):
                body = form(content, *beside)
                try_it(asked, case, member.name, body, FORM["Content-Type"])


@pytest.mark.long
def test_damaged_bodies(asked, seed, case, record_property):
    """20,000 forms and texts of JSON, sound ones in which a few things were changed."""
    rng, statuses = random.Random(seed), []
    sound_form = form(*map(encode_image, noise(3)))
    sound_json = json.dumps({"vectors": [[7] * 64] * 3}).encode()
    for number in range(20_000):
        is_form = number % 2 == 0
        data = bytearray(sound_form if is_form else sound_json)
        for _ in range(rng.randint(1, 8)):
            place, kind = rng.randrange(len(data) + 1), rng.random()
            if kind < 0.3:
                data[place : place + 1] = bytes([rng.randrange(256)])
            elif kind < 0.5:
                del data[place : place + rng.randint(1, 30)]
            elif kind < 0.9:
                data[place:place] = rng.choice(PIECES)
            else:
                data[place:place] = data[: rng.randrange(200)]
        kind = FORM["Content-Type"] if is_form else "application/json"
        statuses.append(try_it(asked, case, f"{number}", bytes(data), kind))
    counts = {status: statuses.count(status) for status in sorted(set(statuses))}
    record_property("note", f"statuses {counts}")
    case({200, 400, 422} <= set(counts), f"only {counts}")
