"""One family of errors, each with its exit code, each also a builtin."""

import pickle

import pytest

from sklimg import errors

CODES = {
    "DataError": 3,
    "GateError": 7,
    "GridError": 3,
    "ImageError": 3,
    "MissingExtra": 6,
    "ModelError": 5,
    "OutputError": 6,
    "SheetError": 3,
    "SklimgError": 1,
    "TableError": 3,
    "UsageError": 2,
}


def test_every_error_has_the_exit_code_of_the_contract():
    assert {name: getattr(errors, name).exit_code for name in errors.__all__} == CODES


@pytest.mark.parametrize("name", sorted(set(CODES) - {"SklimgError"}))
def test_one_base_catches_all(name):
    assert issubclass(getattr(errors, name), errors.SklimgError)


@pytest.mark.parametrize("name", ["DataError", "ImageError", "ModelError", "TableError"])
def test_bad_input_is_also_a_value_error(name):
    assert issubclass(getattr(errors, name), ValueError)


def test_an_image_error_keeps_its_code_on_the_way_between_processes():
    sent = pickle.loads(pickle.dumps(errors.ImageError("a.png: cut", "truncated")))
    assert (str(sent), sent.code) == ("a.png: cut", "truncated")
