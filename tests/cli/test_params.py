"""Parameters as one types them."""

import pytest

from sklimg.cli.params import parse_params
from sklimg.errors import UsageError


def test_values_are_what_they_look_like():
    fixed, searched = parse_params(
        ["alpha=1e-3", "max_iter=9", "early_stopping=true", "x=none", "solver=adam",
         "hidden_layer_sizes=600-300", "dropout=0.3-0",
         "classify__hidden_layer_sizes=50,100", "C=0.1, 1"]
    )  # fmt: skip
    assert fixed == {
        "alpha": 0.001, "max_iter": 9, "early_stopping": True, "x": None, "solver": "adam",
        "hidden_layer_sizes": (600, 300), "dropout": (0.3, 0),
    }  # fmt: skip
    assert searched == {"classify__hidden_layer_sizes": [(50,), (100,)], "C": [0.1, 1]}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("alpha", "expected NAME=VALUE"),
        ("=1", "expected NAME=VALUE"),
        ("alpha=", "expected NAME=VALUE"),
        ("hidden_layer_sizes=a", "layers such as 100 or 600-300, got 'a'"),
        ("hidden_layer_sizes=0", "got '0'"),
    ],
)
def test_what_is_none_is_refused(text, part):
    with pytest.raises(UsageError, match=part):
        parse_params([text])


def test_a_name_given_twice_is_refused():
    with pytest.raises(UsageError, match="alpha stands twice"):
        parse_params(["alpha=1", "alpha=2"])
