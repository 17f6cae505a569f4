"""From data to a tested model: honest, repeatable, whole."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV

from sklimg.calibration import cooled
from sklimg.descent import Descent
from sklimg.errors import DataError, UsageError
from sklimg.model import load, load_pipeline
from sklimg.runfolder import is_finished
from sklimg.table import Table
from sklimg.training import fit
from tests.builders import bars, noise, write_images

FILES = {
    "config.json", "environment.json", "data.json", "splits.csv", "metrics.json",
    "per_class.csv", "confusion.csv", "predictions.csv", "history.csv", "plots/confusion.png",
    "plots/loss.png", "plots/accuracy.png", "model/pipeline.joblib", "model/manifest.json",
    "model/model.npz", "model/SHA256SUMS", "rejects.csv", "report.html", "MODEL_CARD.md",
    "pictures.npz", "plots/weights.png", "plots/classes.png", "plots/class_scores.png",
    "plots/mistakes.png",
    "plots/certainty.png", "plots/reliability.png", "plots/coverage.png",
}  # fmt: skip
QUICK = {"max_iter": 8, "hidden_layer_sizes": (8,)}
pytestmark = pytest.mark.usefixtures("no_figures")


def files_of(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_digits_are_learned():
    """A fit that silently stopped learning is seen here."""
    digits = load_digits()
    table = Table((digits.images.reshape(1797, 64) * 15.9).astype(np.uint8), digits.target)
    run = fit(table)
    assert run.metrics["accuracy"] > 0.95
    low, high = run.metrics["accuracy_interval"]
    assert low < run.metrics["accuracy"] < high
    assert run.metrics["n_test"] == len(run.parts.test) == 359


def test_the_run_folder_holds_what_it_should(bars_run):
    assert files_of(bars_run.path) == FILES
    assert bars_run.metrics["accuracy"] == 1
    metrics = json.loads((bars_run.path / "metrics.json").read_text())
    assert metrics == bars_run.metrics
    assert {"accuracy", "accuracy_interval", "n_test", "n_test_images", "balanced_accuracy",
            "macro_f1", "log_loss", "top_k", "baselines", "per_class"} <= set(metrics)  # fmt: skip
    assert not [key for key in metrics if "second" in key or "time" in key]


def test_the_metrics_follow_from_the_predictions(tmp_path):
    """Computed again from predictions.csv alone, by other means; some rows are copies."""
    table = bars({"a": 30, "b": 30, "c": 30})
    flipped = table.labels.copy()
    flipped[::7] = np.roll(flipped, 31)[::7]  # so that there are mistakes
    table = Table(table.pixels, flipped).take(np.r_[np.arange(90), np.arange(20)])
    fit(table, params=QUICK, out=tmp_path / "run")
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    rows = pd.read_csv(tmp_path / "run" / "predictions.csv", dtype={"label": str})
    weights = 1 / rows.groupby("group")["row"].transform("size")
    right = rows["label"] == rows["predicted"]
    assert 0 < metrics["accuracy"] < 1
    assert metrics["accuracy"] == pytest.approx((right * weights).sum() / weights.sum())
    assert (metrics["n_test"], metrics["n_test_images"]) == (rows["group"].nunique(), len(rows))
    true = [row[f"p({row['label']})"] for _, row in rows.iterrows()]
    assert metrics["log_loss"] == pytest.approx(np.average(-np.log(true), weights=weights))
    counts = pd.read_csv(tmp_path / "run" / "confusion.csv", index_col="label")
    assert counts.to_numpy().sum() == len(rows)
    assert np.trace(counts.to_numpy()) == right.sum()


def test_splits_hold_every_row_in_order(bars_run, bars_table):
    splits = pd.read_csv(bars_run.path / "splits.csv", dtype={"label": str})
    assert list(splits) == ["row", "label", "path", "group", "split"]
    assert splits["label"].tolist() == bars_table.labels.tolist()
    sides = {side: set(rows["group"]) for side, rows in splits.groupby("split")}
    assert set(sides) == {"train", "test"}
    assert not sides["train"] & sides["test"]


def test_the_test_part_has_no_say_in_the_fit(bars_table):
    """With every test picture spoiled, the same weights come out."""
    clean = fit(bars_table, params=QUICK)
    pixels = bars_table.pixels.copy()
    pixels[clean.parts.test] = np.random.default_rng(0).integers(
        0, 256, pixels[clean.parts.test].shape
    )
    spoiled = fit(Table(pixels, bars_table.labels), params=QUICK)
    np.testing.assert_array_equal(clean.parts.split, spoiled.parts.split)
    for one, other in zip(*(r.model.pipeline["classify"].coefs_ for r in (clean, spoiled)),
                          strict=True):  # fmt: skip
        np.testing.assert_array_equal(one, other)


def test_jobs_do_not_change_the_result(bars_table, tmp_path):
    grid = {"alpha": [1e-4, 1.0], "hidden_layer_sizes": [(4,), (8,)]}
    for jobs in (1, 2):
        fit(
            bars_table,
            grid=grid,
            params={"max_iter": 10},
            jobs=jobs,
            folds=3,
            out=tmp_path / str(jobs),
        )
    whole = {name for name in FILES if not name.startswith("plots/")} | {"trials.csv"}
    assert whole <= files_of(tmp_path / "1") == files_of(tmp_path / "2")
    for name in whole - {"environment.json", "history.csv", "trials.csv"}:
        one, two = (
            (tmp_path / jobs / name).read_bytes().replace(bytes(tmp_path / jobs), b"the run")
            for jobs in ("1", "2")
        )
        assert one == two, name
    times = {"trials": ["fit_seconds", "score_seconds"], "history": ["epoch_seconds"]}
    for name, seconds in times.items():
        tables = [pd.read_csv(tmp_path / jobs / f"{name}.csv") for jobs in ("1", "2")]
        pd.testing.assert_frame_equal(*(table.drop(columns=seconds) for table in tables))


def test_another_seed_is_another_split(bars_table):
    splits = [fit(bars_table, params=QUICK, seed=seed).parts.split for seed in (0, 1)]
    assert np.any(splits[0] != splits[1])


def test_a_search_chooses_and_the_chosen_is_saved(bars_table, tmp_path):
    run = fit(bars_table, grid={"hidden_layer_sizes": [(2,), (9,)]}, params={"max_iter": 20},
              out=tmp_path / "run", jobs=1)  # fmt: skip
    assert isinstance(run.search.grid, GridSearchCV)
    best = run.search.best_params["classify__hidden_layer_sizes"]
    assert load_pipeline(tmp_path / "run", trust=True)["classify"].hidden_layer_sizes == best
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert tuple(config["chosen"]["classify__hidden_layer_sizes"]) == best


def test_a_parameter_that_is_set_is_not_searched(bars_table):
    run = fit(bars_table, grid=True, params={"alpha": 0.5, "max_iter": 2, "dropout": 0.1,
                                            "learning_rate_init": 0.01}, jobs=1)  # fmt: skip
    assert set(run.search.best_params) == {"classify__hidden_layer_sizes"}


def test_few_test_images_are_cross_validated(bars_run):
    scores = bars_run.metrics["cross_validation"]
    assert (scores["n_test"], scores["n_folds"]) == (60, 5)


def test_other_data_may_test(bars_table):
    run = fit(bars_table, test=bars({"2": 9, "10": 9, "a": 9}, seed=5), params={"max_iter": 60})
    assert (run.metrics["n_test"], run.metrics["accuracy"]) == (27, 1)
    assert len(run.parts.train) == 60


def test_what_is_told(bars_table):
    said = []
    fit(
        bars_table,
        grid={"alpha": [1e-4, 1e-3]},
        jobs=1,
        folds=2,
        tell=lambda *words: said.append(words),
    )
    topics = [topic for topic, _ in said]
    assert topics == [
        *("data", "copies", "split", "features", "search", "cost", "best"),
        *("note", "certainty", "test", "mistakes"),
        *("note", "folds", "verdict", "size"),
    ]
    lines = dict(said)
    assert lines["search"] == "2 candidates x 5 folds = 10 fits"
    assert lines["test"].startswith("accuracy 1.000 [")
    assert "most frequent class 0.333, nearest neighbour 1.000" in lines["test"]


def test_a_folder_in_use_is_refused_before_the_work(bars_table, tmp_path):
    (tmp_path / "mine").write_text("")
    with pytest.raises(UsageError, match="new or empty folder"):
        fit(bars_table, out=tmp_path)


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"grid": {"alpha": []}}, "expected values for classify__alpha, got none"),
        ({"seed": -1}, "seed: expected 0 or above, got -1"),
        ({"test": 1.5}, "share between 0 and 1, or data, got 1.5"),
    ],
)
def test_arguments_that_mean_nothing(bars_table, options, part):
    with pytest.raises(UsageError, match=part):
        fit(bars_table, **options)


@pytest.mark.filterwarnings("default")
def test_an_interrupt_is_not_answered_by_a_half_trained_model(bars_table, monkeypatch):
    """scikit-learn's MLP ends such a fit with a warning, as if it were done."""

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("sklearn.neural_network.MLPClassifier._backprop", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit(bars_table, model="sklearn-mlp")


def test_an_interrupted_mlp_of_ours_is_tested_and_saved(bars_table, tmp_path, interrupt_in):
    said = []
    interrupt_in(12)
    run = fit(bars_table, out=tmp_path / "run", tell=lambda *words: said.append(words))
    assert run.was_interrupted
    assert len(pd.read_csv(tmp_path / "run" / "history.csv")) == 11
    assert load_pipeline(tmp_path / "run", trust=True)[-1].best_epoch_ <= 11
    (warning,) = [text for topic, text in said if topic == "warning"]
    assert warning.startswith("interrupted after 11 epochs; the model has the weights of epoch")
    assert "folds" not in dict(said)


def test_an_interrupt_in_a_search_ends_it(bars_table, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Descent, "epoch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit(bars_table, grid={"alpha": [0.1, 1.0]}, jobs=1, out=tmp_path / "run")
    assert not is_finished(tmp_path / "run")
    assert pd.read_csv(tmp_path / "run" / "trials.csv")["reason"].tolist() == ["not tried"] * 2


def test_rejects_are_listed_in_the_run(photos, tmp_path):
    write_images(photos, {f"2/{i}.png": picture for i, picture in enumerate(noise(6, seed=3))})
    write_images(
        photos, {f"deep/10/{i}.png": picture for i, picture in enumerate(noise(6, seed=4))}
    )
    (photos / "2" / "bad.png").write_text("no picture")
    run = fit(photos, params=QUICK, out=tmp_path / "run")
    assert "bad.png" in run.refused[0]
    assert "2/bad.png,not_an_image" in (tmp_path / "run" / "rejects.csv").read_text()


def test_nothing_is_written_for_data_that_cannot_be_learned(tmp_path):
    with pytest.raises(DataError, match="two classes"):
        fit(bars({"a": 9}), out=tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_labels_stay_what_they_are(tmp_path):
    labels = ["007", "NA", "True", "é", "2", "10"]
    fit(bars(dict.fromkeys(labels, 6)), params=QUICK, out=tmp_path / "run")
    model = load(tmp_path / "run")
    assert model.classes == ("2", "007", "10", "NA", "True", "é")
    header = (tmp_path / "run" / "confusion.csv").read_text().splitlines()[0]
    assert header == "label,2,007,10,NA,True,é"


def test_the_validation_part_chooses_and_is_not_learned():
    table = bars({"2": 30, "10": 30, "a": 30})
    words = np.array(["train", "train", "validation", "test"] * 23, object)[:90]
    table = Table(table.pixels, table.labels, None, {"split": words})
    run = fit(table, grid={"alpha": [1e-4, 1e-2]}, params=QUICK, folds=0)
    again = fit(table.take(words != "validation"), params=QUICK | run.search.best_params, folds=0)
    assert run.search.grid.n_splits_ == 1
    assert run.search.grid.best_estimator_ is run.model.pipeline
    hot = cooled(run.probabilities, 1 / run.metrics["calibration"]["temperature"])
    other = cooled(again.probabilities, 1 / again.metrics["calibration"]["temperature"])
    np.testing.assert_allclose(hot, other, atol=1e-6)  # as they were before they were calibrated
    assert run.metrics["calibration"]["where"] == "the validation part"
    assert run.search.grid.predict(table.pixels[:3]).tolist() == ["2"] * 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"validation": 1.0}, "validation: expected a share from 0 to below 1, got 1.0"),
        ({"validation": 0.6, "test": 0.6}, "expected less than 1 together, got 0.6, 0.6"),
        ({"validation": 0.1, "test": bars({"2": 2}, seed=3)}, "where the parts are given"),
    ],
)
def test_a_validation_share_that_cannot_be(bars_table, options, words):
    with pytest.raises(UsageError, match=words):
        fit(bars_table, **options)


def sides_of(parts):
    """Return the photographs that train and those that test, each by the name of its first."""
    names = np.array([path.rpartition("/")[2] for path in parts.table.paths])
    families = np.array(["_".join(name.partition(".")[0].split("_")[:2]) for name in names])
    return [set(families[rows]) for rows in (parts.train, parts.test)]


def test_photographs_are_split_by_picture(shared, tmp_path):
    """Of the photographs of three animals four in five are changed copies of another."""
    for animal in ("Bear", "Cow", "Horse"):
        shutil.copytree(shared / "animals" / animal, tmp_path / animal)
    run = fit(tmp_path, params={"max_iter": 2}, features="pixels", folds=0)
    train, test = sides_of(run.parts)
    assert not train & test
    assert 4 * run.metrics["n_test"] < run.metrics["n_test_images"] > 70
