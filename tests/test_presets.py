"""Features by name."""

from pathlib import Path

import pytest
from sklearn.pipeline import FeatureUnion

from sklimg.backbone import OnnxBackbone
from sklimg.errors import UsageError
from sklimg.features import HOG
from sklimg.names import AUTO, PRESETS
from sklimg.presets import anchored, check_features, feature_step, features_for, onnx_file
from sklimg.spec import ImageSpec

GREY, COLOUR, SMALL = ImageSpec(28), ImageSpec(64, "RGB"), ImageSpec(8)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_the_union_of_its_words(name):
    union = feature_step(name, 3)
    assert isinstance(union, FeatureUnion)
    assert [word for word, _ in union.transformer_list] == name.split("+")


def test_hog_is_coarse_beside_what_is_finer():
    cells = {name: feature_step(name, 0).get_params().get("hog__n_cells") for name in PRESETS}
    assert cells["hog"] == cells["hog+pixels"] == HOG().n_cells == 7
    assert {cells[name] for name in ("hog+colour", "hog+patches", "hog+colour+patches")} == {4}


def test_the_seed_goes_to_what_learns():
    assert feature_step("hog+patches", 3).get_params()["patches__random_state"] == 3


@pytest.mark.parametrize(
    ("features", "spec", "expected"),
    [
        (None, GREY, ["hog+patches"]),
        (None, COLOUR, ["hog+colour+patches"]),
        (None, SMALL, ["pixels"]),
        ("hog", COLOUR, ["hog"]),
        (AUTO, SMALL, ["pixels"]),
        (AUTO, COLOUR, list(PRESETS)),
        (AUTO, GREY, ["pixels", "hog", "hog+pixels", "patches", "hog+patches"]),
    ],
)
def test_what_images_get(features, spec, expected):
    assert features_for(features, spec) == expected


def test_a_backbone_is_named_by_its_file():
    check_features("onnx:a b.onnx")
    assert onnx_file("onnx:a b.onnx") == "a b.onnx"
    assert anchored("onnx:a.onnx") == f"onnx:{Path('a.onnx').absolute()}"
    assert [anchored(name) for name in ("hog", AUTO, None)] == ["hog", AUTO, None]
    assert [onnx_file(name) for name in ("hog", AUTO, None)] == ["", "", ""]
    step = feature_step("onnx:a.onnx", 0)
    assert isinstance(step, OnnxBackbone)
    assert step.file == "a.onnx"


@pytest.mark.parametrize("features", [None, AUTO])
def test_what_is_still_open_is_no_step(features):
    with pytest.raises(UsageError, match="features: expected one of pixels, .*, got"):
        feature_step(features, 0)


@pytest.mark.parametrize(
    ("features", "words"),
    [
        ("hogs", r"features: expected one of pixels, .* got 'hogs'; did you mean 'hog'\?"),
        ("onnx:", "features: expected onnx:FILE, got no file"),
        ("zernike", "got 'zernike'$"),
    ],
)
def test_other_features_are_refused(features, words):
    with pytest.raises(UsageError, match=words):
        check_features(features)
