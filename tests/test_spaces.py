"""What a search goes through, by full names, every value checked."""

import pytest

from sklimg.errors import UsageError
from sklimg.pipeline import build_pipeline, default_grid
from sklimg.spaces import describe_search, in_stages, space_of
from sklimg.spans import Span


def space(grid, search="grid", params=None, said=None):
    told = (lambda *words: said.append(words)) if said is not None else lambda *_: None
    return space_of(build_pipeline(params=params or {}), grid, search, "mlp", params or {}, told)


def test_nothing_is_nothing():
    assert space(False) == space({}) == {}


def test_the_default_grid_goes_by_full_names():
    assert space(True) == {f"classify__{k}": v for k, v in default_grid("mlp").items()}


def test_what_is_set_is_not_searched():
    said = []
    assert "classify__dropout" not in space(True, params={"dropout": 0.2})
    assert space({"alpha": [1, 2]}, params={"alpha": 1}, said=said) == {}
    assert said == [("note", "every parameter of the grid is set, so there is nothing to search")]


def test_hyperband_has_a_space_of_its_own():
    drawn = space(True, "hyperband")
    assert drawn["classify__hidden_layer_sizes"] == (Span(100, 1000), Span(100, 1000))
    assert drawn["classify__learning_rate_init"] == Span(1e-4, 1e-3)
    assert drawn["classify__activation"] == ["relu", "tanh"]
    assert sorted(drawn["classify__solver"]) == ["adam", "nadam", "rmsprop", "sgd"]


@pytest.mark.parametrize(
    ("grid", "search", "part"),
    [
        ({"alpha": []}, "grid", "expected values for classify__alpha, got none"),
        ({"alpha": Span(0.1, 1.0)}, "grid", r"got the span 0\.1\.\.1\.0; name some, or let"),
        ({"alphas": [1]}, "grid", "did you mean 'alpha'"),
        ({"alpha": Span(-1.0, 1.0)}, "hyperband", "alpha: expected a number of at least 0"),
        ({"activation": ["rely"]}, "hyperband", "did you mean 'relu'"),
        ({"max_iter": [3, 9]}, "hyperband", "sets max_iter itself"),
        ({"max_iter": Span(3, 9)}, "hyperband", "sets max_iter itself"),
        ({"learning_rate": ["constant", "one-cycle"]}, "hyperband", "without learning_rate=one"),
        ({"solver": ["adam", "lbfgs"]}, "hyperband", "without solver=lbfgs"),
        ({"early_stopping": [True]}, "hyperband", "without early_stopping=True"),
        ({"alpha": 0.1}, "grid", "expected a list of values for classify__alpha, got 0.1"),
        ({"activation": "relu"}, "grid", "expected a list of values"),
    ],
)
def test_what_is_of_no_use_is_refused(grid, search, part):
    with pytest.raises(UsageError, match=part):
        space(grid, search)


def test_what_is_set_may_not_need_an_end_either():
    for params in (
        {"early_stopping": True},
        {"solver": "lbfgs"},
        {"learning_rate": "one-cycle"},
    ):
        with pytest.raises(UsageError, match="hyperband trains in stages, without"):
            space(True, "hyperband", params)


def test_a_value_that_stands_twice_is_tried_once():
    said = []
    assert space({"alpha": [0.1, 0.2, 0.1]}, said=said) == {"classify__alpha": [0.1, 0.2]}
    assert said == [("note", "values of classify__alpha that stand twice are tried once")]


@pytest.mark.parametrize(("n_images", "epochs", "batch"), [(20_000, 12, 128), (200, 36, 64)])
def test_stages_are_longer_for_few_images(n_images, epochs, batch):
    base = build_pipeline(params={"alpha": 0.5})
    in_stages(base, {"alpha": 0.5}, n_images)
    last = base[-1]
    assert (last.max_iter, last.batch_size, last.learning_rate) == (epochs, batch, "constant")
    given = {"max_iter": 5, "classify__batch_size": 7}
    base = build_pipeline(params=given)
    in_stages(base, given, n_images)
    assert (base[-1].max_iter, base[-1].batch_size) == (5, 7)


def test_a_search_is_described():
    base = build_pipeline(params={"learning_rate": "constant", "max_iter": 9})
    grid = {"classify__alpha": [1, 2], "classify__max_iter": [5, 9]}
    assert describe_search("grid", base, grid, 100, 5) == (
        "4 candidates x 5 folds = 20 fits, in 10 trainings: one for all max_iter"
    )
    alone = describe_search("grid", base, {"classify__alpha": [1]}, 100, 1)
    assert alone == "1 candidate on the validation part = 1 fit"
    assert describe_search("hyperband", base, {}, 100, 5) == (
        "hyperband: 17 candidates x 5 folds, in 3 brackets from 1 to 9 epochs"
    )
    assert "on images held back" in describe_search("hyperband", base, {}, 10_000, 5)
