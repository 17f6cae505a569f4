"""What a search found, drawn."""

import numpy as np
import pytest

from sklimg.searchplots import candidates_figure, parameters_figure, search_figures
from sklimg.trials import Trials


def record(accuracy):
    return {"accuracy": accuracy, "reason": "", "fit_seconds": 1.0, "score_seconds": 0.0}


def trials_of(candidates, n_folds=3, space=None):
    rng = np.random.default_rng(0)
    records = [[record(float(a)) for a in rng.uniform(0.5, 0.9, n_folds)] for _ in candidates]
    sizes = [(float(len(candidates) - i),) for i in range(len(candidates))]
    return Trials(candidates, records, sizes, space or {})


def grid(n_alphas=3):
    alphas = [10.0**-k for k in range(n_alphas)]
    layers = [(50,), (100, 50)]
    space = {"classify__alpha": alphas, "classify__hidden_layer_sizes": layers}
    candidates = [{"classify__alpha": a, "classify__hidden_layer_sizes": size}
                  for a in alphas for size in layers]  # fmt: skip
    return trials_of(candidates, space=space)


def labels_of(axis):
    return [text.get_text() for text in axis.get_ticklabels()]


def test_candidates_stand_best_first_with_their_parameters():
    trials = grid()
    (axes,) = candidates_figure(trials).axes
    labels = labels_of(axes.yaxis)
    best = trials.candidates[trials.best]
    assert len(labels) == 6
    assert labels[0].startswith(f"alpha={best['classify__alpha']:.4g}, hidden_layer_sizes=")
    dots = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"]
    assert sorted(set(dots), reverse=True) == sorted(trials.means, reverse=True)
    assert axes.figure.get_suptitle() == "Candidates of the search"


def test_of_many_candidates_the_best_are_drawn():
    (axes,) = candidates_figure(grid(40)).axes
    assert len(labels_of(axes.yaxis)) == 30
    assert axes.figure.get_suptitle() == "Candidates of the search, the best 30 of 80"


def test_each_parameter_has_its_axes():
    trials = grid()
    figure = parameters_figure(trials, list(trials.candidates[0]))
    assert [axes.get_title() for axes in figure.axes] == ["alpha", "hidden_layer_sizes"]
    assert labels_of(figure.axes[0].xaxis) == ["0.01", "0.1", "1"]
    assert labels_of(figure.axes[1].xaxis) == ["50", "100-50"]
    line, _, dots, best = figure.axes[1].lines
    tops = [trials.means[k::2].max() for k in (0, 1)]
    np.testing.assert_allclose(line.get_ydata(), tops)
    assert len(dots.get_xdata()) == 6
    assert best.get_ydata()[0] == trials.means.max()


def test_drawn_numbers_stand_on_an_axis_of_numbers():
    trials = trials_of([{"classify__alpha": 10.0**-k, "classify__dropout": k / 10}
                        for k in range(6)])  # fmt: skip
    figure = parameters_figure(trials, list(trials.candidates[0]))
    assert [axes.get_xscale() for axes in figure.axes] == ["log", "linear"]


def test_drawn_layers_stand_one_by_one():
    trials = trials_of([{"classify__hidden_layer_sizes": (100 + 9 * k, 50, 7 * k + 1)}
                        for k in range(5)])  # fmt: skip
    figure = parameters_figure(trials, ["classify__hidden_layer_sizes"])
    titles = [axes.get_title() for axes in figure.axes if axes.lines]
    assert titles == ["hidden_layer_sizes, layer 1", "hidden_layer_sizes, layer 3"]


def test_epochs_are_told_where_they_differ():
    trials = trials_of([{"classify__alpha": 1.0}, {"classify__alpha": 2.0}])
    trials.more["epochs"] = [1, 9]
    (axes,) = candidates_figure(trials).axes
    assert sorted(labels_of(axes.yaxis)) == ["alpha=1 (1 epoch)", "alpha=2 (9 epochs)"]


def test_what_does_not_vary_is_not_drawn():
    trials = trials_of([{"classify__alpha": 1.0, "classify__solver": s} for s in ("adam", "sgd")])
    assert set(search_figures(trials)) == {"search", "parameters"}
    assert len(search_figures(trials)["parameters"].axes) == 1
    assert set(search_figures(trials_of([{"classify__alpha": 1.0}]))) == {"search"}


@pytest.mark.parametrize("n_folds", [1, 3])
def test_candidates_without_a_mean_are_left_out(n_folds):
    trials = grid() if n_folds == 3 else trials_of(grid().candidates, 1, grid().space)
    trials.records[2][0] = None
    trials.records[3][0] = record(None) | {"reason": "no"}
    (axes,) = candidates_figure(trials).axes
    assert len(labels_of(axes.yaxis)) == 4
    assert parameters_figure(trials, list(trials.candidates[0])).axes


def test_truths_and_words_are_values_too():
    trials = trials_of([{"classify__shuffle": value, "classify__solver": word}
                        for value in (True, False) for word in ("adam", "sgd")])  # fmt: skip
    figure = parameters_figure(trials, list(trials.candidates[0]))
    assert labels_of(figure.axes[0].xaxis) == ["False", "True"]
