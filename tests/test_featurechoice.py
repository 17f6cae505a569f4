"""Features are chosen by folds of the training rows."""

import numpy as np
import pytest

from sklimg import featurechoice
from sklimg.errors import DataError
from sklimg.featurechoice import FeatureChoice, choose_features
from sklimg.journal import Journal
from sklimg.pipeline import build_pipeline
from sklimg.workers import Workers


def leaning_bars(n=120, seed=0):
    """Return images of bars, up or across, anywhere and of any grey: pixels say little."""
    rng = np.random.default_rng(seed)
    images = np.zeros((n, 16, 16), np.uint8)
    labels = np.array(["up", "across"] * (n // 2), object)
    for image, label in zip(images, labels, strict=True):
        y, x = rng.integers(2, 10, 2)
        high, wide = (8, 2) if label == "up" else (2, 8)
        paper, ink = rng.permutation([40, 220]) + rng.integers(-30, 30, 2)
        image[:] = paper
        image[y : y + high, x : x + wide] = ink
    return images.reshape(n, -1), labels


def bases(*names):
    return {name: build_pipeline("logistic", features=name) for name in names}


def choose(X, y, names=("pixels", "hog"), groups=None, seed=0, **how):
    groups = np.arange(len(y)) if groups is None else groups
    how = {"workers": Workers(1), **how}
    return choose_features(bases(*names), X, y, groups, np.random.default_rng(seed), **how)


def test_the_better_features_are_chosen_and_why_is_said():
    told = []
    choice = choose(*leaning_bars(), tell=lambda *line: told.append(line))
    assert choice.best == "hog"
    assert choice.mean("hog") > choice.mean("pixels") + 0.1
    assert told == [
        ("features", "auto: 2 presets x 5 folds = 10 fits, on 120 training images of 120")
    ]
    assert str(choice).startswith(f"hog: accuracy {choice.mean('hog'):.3f} ± ")
    assert f"in 5 folds of 120 training images; pixels {choice.mean('pixels'):.3f}" in str(choice)
    columns = choice.columns()
    assert columns["features"] == ["pixels", "hog"]
    assert columns["chosen"] == ["False", "True"]


def test_of_equals_the_simplest_is_chosen():
    choice = FeatureChoice({"pixels": [0.5, 0.75], "hog": [0.75, 0.5], "patches": [0.5, 0.5]}, 9)
    assert choice.best == "pixels"
    assert choice.standard_error("pixels") == pytest.approx(0.125)


def test_a_budget_of_images_is_kept_and_groups_stay_whole(monkeypatch):
    monkeypatch.setattr(featurechoice, "MOST_IMAGES", 60)
    seen = []
    search = featurechoice.grid_search

    def watched(base, grid, X, y, folds, *, groups, **how):
        seen.append((len(y), groups, folds))
        return search(base, grid, X, y, folds, groups=groups, **how)

    monkeypatch.setattr(featurechoice, "grid_search", watched)
    X, y = leaning_bars()
    choice = choose(X, y, groups=np.arange(120) // 4)
    assert 50 <= choice.n_images == seen[0][0] <= 70
    _, groups, folds = seen[0]
    assert set(np.bincount(groups)[np.unique(groups)]) == {4}
    for train, test in folds:
        assert not set(groups[train]) & set(groups[test])


def test_the_number_of_processes_decides_nothing():
    X, y = leaning_bars(60)
    one, same = (choose(X, y, workers=Workers(n)) for n in (1, 2))
    assert one == same


def test_a_journal_is_gone_on_with(tmp_path):
    X, y = leaning_bars(60)
    first = choose(X, y, journal=Journal(tmp_path))
    records = sorted(tmp_path.rglob("fold*.json"))
    assert len(records) == 10
    times = [path.stat().st_mtime_ns for path in records]
    assert choose(X, y, journal=Journal(tmp_path)) == first
    assert [path.stat().st_mtime_ns for path in records] == times


def test_one_preset_is_compared_however_little_time_there_is():
    told = []
    choice = choose(*leaning_bars(60), seconds=1e-9, tell=lambda *line: told.append(line))
    assert list(choice.scores) == ["pixels"]
    assert str(choice).endswith("in 5 folds of 60 training images")
    assert told[-1][1] == "the time was up before hog was tried; give more --max-time"


def test_features_that_cannot_be_made_are_told():
    X, y = leaning_bars(60)
    with pytest.raises(DataError, match="three channels"):
        choose(X, y, names=("hog+colour",))
