"""Who may ask: hosts, origins, tokens, and every route with each of them."""

import traceback

import pytest

from sklimg.serve.access import Access
from sklimg.serve.problems import Problem
from tests.serving import FORM, TOKEN, form

BEARER = {"Authorization": f"Bearer {TOKEN}"}
WRONG = {"Authorization": "Bearer " + "x" * len(TOKEN)}
FOREIGN_ORIGIN = {"Origin": "https://evil.example"}
FOREIGN_HOST = {"Host": "evil.example"}

# What each route asks for on a service that only this machine can ask; "shown" ones are shown
# to anybody, elsewhere too. A new route has to be written down here; whatever is not a question
# is closed until somebody opens it.
RULES = {
    ("GET", "/"): "shown",
    ("GET", "/page/{name}"): "shown",
    ("GET", "/classes"): "open",
    ("GET", "/docs"): "open",
    ("GET", "/favicon.ico"): "open",
    ("GET", "/health"): "open",
    ("GET", "/health/live"): "open",
    ("GET", "/health/ready"): "open",
    ("GET", "/metrics"): "open",
    ("GET", "/model"): "open",
    ("GET", "/models"): "open",
    ("GET", "/models/{id}/report"): "open",
    ("GET", "/pictures"): "open",
    ("GET", "/openapi.json"): "open",
    ("POST", "/predict"): "open",
    ("GET", "/data"): "open",
    ("GET", "/jobs"): "open",
    ("GET", "/jobs/{id}"): "open",
    ("DELETE", "/data/{id}"): "token",
    ("DELETE", "/jobs/{id}"): "token",
    ("POST", "/model/rollback"): "token",
    ("POST", "/retrain"): "token",
    ("POST", "/upload-data"): "token",
    ("PUT", "/data/{id}"): "token",
}


def routes(served):
    """Return every (method, path) that the application answers."""
    return {
        (method, route.path) for route in served.app.routes for method in route.methods - {"HEAD"}
    }


def ask(served, route, headers=None):
    method, path = route
    if method == "POST":
        return served.ask(method, path, form(b"x"), {**FORM, **(headers or {})})
    return served.ask(method, path, headers=headers)


def refusal(answer):
    """Return the status and the code of a refusal, None if there was an answer."""
    # b"x" is no image, nothing is kept here, and {id} names nothing: found behind the guard
    if answer.status in (200, 204, 404, 409, 415, 422):
        return None
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"]
    return answer.status, answer.json["code"]


def test_every_route_has_a_rule(served, remote):
    assert routes(served) == routes(remote) == set(RULES)
    assert set(RULES.values()) <= {"shown", "open", "token"}


@pytest.mark.parametrize("route", RULES, ids=" ".join)
def test_what_each_route_refuses_at_home(served, route):
    rule = RULES[route]
    assert refusal(ask(served, route)) == ((401, "token") if rule == "token" else None)
    assert refusal(ask(served, route, BEARER)) is None
    assert refusal(ask(served, route, WRONG)) == (401, "token")
    assert refusal(ask(served, route, {**BEARER, **FOREIGN_ORIGIN})) == (403, "origin")
    assert refusal(ask(served, route, {**BEARER, **FOREIGN_HOST})) == (421, "host")


@pytest.mark.parametrize("route", RULES, ids=" ".join)
def test_what_each_route_refuses_where_others_can_ask(remote, route):
    assert RULES[route] != "shown" or refusal(ask(remote, route)) is None
    for headers in [WRONG] if RULES[route] == "shown" else [{}, WRONG]:
        answer = ask(remote, route, headers)
        assert refusal(answer) == (401, "token")
        assert answer.headers["www-authenticate"] == 'Bearer realm="sklimg"'
    assert refusal(ask(remote, route, BEARER)) is None
    assert refusal(ask(remote, route, {**BEARER, "Host": "service.example"})) is None
    assert refusal(ask(remote, route, {**BEARER, "Host": "192.0.2.7:8000"})) is None
    assert refusal(ask(remote, route, {**BEARER, **FOREIGN_ORIGIN})) == (403, "origin")
    assert refusal(ask(remote, route, {**BEARER, **FOREIGN_HOST})) == (421, "host")


def test_what_is_not_there_needs_the_token_too(served, remote):
    assert remote.ask("GET", "/nothing").status == 401
    assert remote.ask("GET", "/nothing", headers=BEARER).status == 404
    assert served.ask("GET", "/nothing").status == 404
    for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "QUERY"):
        assert served.ask(method, "/model").status == 401, method
        assert served.ask(method, "/model", headers=BEARER).status == 405, method


def scope(method="GET", path="/", **headers):
    told = {"host": "localhost:8000", **headers}
    pairs = [(k.replace("_", "-").encode(), v.encode()) for k, v in told.items()]
    return {"method": method, "path": path, "headers": pairs}


def status(access, asked):
    try:
        access.check(asked)
    except Problem as problem:
        return problem.status
    return None


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", None),
        ("LOCALHOST:1", None),
        ("localhost.", None),
        ("127.0.0.1:65535", None),
        ("[::1]:80", None),
        ("127.0.0.2", 421),
        ("10.0.0.1", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("[::2]", 421),
        ("", 400),
        ("localhost:", 400),
        ("localhost:123456", 400),
        ("a@localhost", 400),
        ("localhost/x", 400),
        ("localhost evil", 400),
        ("localhost\n", None),  # h11 lets no such thing through; it is only white space
    ],
)
def test_hosts(host, expected):
    assert status(Access(TOKEN), scope(host=host)) == expected


def test_one_host_exactly():
    asked = scope()
    asked["headers"] *= 2
    assert status(Access(TOKEN), asked) == 400
    asked["headers"] = []
    assert status(Access(TOKEN), asked) == 400


@pytest.mark.parametrize(
    ("host", "origin", "expected"),
    [
        ("localhost:8000", "http://localhost:8000", None),
        ("LocalHost:8000", "http://LOCALHOST:8000", None),
        ("localhost", "http://localhost", None),
        ("localhost", "http://localhost:80", None),
        ("localhost", "https://localhost", None),  # a proxy that encrypts
        ("localhost:8000", "http://localhost:8001", 403),
        ("localhost:8000", "http://localhost", 403),
        ("localhost:8000", "http://127.0.0.1:8000", 403),
        ("localhost:8000", "null", 403),
        ("localhost:8000", "", 403),
        ("localhost:8000", "file://localhost:8000", 403),
        ("localhost:8000", "http://localhost:8000.evil.example", 403),
        ("localhost:8000", "http://localhost:8000/", 403),
        ("localhost:8000", "http://a@localhost:8000", 403),
    ],
)
def test_origins(host, origin, expected):
    assert status(Access(TOKEN), scope(host=host, origin=origin)) == expected


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (f"Bearer {TOKEN}", None),
        (f"bearer   {TOKEN} ", None),
        (f"Basic {TOKEN}", 401),
        (TOKEN, 401),
        ("Bearer", 401),
        ("Bearer ", 401),
        (f"Bearer {TOKEN}x", 401),
        (f"Bearer {TOKEN[:-1]}", 401),
        ("Bearer \xe9", 401),
    ],
)
def test_tokens(shown, expected):
    for asked in (scope("DELETE", authorization=shown), scope("GET", authorization=shown)):
        assert status(Access(TOKEN), asked) == expected


SITES = {"same-origin": None, "none": None, "same-site": 403, "cross-site": 403, "other": 403}


@pytest.mark.parametrize(("site", "expected"), SITES.items())
def test_pages_of_other_sites_may_not_ask_without_an_origin_either(site, expected):
    for path in ("/", "/pictures", "/data"):
        assert status(Access(TOKEN), scope(path=path, sec_fetch_site=site)) == expected
        for dest in ("iframe", "image", "object"):
            asked = scope(path=path, sec_fetch_site=site, sec_fetch_mode="navigate")
            asked["headers"].append((b"sec-fetch-dest", dest.encode()))
            assert status(Access(TOKEN), asked) == expected
        asked = scope(path=path, sec_fetch_site=site, sec_fetch_mode="navigate")
        asked["headers"].append((b"sec-fetch-dest", b"document"))
        assert status(Access(TOKEN), asked) is None  # a link that somebody follows


def test_a_refusal_holds_nothing_of_those_before():
    """An exception that is raised again and again keeps the frames of each time."""
    lengths = []
    for _ in range(3):
        with pytest.raises(Problem, match="other sites") as caught:
            Access(TOKEN).check(scope(sec_fetch_site="cross-site"))
        lengths.append(len(list(traceback.walk_tb(caught.value.__traceback__))))
    assert len(set(lengths)) == 1


def test_two_origins_are_none():
    asked = scope(origin="http://localhost:8000")
    assert status(Access(TOKEN), asked) is None
    asked["headers"].append(asked["headers"][-1])
    assert status(Access(TOKEN), asked) == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "get", ""])
def test_whatever_is_not_a_question_is_closed(method):
    assert status(Access(TOKEN), scope(method)) == 401


def test_two_tokens_are_none():
    asked = scope(authorization=f"Bearer {TOKEN}")
    asked["headers"].append(asked["headers"][-1])
    assert status(Access(TOKEN), asked) == 401


def test_a_path_that_looks_like_an_open_one_is_closed():
    access = Access(TOKEN)
    assert status(access, scope("POST", "/predict")) is None
    for path in ("/predict/", "/predict/x", "//predict", "/Predict", "/predict\0"):
        assert status(access, scope("POST", path)) == 401
