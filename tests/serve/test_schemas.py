"""The description is true: generated requests are answered as it says."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sklimg.serve.schemas import problems
from tests.serving import TOKEN

ROOT = str(Path(__file__).parents[2])


def generated(port, n, seed, folder, *words):
    """Return how generated requests fare: (number of cases, what was wrong)."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run"),
        f"http://127.0.0.1:{port}/openapi.json",
        *("--checks", "all", "--continue-on-failure", "--max-examples", str(n)),
        *("--seed", str(seed), "--no-color", "--suppress-health-check", "all", *words),
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.generated", "PYTHONPATH": ROOT},
    )
    found = re.search(r"([0-9,]+) generated, ([0-9,]+) passed", done.stdout)
    assert found, done.stdout[-3000:] + done.stderr[-2000:]
    n_cases, n_passed = (int(text.replace(",", "")) for text in found.groups())
    is_right = done.returncode == 0 and n_cases == n_passed
    return n_cases, "" if is_right else done.stdout[-5000:]


@pytest.mark.parametrize("where", ["home", "elsewhere"])
def test_generated_requests_are_answered_as_described(served, remote, where, tmp_path):
    pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    words = [] if where == "home" else ["-H", f"Authorization: Bearer {TOKEN}"]
    asked = served if where == "home" else remote
    time.sleep(0.3)  # until the log tells of all that other tests have asked
    before = len(asked.lines())
    n_cases, wrong = generated(asked.port, 10, 0, tmp_path, *words)
    assert n_cases > 80
    assert not wrong, wrong
    lines = asked.lines()[before:]
    statuses = {line.get("status") for line in lines if line.get("path") == "/predict"}
    assert {200, 422} <= statuses
    assert not [status for status in statuses if status and status >= 500]


def test_whatever_is_refused_is_described(served):
    told = served.ask("GET", "/openapi.json").json
    assert told["info"]["title"] == "sklimg"
    assert told["security"] == [{}, {"token": []}]
    for path, methods in told["paths"].items():
        for operation in methods.values():
            assert {str(status) for status in problems()} <= set(operation["responses"])
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert "application/problem+json" in answer["content"]
                    others = set(answer["content"]) - {"application/problem+json"}
                    assert others <= ({"text/html"} if path == "/predict" else set())


def test_the_token_is_asked_for_where_it_is_needed(remote):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    told = remote.ask("GET", "/openapi.json", headers=headers).json
    assert told["security"] == [{"token": []}]
    asked = {path: methods["get"] for path, methods in told["paths"].items() if "get" in methods}
    shown = {path for path, operation in asked.items() if {} in operation.get("security", ())}
    assert shown == {"/", "/page/{name}"}


def test_a_vector_is_described_as_long_as_it_is(served):
    body = served.ask("GET", "/openapi.json").json["paths"]["/predict"]["post"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]["properties"]["vectors"]
    assert (schema["items"]["minItems"], schema["items"]["maxItems"]) == (64, 64)
    assert (schema["minItems"], schema["maxItems"]) == (1, 1000)
