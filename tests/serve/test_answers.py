"""What each page answers, to those who ask well and to those who do not."""

import base64
import dataclasses
import io
import json

import numpy as np
import pytest
from PIL import Image

from sklimg.images import encode_image
from sklimg.serve import predictanswers as answers_module
from sklimg.serve.predictor import Busy, Predictor
from tests.hostile import HOSTILE
from tests.serving import FORM, form, serving


@pytest.fixture(scope="module")
def pixels(bars_table):
    """An image of each class: 2, 10, a."""
    return bars_table.pixels[[0, 20, 40]]


def png(vector):
    return encode_image(vector.reshape(8, 8))


def test_vectors_are_answered_as_the_model_does(served, bars_run, pixels):
    answer = served.vectors(pixels.tolist())
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    told = answer.json
    assert told["model"] == bars_run.model.id
    assert [each["label"] for each in told["predictions"]] == ["2", "10", "a"]
    shares = bars_run.model.predict_proba(pixels)
    for each, row in zip(told["predictions"], shares, strict=True):
        assert each["probability"] == pytest.approx(row.max(), abs=1e-5)
        assert each["top"][0] == {"label": each["label"], "probability": each["probability"]}
        assert [t["probability"] for t in each["top"]] == pytest.approx(
            sorted(row, reverse=True), abs=1e-5
        )
        assert each["rejected"] is (each["probability"] < (bars_run.model.threshold or 0))
    assert "warnings" not in told


def test_images_are_answered_as_their_pixels(served, pixels):
    answer = served.images(*map(png, pixels))
    assert answer.status == 200
    told = answer.json
    assert told["predictions"] == served.vectors(pixels.tolist()).json["predictions"]
    assert told["warnings"] == [
        "images: how the training images became pixels was not recorded; pictures are taken as "
        "8x8 grey"
    ]


def test_top_and_reject(served, pixels):
    rows = pixels.tolist()
    for top in (1, 2, 3, 99):
        told = served.vectors(rows, f"?top={top}").json["predictions"]
        assert all(len(each["top"]) == min(top, 3) for each in told)
    assert all(p["rejected"] for p in served.vectors(rows, "?reject=1").json["predictions"])
    assert not any(p["rejected"] for p in served.vectors(rows, "?reject=0").json["predictions"])


def test_reject_0_is_not_the_models_own(bars_run, pixels):
    model = dataclasses.replace(bars_run.model, threshold=1.0)
    with serving(model) as served:
        rows = pixels.tolist()
        assert all(p["rejected"] for p in served.vectors(rows).json["predictions"])
        told = served.vectors(rows, "?reject=0").json["predictions"]
        assert not any(p["rejected"] for p in told)
        text = served.ask("GET", "/metrics").body.decode()
    assert "sklimg_rejected_images_total 3.0" in text


def test_the_pixels_that_the_model_saw(served, bars_run, pixels):
    """Of images as of vectors, if they are asked for."""
    files = list(map(png, pixels))
    for answer in (
        served.images(*files, query="?pixels=1"),
        served.vectors(pixels.tolist(), "?pixels=1"),
    ):
        for told, row in zip(answer.json["predictions"], pixels, strict=True):
            head, _, data = told["pixels"].partition(",")
            assert head == "data:image/png;base64"
            seen = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
            np.testing.assert_array_equal(seen, row.reshape(8, 8))
    assert "pixels" not in served.images(*files).json["predictions"][0]


def test_answers_are_bounded(served, monkeypatch):
    monkeypatch.setattr(answers_module, "_MOST_TOLD", 10)
    assert served.vectors([[0] * 64] * 3).status == 200
    answer = served.vectors([[0] * 64] * 4)
    assert (answer.status, answer.json["code"]) == (422, "parameter")
    assert (
        "top: expected at most 10 classes of all images together, got 12" in answer.json["detail"]
    )
    assert served.vectors([[0] * 64] * 4, "?top=2").status == 200


def test_who_is_told_to_wait_is_told_how_long(served, monkeypatch):
    async def busy(*_):
        raise Busy(6.5)

    monkeypatch.setattr(Predictor, "ask", busy)
    answer = served.vectors([[0] * 64])
    assert (answer.status, answer.json["code"], answer.headers["retry-after"]) == (503, "busy", "7")


def test_details_are_short_and_of_one_line(served):
    key = "\u2028" * 1_000_000
    answer = served.json(json.dumps({key: 1}, ensure_ascii=False).encode())
    assert answer.status == 422
    assert len(answer.json["detail"]) < 2000
    assert answer.json["detail"].isprintable()
    assert served.ask("GET", "/%0d%0a%1b").json["detail"].startswith("/\\r\\n\\x1b: ")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("top=0", "top"),
        ("top=x", "top"),
        ("top=1.5", "top"),
        ("top=" + "9" * 5000, "top"),
        ("reject=nan", "reject"),
        ("reject=1e999", "reject"),
        ("reject=1.1", "reject"),
        ("reject=", "reject"),
        ("tops=3", "tops"),
        ("top=%00", "top"),
        ("%ff=%ff", None),
    ],
)
def test_wrong_questions(served, pixels, query, field):
    answer = served.vectors(pixels.tolist(), "?" + query)
    assert (answer.status, answer.json["code"]) == (422, "parameter")
    assert field is None or answer.json["errors"][0]["field"] == field


def test_scaled_vectors_are_called_out(served):
    row = [0] * 63 + [1]
    told = served.vectors([[9] * 64, row]).json
    assert told["warnings"] == ["vectors[1]: no value is above 1; a model of 0-255 sees black"]
    assert len(served.vectors([row] * 20).json["warnings"]) == 10


def test_an_image_that_is_none_is_named_and_none_is_answered(served, pixels):
    answer = served.ask(
        "POST", "/predict", form(png(pixels[0]), b"%PDF-1", b"", names=[b"a", b"b", b"c"]), FORM
    )
    assert answer.status == 422
    told = answer.json
    assert told["code"] == "image"
    assert told["detail"].startswith("2 of 3 images cannot be read, none is answered: images[1]: ")
    assert [(e["index"], e["name"], e["code"]) for e in told["errors"]] == [
        (1, "b", "unsupported_format"),
        (2, "c", "empty"),
    ]
    assert "print its pages to PNG" in told["errors"][0]["detail"]
    alone = served.images(b"x").json["detail"]
    assert alone.startswith("images[0]: expected PNG")


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_hostile_images_are_answered_or_refused(served):
    for name, (content, expected) in HOSTILE.items():
        if len(content) > 9_000_000:
            continue
        answer = served.images(content)
        if isinstance(expected, str):
            assert (answer.status, answer.json["errors"][0]["code"]) == (422, expected), name
        else:
            assert answer.status == 200, name


def test_large_bodies_are_parsed_as_small_ones(served, pixels):
    """They go another way, by a thread."""
    rows = [pixels[0].tolist()] * 1000
    assert len(json.dumps(rows)) > answers_module._SMALL_BYTES
    told = served.vectors(rows).json["predictions"]
    assert len(told) == 1000
    assert {each["label"] for each in told} == {"2"}
    big = encode_image(np.random.default_rng(0).integers(0, 256, (400, 400, 3), np.uint8))
    assert len(big) > answers_module._SMALL_BYTES
    assert served.images(big).status == 200
    assert served.json(b"[" * 200_000).status == 422
    assert served.ask("POST", "/predict", b"x" * 200_000, FORM).status == 400


@pytest.mark.parametrize("kind", ["", "text/plain", "image/png", "multipart/mixed; boundary=x"])
def test_another_type_is_refused(served, kind):
    answer = served.ask("POST", "/predict", b"{}", {"Content-Type": kind})
    assert (answer.status, answer.json["code"]) == (415, "content_type")
    assert answer.headers["accept-post"] == "multipart/form-data, application/json"


def test_a_packed_body_is_refused(served):
    answer = served.json(b"{}", **{"Content-Encoding": "gzip"})
    assert (answer.status, answer.json["code"]) == (415, "content_encoding")
    assert served.json(b"{}", **{"Content-Encoding": "identity"}).status == 422


def test_the_model_and_its_classes(served, bars_run):
    told = served.ask("GET", "/model").json
    assert told["id"] == bars_run.model.id
    assert (told["n_classes"], told["n_pixels"], told["image"]["side"]) == (3, 64, 8)
    assert told["test"] == {"accuracy": 0.9, "accuracy_interval": [0.8, 0.95], "n_test": 60}
    classes = served.ask("GET", "/classes").json
    assert classes["model"] == bars_run.model.id
    assert [each["label"] for each in classes["classes"]] == ["2", "10", "a"]
    assert all(each["images"] > 0 for each in classes["classes"])


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready"])
def test_a_service_that_is_well(served, bars_run, path):
    answer = served.ask("GET", path)
    assert answer.status == 200
    assert answer.json == {"status": "ok", "model": bars_run.model.id, "waiting": 0}


def test_a_service_that_drains_is_alive_and_not_ready(bars_run):
    with serving(bars_run.model) as served:
        served.guard.is_draining = True
        assert served.ask("GET", "/health").json["status"] == "draining"
        assert served.ask("GET", "/health/live").status == 200
        answer = served.ask("GET", "/health/ready")
        assert (answer.status, answer.json["code"]) == (503, "draining")
        assert answer.headers["retry-after"] == "2"


def test_a_service_whose_predictor_died_says_so(bars_run):
    with serving(bars_run.model) as served:
        (route,) = [route for route in served.app.routes if route.path == "/predict"]
        route.endpoint.__self__._live.now.predictor.close()
        assert served.ask("GET", "/health").json["status"] == "failed"
        assert served.ask("GET", "/health/live").status == 503
        assert served.ask("GET", "/health/ready").status == 503


def test_a_head_is_a_get_without_its_body(served):
    for path in ("/", "/health", "/openapi.json"):
        answer = served.ask("HEAD", path)
        assert (answer.status, answer.body) == (200, b"")
        assert int(answer.headers["content-length"]) > 20
    assert served.ask("HEAD", "/predict").status == 405


def test_what_is_not_there_and_what_takes_other_methods(served):
    answer = served.ask("GET", "/nothing%0A%00<b>")
    assert (answer.status, answer.json["code"]) == (404, "not_found")
    assert "GET / lists" in answer.json["detail"]
    assert "\n" not in answer.json["detail"]
    answer = served.ask("GET", "/predict")
    assert (answer.status, answer.json["code"], answer.headers["allow"]) == (
        405,
        "method_not_allowed",
        "POST",
    )
    assert served.ask("OPTIONS", "/predict").status == 405
    assert served.ask("GET", "/predict/").status == 404  # and not sent elsewhere


def test_nobody_elsewhere_may_read(served):
    answer = served.ask("GET", "/model")
    for name, value in (
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
    ):
        assert answer.headers[name] == value
    assert "server" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_a_bug_is_told_in_the_log_alone(bars_run, monkeypatch):
    def broken(*_):
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(answers_module, "parse_vectors", broken)
    with serving(bars_run.model) as served:
        answer = served.json(b"{}", **{"X-Request-ID": "mine"})
        assert (answer.status, answer.json["code"]) == (500, "bug")
        assert b"secret" not in answer.body
        assert answer.headers["x-request-id"] == "mine"
        assert served.ask("GET", "/health").status == 200
    (error,) = [line for line in served.lines() if line["event"] == "error"]
    assert error["id"] == "mine"
    assert "a secret of the inside" in error["trace"]
