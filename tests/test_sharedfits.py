"""Which candidates share a fit."""

import pytest
from sklearn.model_selection import ParameterGrid

from sklimg.augment import Augmented
from sklimg.pipeline import build_pipeline
from sklimg.sharedfits import complexity, features_key, shared_fits, with_params

CONSTANT = build_pipeline(params={"learning_rate": "constant"})


def fits_of(base, grid):
    candidates = list(ParameterGrid({f"classify__{k}": v for k, v in grid.items()}))
    return candidates, shared_fits(base, candidates)


def test_candidates_that_differ_in_max_iter_share_one_fit():
    grid = {"max_iter": [20, 5, 10], "alpha": [1, 2]}
    candidates, fits = fits_of(CONSTANT, grid)
    assert [sorted(fit.epochs) for fit in fits] == [[5, 10, 20]] * 2
    for fit in fits:
        wanted = [candidates[i]["classify__max_iter"] for i in fit.candidates]
        assert list(fit.epochs) == wanted
        assert fit.estimator[-1].max_iter == 20
        assert {candidates[i]["classify__alpha"] for i in fit.candidates} == {
            fit.estimator[-1].alpha
        }
    assert sorted(i for fit in fits for i in fit.candidates) == list(range(6))


@pytest.mark.parametrize(
    ("model", "params"),
    [("mlp", {}), ("mlp", {"learning_rate": "constant", "solver": "lbfgs"}), ("sklearn-mlp", {})],
)
def test_where_the_end_decides_each_is_fitted_alone(model, params):
    base = build_pipeline(model, params)  # the first has a cycle of the learning rate
    _, fits = fits_of(base, {"max_iter": [5, 10]})
    assert [(len(fit.candidates), fit.epochs) for fit in fits] == [(1, (None,))] * 2


def test_a_schedule_in_the_grid_decides_by_candidate():
    grid = {"max_iter": [5, 10], "learning_rate": ["one-cycle", "constant"]}
    _, fits = fits_of(CONSTANT, grid)
    assert sorted(len(fit.candidates) for fit in fits) == [1, 1, 2]


def test_features_are_equal_unless_what_makes_them_differs():
    assert features_key(CONSTANT) == features_key(build_pipeline("logistic"))
    other = with_params(CONSTANT, {"scale__maximum": 1.0})
    assert features_key(other) != features_key(CONSTANT)
    copies = [Augmented(CONSTANT, strength, random_state=0) for strength in ("light", "strong")]
    stops = Augmented(
        with_params(CONSTANT, {"classify__early_stopping": True}), "light", random_state=0
    )
    assert len({features_key(one) for one in (CONSTANT, *copies, stops)}) == 4
    alpha = Augmented(with_params(CONSTANT, {"classify__alpha": 3}), "light", random_state=0)
    assert features_key(alpha) == features_key(copies[0])


def test_parameters_are_set_on_a_clone_of_one_thread():
    made = with_params(Augmented(CONSTANT), {"classify__alpha": 7})
    assert (made.estimator[-1].alpha, made.estimator[-1].n_jobs) == (7, 1)
    assert CONSTANT[-1].alpha != 7
    assert with_params(CONSTANT, {}, n_jobs=None)[-1].n_jobs is None


@pytest.mark.parametrize(
    ("simple", "other"),
    [
        ({"hidden_layer_sizes": (10,)}, {"hidden_layer_sizes": (10, 5)}),
        ({"hidden_layer_sizes": 10}, {"hidden_layer_sizes": (20,)}),
        ({"max_iter": 5}, {"max_iter": 6}),
        ({"alpha": 0.1}, {"alpha": 0.01}),
    ],
)
def test_smaller_shorter_and_more_penalised_is_simpler(simple, other):
    one, two = (build_pipeline(params=params) for params in (simple, other))
    assert complexity(one) < complexity(two)


def test_a_smaller_c_is_simpler():
    one, two = (build_pipeline("logistic", {"C": c}) for c in (0.1, 1))
    assert complexity(one) < complexity(two)
