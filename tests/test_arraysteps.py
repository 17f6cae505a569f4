"""Steps are built from plain settings, and nothing else is."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from sklimg.arraysteps import ArrayPipeline

DENSE = {"op": "dense", "activation": "relu"}


def layers(at, *sizes):
    pairs = list(pairwise(sizes))
    arrays = {f"{at}.coefs{i}": np.ones(pair) for i, pair in enumerate(pairs)}
    return arrays | {f"{at}.intercepts{i}": np.zeros(pair[1]) for i, pair in enumerate(pairs)}


def test_layers_by_hand():
    """Two inputs, two hidden units of which one is off, two classes: softmax of (3, 6)."""
    arrays = {
        "0.coefs0": np.array([[1.0, -1.0], [1.0, -1.0]]),
        "0.intercepts0": np.zeros(2),
        "0.coefs1": np.array([[1.0, 2.0], [5.0, 5.0]]),
        "0.intercepts1": np.zeros(2),
    }
    found = ArrayPipeline([DENSE], arrays, ["a", "b"]).predict_proba(np.array([[1.0, 2.0]]))
    np.testing.assert_allclose(found, [[1 / (1 + np.exp(3)), 1 / (1 + np.exp(-3))]])


def test_arrays_of_one_step_are_not_those_of_another():
    """Steps 1 and 10 begin alike."""
    steps = [{"op": "scale", "maximum": 1.0}] * 10 + [DENSE]
    pipeline = ArrayPipeline(steps, layers(10, 2, 3), list("abc"))
    np.testing.assert_allclose(pipeline.predict_proba(np.ones((1, 2))), [[1 / 3] * 3])


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        ([{"op": "eval", "code": "1"}], KeyError),
        ([{"op": "__import__"}], KeyError),
        ([{"maximum": 1}], KeyError),
        ([{"op": "union"}], KeyError),
        ([{"op": "network", "views": 1}], KeyError),
        ([7], AttributeError),
        (7, TypeError),
    ],
)
def test_what_is_no_step_is_refused(steps, error):
    with pytest.raises(error):
        ArrayPipeline(steps, {}, ["a", "b"])


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ({"op": "dense", "activation": "exec"}, ValueError),
        ({"op": "scale", "maximum": "x"}, ValueError),
        ({"op": "scale", "maximum": 1, "more": 2}, TypeError),
        ({"op": "dense"}, TypeError),
    ],
)
def test_a_setting_of_no_use_is_refused_when_asked(step, error):
    with pytest.raises(error):
        ArrayPipeline([step], layers(0, 2, 3), list("abc")).predict_proba(np.ones((1, 2)))


def test_scikit_learn_is_not_needed():
    code = (
        "import sys, sklimg.arraysteps, sklimg.model; "
        "print([m for m in ('sklearn', 'scipy', 'pandas', 'joblib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
