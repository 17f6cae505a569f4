"""The choices that make pixels of a picture."""

import pytest

from sklimg.errors import UsageError
from sklimg.spec import ImageSpec


def test_shapes():
    assert ImageSpec().shape == (28, 28)
    assert ImageSpec(side=4, mode="RGB").shape == (4, 4, 3)
    assert ImageSpec(side=4, mode="RGB").n_pixels == 48


def test_a_spec_survives_its_dict():
    spec = ImageSpec(side=5, mode="RGB", fit="pad", resample="box", invert="auto")
    assert ImageSpec(**spec.as_dict()) == spec


@pytest.mark.parametrize(
    ("field", "value"),
    [("side", 0), ("side", 1025), ("side", 2.0), ("mode", "CMYK"), ("fit", "squeeze"),
     ("resample", "magic"), ("invert", True)],
)  # fmt: skip
def test_a_wrong_choice_is_named(field, value):
    with pytest.raises(UsageError, match=rf"{field}: expected .* got"):
        ImageSpec(**{field: value})
