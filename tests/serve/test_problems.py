"""A refusal is told as RFC 9457 tells it."""

import asyncio
import json

import pytest
from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException

from sklimg.serve.problems import Problem, as_problem


def told(err):
    request = Request(
        {"app": FastAPI(), "type": "http", "method": "PUT", "path": "/a\nb", "headers": []}
    )
    answer = asyncio.run(as_problem(request, err))
    assert answer.headers["content-type"] == "application/problem+json"
    body = json.loads(answer.body)
    assert body["status"] == answer.status_code
    return body, answer.headers


def test_a_problem_tells_all_it_knows():
    err = Problem(413, "too_large", "body: too\nlarge", {"X-A": "b"}, [{"detail": "x"}])
    body, headers = told(err)
    assert body == {
        "type": "about:blank",
        "title": body["title"],
        "status": 413,
        "code": "too_large",
        "detail": "body: too\\nlarge",
        "errors": [{"detail": "x"}],
    }
    assert headers["x-a"] == "b"
    assert "errors" not in told(Problem(400, "json", "x"))[0]


def test_very_long_details_are_cut():
    assert len(told(Problem(400, "json", "x" * 10**6))[0]["detail"]) == 1000


@pytest.mark.parametrize(
    ("err", "status", "code", "where"),
    [
        (HTTPException(404), 404, "not_found", "/a\\nb: "),
        (HTTPException(405), 405, "method_not_allowed", "PUT: "),
        (HTTPException(418, "short and stout"), 418, "refused", "PUT: short and stout"),
        (RuntimeError("a secret"), 500, "bug", "this is a bug"),
    ],
)
def test_what_the_framework_raises(err, status, code, where):
    body, _ = told(err)
    assert (body["status"], body["code"]) == (status, code)
    assert body["detail"].startswith(where)
    assert "secret" not in json.dumps(body)
