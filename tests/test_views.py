"""A network is shown what it takes."""

import numpy as np
import pytest

from sklimg.errors import ModelError
from sklimg.onnxgraphs import ImageInput
from sklimg.views import network_input, views_of

FIRST = ImageInput("image", True, 4, 3, None, "float32")
LAST = ImageInput("image", False, 4, 3, None, "float32")


def picture(side=20, channels=(3,)):
    return np.random.default_rng(0).integers(0, 256, (side, side, *channels), np.uint8)


def test_the_whole_comes_first_and_each_is_mirrored():
    image = picture()
    views = views_of(image, 20, 3, 4)
    np.testing.assert_array_equal(views[0], image)
    np.testing.assert_array_equal(views[1::2], views[::2, :, ::-1])
    middle = views_of(image[2:18, 2:18], 20, 3, 1)[0].astype(int)
    assert np.abs(views[2].astype(int) - middle)[2:-2, 2:-2].max() <= 1
    for n in (1, 2):
        np.testing.assert_array_equal(views_of(image, 20, 3, n), views[:n])


def test_grey_and_colour_become_what_is_taken():
    grey = picture(channels=())
    assert (views_of(grey, 20, 3, 1) == grey[None, ..., None]).all()
    assert views_of(picture(), 8, 1, 2).shape == (2, 8, 8, 1)


@pytest.mark.parametrize(
    ("normalise", "expected"),
    [
        (None, [(1 - 0.485) / 0.229, (0 - 0.456) / 0.224, (0.2 - 0.406) / 0.225]),
        ("imagenet", [(1 - 0.485) / 0.229, (0 - 0.456) / 0.224, (0.2 - 0.406) / 0.225]),
        ("caffe", [51 - 103.939, 0 - 116.779, 255 - 123.68]),
        ("symmetric", [1, -1, -0.6]),
        ("unit", [1, 0, 0.2]),
        ("none", [255, 0, 51]),
    ],
)
def test_levels_are_normalised(normalise, expected):
    views = np.tile(np.array([255, 0, 51], np.uint8), (1, 4, 4, 1))
    values = network_input(views, FIRST, normalise, {})
    assert values.dtype == np.float32
    np.testing.assert_allclose(values[0, :, 2, 3], expected, rtol=1e-5)
    np.testing.assert_allclose(network_input(views, LAST, normalise, {})[0, 2, 3], expected, 1e-5)


def test_a_file_may_say_what_it_takes():
    views = np.full((1, 4, 4, 3), 255, np.uint8)
    said = {"mean": "[0.5, 0.5, 0.5]", "std": "0.25 0.5 1"}
    np.testing.assert_allclose(network_input(views, LAST, None, said)[0, 0, 0], [2, 1, 0.5])
    np.testing.assert_allclose(network_input(views, LAST, "unit", said)[0, 0, 0], 1)
    with pytest.raises(ModelError, match="expected 1 or 3 numbers in its entry 'mean', got 'half'"):
        network_input(views, LAST, None, {"mean": "half", "std": "1"})


def test_bytes_stay_bytes():
    views = views_of(picture(), 4, 3, 2)
    entry = ImageInput("image", False, 4, 3, None, "uint8")
    np.testing.assert_array_equal(network_input(views, entry, "imagenet", {}), views)


def test_a_grey_network_takes_the_mean_of_three():
    entry = ImageInput("image", True, 4, 1, None, "float32")
    values = network_input(np.full((1, 4, 4, 1), 255, np.uint8), entry, None, {})
    np.testing.assert_allclose(values, (1 - 0.449) / 0.226, rtol=1e-5)
