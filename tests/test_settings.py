"""What was asked for is checked first, and can be asked for again."""

import json

import pytest

from sklimg.errors import UsageError
from sklimg.runfolder import plain_settings
from sklimg.settings import check_settings, images_for, saved_settings, weighted
from sklimg.spans import Span
from sklimg.spec import ImageSpec
from tests.networks import write_network

GOOD = {"test": None, "validation": 0.0, "folds": None, "seed": 0, "augment": "none",
        "search": "grid", "model": "mlp", "max_time": None, "features": None}  # fmt: skip


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"search": "random"}, "search: expected one of grid, hyperband, got 'random'"),
        ({"search": "hyperband", "model": "logistic"}, "needs epochs, as the model mlp has, got"),
        ({"max_time": 0}, "max time: expected more than 0 seconds, got 0"),
        ({"folds": 1}, "folds: expected 2 or more, or 0 for none, got 1"),
        ({"test": 0.5, "validation": 0.5}, "expected less than 1 together"),
        ({"features": "hogg"}, "features: expected one of pixels, .* did you mean 'hog'"),
        ({"augment": "much"}, "augment: expected one of none, light, strong, got 'much'"),
    ],
)
def test_what_makes_no_sense_is_refused(options, part):
    check_settings(**GOOD)
    with pytest.raises(UsageError, match=part):
        check_settings(**GOOD | options)


def test_a_class_weight_stands_once():
    assert weighted({"alpha": 1}, "balanced", "mlp") == {"alpha": 1, "class_weight": "balanced"}
    with pytest.raises(UsageError, match="stands twice"):
        weighted({"classify__class_weight": None}, "balanced", "mlp")
    with pytest.raises(UsageError, match="sklearn-mlp knows none"):
        weighted({}, "balanced", "sklearn-mlp")


def test_settings_come_back_as_they_were(tmp_path):
    asked = {
        "data": "t.csv", "test": 0.2, "validation": 0.0, "model": "mlp", "search": "hyperband",
        "params": {"hidden_layer_sizes": (20, 10), "dropout": (0.1, 0.2), "alpha": 0.5},
        "grid": {
            "classify__hidden_layer_sizes": [(5,), (6, 7)],
            "classify__learning_rate_init": Span(1e-4, 1e-3),
            "classify__dropout": (Span(0.0, 0.5), Span(0.1, 0.2)),
        },
        "augment": "none", "folds": 0, "group": "auto", "turned": "auto", "seed": 3,
        "max_time": None, "features": "hog", "size": 32, "mode": "RGB",
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(plain_settings(asked)))
    assert saved_settings(tmp_path) == asked


def test_images_become_what_suits_them_unless_asked():
    params = {"alpha": 1}
    assert images_for(None, params, None, None) == (None, params)
    asked = ImageSpec(40, "L", invert="auto", clean="auto")
    assert images_for("hog", params, 40, None) == (asked, params)
    assert images_for("auto", params, None, "RGB")[0].mode == "RGB"


@pytest.mark.parametrize(
    ("shape", "size", "expected", "side"),
    [
        ((1, 3, 20, 20), None, (20, "RGB"), None),
        ((1, 3, 20, 20), 50, (50, "RGB"), None),  # images larger than what it takes
        (("n", "h", "w", 1), None, (224, "L"), None),
        (("n", "h", "w", 3), 40, (40, "RGB"), 40),
    ],
)
def test_a_network_says_what_images_become(tmp_path, shape, size, expected, side):
    file = write_network(tmp_path / "n.onnx", shape=shape)
    spec, params = images_for(f"onnx:{file}", {"features__views": 1}, size, None)
    assert (spec.side, spec.mode) == expected
    assert params["features__views"] == 1
    assert params["features__cache"] is True
    assert params.get("features__side") == side
    assert len(params["features__sha256"]) == 64
    kept = images_for(f"onnx:{file}", {"features__cache": False}, size, None)[1]
    assert kept["features__cache"] is False


@pytest.mark.parametrize("text", [None, "{", "[]", "{}"])
def test_what_is_no_run_is_told(tmp_path, text):
    if text is not None:
        (tmp_path / "config.json").write_text(text)
    with pytest.raises(UsageError, match="expected a run that was begun with a search"):
        saved_settings(tmp_path)
