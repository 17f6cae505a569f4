"""Values that cannot be used are told, with what can."""

import numpy as np
import pytest

from sklimg.errors import UsageError
from sklimg.mlp import MLPClassifier
from sklimg.mlpparams import check_mlp_params, dropout_of, layers_of


def params_of(**changed):
    return MLPClassifier(**changed).get_params(deep=False)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"solver": "adan"}, "solver: expected one of adam, nadam, .* got 'adan'; did .* 'adam'"),
        ({"activation": "rellu"}, "did you mean 'relu'"),
        ({"learning_rate": "onecycle"}, "did you mean 'one-cycle'"),
        ({"monitor": None}, "monitor: expected one of loss, accuracy, got None$"),
        ({"dtype": np.int32}, "dtype: expected one of float32, float64, got"),
        ({"alpha": -1}, "alpha: expected a number of at least 0, got -1"),
        ({"alpha": float("nan")}, "alpha: expected a number of at least 0, got nan"),
        ({"learning_rate_init": 0}, "learning_rate_init: expected a number above 0, got 0"),
        ({"beta_1": 1}, r"beta_1: expected a number in \[0, 1\), got 1"),
        ({"momentum": 1.5}, r"momentum: expected a number in \[0, 1\], got 1.5"),
        ({"max_iter": 2.5}, "max_iter: expected an integer of at least 1, got 2.5"),
        ({"max_iter": True}, "max_iter: expected an integer of at least 1, got True"),
        ({"early_stopping": "yes"}, "early_stopping: expected True or False, got 'yes'"),
        ({"batch_size": "all"}, "batch_size: expected auto or an integer of at least 1, got 'all'"),
        ({"batch_size": 0}, "batch_size: expected auto or an integer of at least 1, got 0"),
        (
            {"class_weight": "even"},
            "class_weight: expected balanced, none or a mapping, got 'even'",
        ),
        ({"n_jobs": 4}, "n_jobs: expected None, -1, 1 or 2 threads, got 4"),
        ({"hidden_layer_sizes": (10, 0)}, "hidden_layer_sizes: expected integers .* got"),
        ({"hidden_layer_sizes": None}, "hidden_layer_sizes: expected integers .* got None"),
        ({"dropout": 1}, r"dropout: expected numbers in \[0, 1\), got 1"),
        ({"dropout": None}, "dropout: expected numbers .* got None"),
        ({"dropout": (0.1, 0.2)}, "dropout: expected one number, or one for each of 1 hidden"),
    ],
)
def test_what_is_of_no_use(changed, text):
    with pytest.raises(UsageError, match=text):
        check_mlp_params(params_of(**changed))


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"alpha": np.float32(0.1), "max_iter": np.int64(3), "n_iter_no_change": np.inf},
        {"hidden_layer_sizes": np.array([3, 4]), "dropout": [0, 0.5]},
        {"hidden_layer_sizes": (), "dropout": 0.5},
        {"dtype": np.float64, "class_weight": {0: 2}},
        {"batch_size": 7, "n_jobs": -1, "early_stopping": np.True_},
    ],
)
def test_what_is(changed):
    check_mlp_params(params_of(**changed))


def test_layers_and_their_dropout():
    assert layers_of(5) == [5]
    assert layers_of((600, 300)) == [600, 300]
    assert dropout_of(0.25, [600, 300]) == [0.25, 0.25]
    assert dropout_of((0.25, 0), [600, 300]) == [0.25, 0]
