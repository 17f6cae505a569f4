"""One fit: on one thread, its errors told."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from sklimg.errors import UsageError
from sklimg.fitting import fit_alone, one_quiet_thread
from sklimg.pipeline import build_pipeline


def test_a_fit_leaves_the_pipeline_it_was_given(bars_table):
    base = build_pipeline(params={"max_iter": 5})
    fitted = fit_alone(base, bars_table.pixels, bars_table.labels)
    assert fitted["classify"].n_iter_ == 5
    assert not hasattr(base["classify"], "n_iter_")
    assert fitted["classify"].coefs_[0].dtype == np.float32


def test_fits_run_on_one_thread():
    with one_quiet_thread():
        pools = [pool["num_threads"] for pool in threadpool_info()]
    assert set(pools) == {1}


def test_a_refused_parameter_is_told(bars_table):
    base = build_pipeline("sklearn-mlp", {"solver": "magic"})
    with pytest.raises(UsageError, match="parameters: the fit failed: .*'solver' parameter"):
        fit_alone(base, bars_table.pixels, bars_table.labels)


def test_held_back_rows_of_a_class_that_does_not_train_are_left_out(bars_table):
    X, y = bars_table.pixels, bars_table.labels
    base, train = build_pipeline(params={"max_iter": 5}), y != "a"
    fitted = fit_alone(base, X[train], y[train], validation_data=(X, y))
    seen = fitted["classify"].history_["validation_accuracy"][-1]
    assert seen == pytest.approx(fitted.score(X[train], y[train]))
    alone = fit_alone(base, X[train], y[train], validation_data=(X[~train], y[~train]))
    assert np.isnan(alone["classify"].history_["validation_accuracy"]).all()
