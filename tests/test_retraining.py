"""A run goes on with more images, and its parts, its old answers and its honesty stay."""

import json
import shutil

import numpy as np
import pytest

from sklimg.assessment import assess
from sklimg.augment import Augmented
from sklimg.digests import pixel_digests
from sklimg.errors import DataError, ModelError, TableError, UsageError
from sklimg.evaluation import vote_weights
from sklimg.model import load
from sklimg.modelfiles import sums_of
from sklimg.names import TABLE
from sklimg.records import read_records
from sklimg.retraining import retrain
from sklimg.runfiles import read_run
from sklimg.runwords import fit_command
from sklimg.stacking import stack_tables
from sklimg.table import Table, read_table, write_table
from sklimg.training import fit
from tests.builders import bars, contents
from tests.pickled import traps

pytestmark = pytest.mark.usefixtures("no_figures")

QUICK = {"max_iter": 60, "hidden_layer_sizes": (30,)}
HOW = {"folds": 0, "jobs": 1, "params": QUICK}


def more(seed, n=6, **others):
    """Return *n* images of each class of the bars, and as many of others as told."""
    return bars(dict.fromkeys(("2", "10", "a"), n) | others, seed)


@pytest.fixture(scope="module")
def here(no_figures, bars_table, tmp_path_factory):
    """A run on a table, and one with a validation part; the table beside them."""
    here = tmp_path_factory.mktemp("retraining")
    write_table(bars_table, here / "t.npz")
    fit(here / "t.npz", out=here / "run", **HOW)
    fit(here / "t.npz", out=here / "held", validation=0.2, **HOW)
    return here


@pytest.fixture(scope="module")
def newer(here):
    """What became of the run with more images and a new class."""
    told = []
    added = more(1, new=8)
    done = retrain(here / "run", added, out=here / "newer", tell=lambda *told_: told.append(told_))
    return done, told


def splits(run):
    columns = read_records(run / "splits.csv")
    return columns["split"], columns["group"]


def check_kept(old, new):
    """Old rows stand where they stood, and no group stands on two sides."""
    before, (after, groups) = splits(old)[0], splits(new)
    assert after[: len(before)] == before
    sides = {}
    for group, side in zip(groups, after, strict=True):
        assert sides.setdefault(group, side) == side


def test_a_new_class_is_learned_and_the_others_kept(newer, here):
    done, told = newer
    assert done.gate.passed
    assert done.refused == []
    model = load(here / "newer")
    assert model.classes == ("2", "10", "a", "new")
    test = bars({"2": 9, "10": 9, "a": 9, "new": 9}, seed=99)
    right = model.predict(test.pixels) == test.labels
    assert right.reshape(4, 9).mean(axis=1).min() > 0.6
    old = load(here / "run").predict(test.pixels[:27])
    assert right[:27].mean() >= np.mean(old == test.labels[:27]) - 0.05
    check_kept(here / "run", here / "newer")
    topics = [topic for topic, _ in told]
    assert topics == [
        *("data", "classes", "new", "folds", "gate", "doubt", "certainty", "test", "mistakes"),
        *("verdict", "size", "saved"),
    ]


def test_the_folder_holds_what_a_run_holds_and_its_table(newer, here):
    done, _ = newer
    run = read_run(here / "newer")
    table = read_table(here / "newer" / TABLE)
    assert run.data["path"] == str(here / "newer" / TABLE)
    assert table.labels.tolist() == run.splits["label"]
    assert run.metrics == done.run.metrics
    assert run.metrics["gate"]["known"]["n"] == 48
    assert run.metrics["gate"]["new"]["n"] == 22
    old = {path.name for path in (here / "run").iterdir()}
    assert {path.name for path in (here / "newer").iterdir()} == old | {"data"}
    parent = {"run": str(here / "run"), "model": load(here / "run").id}
    assert run.config["parent"] == parent
    assert run.config["from_scratch"] is False
    assert load(here / "newer").id != parent["model"]
    seen = np.unique(pixel_digests(table.pixels[np.array(run.splits["split"]) == "train"]))
    np.testing.assert_array_equal(load(here / "newer").seen, seen)


def test_its_test_part_has_not_been_trained_on(newer, here):
    found = assess(here / "newer" / TABLE, here / "newer").metrics
    run = read_run(here / "newer")
    assert found["n_test_images"] == run.splits["split"].count("test")
    assert found["accuracy"] == run.metrics["accuracy"]


def test_report_and_card_tell_of_it(newer, here):
    parent = here / "run"
    report = (here / "newer" / "report.html").read_text()
    assert "sklimg retrain" not in report  # its data was a table in Python
    assert f"goes on from</th><td>{parent}" in report.replace("\n", "")
    assert "what is known of each" in report
    done = retrain(parent, here / "t2.npz", out=here / "told") if _written(here) else None
    assert done.run is not None
    command = f"sklimg retrain {parent} {here / 't2.npz'}"
    assert fit_command(read_run(here / "told")) == command
    for name in ("report.html", "MODEL_CARD.md"):
        assert command in (here / "told" / name).read_text()


def _written(here):
    write_table(more(3), here / "t2.npz")
    return True


def test_a_chain_goes_on_wherever_the_runs_are_moved(newer, here, tmp_path):
    shutil.copytree(here / "newer", tmp_path / "moved")
    with_gone = json.loads((tmp_path / "moved" / "data.json").read_text())
    assert with_gone["path"].startswith(str(here))
    again = retrain(tmp_path / "moved", more(4), out=tmp_path / "third")
    check_kept(tmp_path / "moved", tmp_path / "third")
    shutil.rmtree(tmp_path / "moved")
    last = retrain(tmp_path / "third", more(5, new=6, b=6), out=tmp_path / "fourth")
    check_kept(tmp_path / "third", tmp_path / "fourth")
    assert again.run.model.classes == ("2", "10", "a", "new")
    assert last.run.model.classes == ("2", "10", "a", "b", "new")
    assert last.gate.new["n"] < last.gate.all["n"]  # new are those of the last step alone
    shares = [read_run(tmp_path / name).config["shares"] for name in ("third", "fourth")]
    assert shares == [{"test": 0.2, "validation": 0.0}] * 2
    shutil.move(tmp_path / "fourth", tmp_path / "fifth")
    notes = assess(more(6), tmp_path / "fifth").notes
    assert f"its training images were read from {tmp_path / 'fifth' / TABLE}" in notes


def test_everything_there_already_is_nothing_to_learn(newer, here):
    whole = read_table(here / "newer" / TABLE)
    with pytest.raises(DataError, match="got none: 86 of 86 are there already"):
        retrain(here / "newer", whole)


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_same_again_is_the_same(newer, here, tmp_path, jobs):
    """Whatever the number of processes; the files that have no times and places are equal."""
    added = more(1, new=8)
    done = retrain(here / "run", added, out=tmp_path / "again", jobs=jobs)
    assert done.run.model.id == load(here / "newer").id
    old, new = contents(here / "newer"), contents(tmp_path / "again")
    for name in ("metrics.json", "splits.csv", "predictions.csv", "confusion.csv"):
        assert old[name] == new[name]


@pytest.mark.parametrize("from_scratch", [False, True])
def test_labels_by_chance_are_refused_with_both_numbers(here, tmp_path, from_scratch):
    """As many images as there are, in the classes that are known, their labels drawn."""
    new = more(7, n=30)
    labels = np.random.default_rng(0).permutation(new.labels)
    for name in ("run", "held"):
        done = retrain(
            here / name,
            Table(new.pixels, labels),
            from_scratch=from_scratch,
            out=tmp_path / "poisoned",
        )
        gate = done.gate
        assert not gate.passed
        assert done.run is None
        assert not (tmp_path / "poisoned").exists()
        for scores in (gate.known, gate.new):
            assert f"{scores['before']:.3f} -> {scores['after']:.3f}" in gate.words
        assert gate.reasons


def test_the_validation_part_judges_and_stays_apart(here, tmp_path):
    done = retrain(here / "held", more(1, n=10), out=tmp_path / "newer")
    check_kept(here / "held", tmp_path / "newer")
    parts = done.run.parts
    held = parts.validation
    assert len(held) == 18
    assert done.gate.where == "the validation part"
    older, newer = load(here / "held"), load(tmp_path / "newer")
    votes = vote_weights(parts.groups[held])
    for model, when in ((older, "before"), (newer, "after")):
        right = model.predict(parts.table.pixels[held]) == parts.table.labels[held]
        assert done.gate.all[when] == pytest.approx(np.average(right, weights=votes))
    assert not np.isin(parts.digests[held], newer.seen).any()
    history = read_run(tmp_path / "newer").history
    assert len(history["epoch"]) == 120  # of few images, twice those of the fit
    assert "nan" not in history["validation_accuracy"]


def test_from_scratch_is_a_fit_to_all(here, tmp_path):
    done = retrain(here / "held", more(1), from_scratch=True, out=tmp_path / "anew")
    parts = done.run.parts
    assert len(read_run(tmp_path / "anew").history["epoch"]) == 60
    words = np.where(parts.split == "dropped", "train", parts.split)
    table = Table(parts.table.pixels, parts.table.labels, None, {"split": words})
    whole = fit(table, **HOW)
    expected = whole.model.predict_proba(parts.table.pixels)
    found = done.run.model.predict_proba(parts.table.pixels)
    np.testing.assert_allclose(found, expected, atol=0.02)  # but for the temperature
    assert read_run(tmp_path / "anew").config["from_scratch"]


@pytest.mark.parametrize(
    ("how", "note"),
    [
        ({"model": "logistic", "params": {}}, "logistic cannot go on: all is fitted anew"),
        ({"model": "sklearn-mlp"}, "sklearn-mlp cannot go on: all is fitted anew"),
        ({"params": QUICK | {"solver": "lbfgs"}}, "the solver lbfgs cannot go on"),
        ({"params": QUICK | {"early_stopping": True}}, None),
        ({"class_weight": "balanced", "validation": 0.2}, None),
        ({"augment": "light"}, None),
        ({"augment": "light", "validation": 0.2, "params": QUICK | {"early_stopping": True}}, None),
        ({"group": "exact"}, None),
        ({"group": "none"}, None),
        ({"grid": {"alpha": [0.01, 0.1], "hidden_layer_sizes": [(10,), (20, 10)]}}, None),
    ],
)
def test_as_the_run_was_made(bars_table, tmp_path, how, note):
    table = bars_table.take(np.r_[0:12, 20:32])
    run = fit(table, out=tmp_path / "run", **(HOW | how))
    told = []
    done = retrain(
        tmp_path / "run",
        bars({"2": 5, "10": 0, "new": 5}, 1),
        recorded=table,
        out=tmp_path / "newer",
        tell=lambda *words: told.append(words),
    )
    notes = [text for topic, text in told if topic == "note"]
    assert [note in text for text in notes] == ([True] if note else [])
    newer = done.run.model
    assert newer.classes == ("2", "10", "new")
    check_kept(tmp_path / "run", tmp_path / "newer")
    old, new = (model.pipeline[-1].get_params() for model in (run.model, newer))
    differ = {name for name in old if str(old[name]) != str(new[name])}
    assert differ <= {"n_jobs"}
    assert load(tmp_path / "newer").classes == newer.classes


def test_changed_copies_are_made_as_the_run_made_them(bars_table, tmp_path, monkeypatch):
    fit(bars_table, out=tmp_path / "run", validation=0.2, augment="light", **HOW)
    made, plain = [], Augmented.with_copies
    monkeypatch.setattr(
        Augmented, "with_copies", lambda *told: made.append(told[1]) or plain(*told)
    )
    done = retrain(tmp_path / "run", more(1), recorded=bars_table)
    (rows,) = made
    parts = done.run.parts
    np.testing.assert_array_equal(rows, parts.table.pixels[parts.train])


def test_features_that_were_chosen_stay(tmp_path):
    table = bars({"a": 12, "b": 12}, side=14)
    fit(table, out=tmp_path / "run", features="auto", **HOW)
    chosen = read_run(tmp_path / "run").features
    word = chosen["features"][chosen["chosen"].index("True")]
    done = retrain(
        tmp_path / "run", bars({"a": 5, "b": 5}, 1, 14), recorded=table, out=tmp_path / "newer"
    )
    assert done.run is not None
    assert read_run(tmp_path / "newer").config["features"] == word


def test_a_network_that_is_gone_comes_from_the_model(tmp_path):
    networks = pytest.importorskip("tests.networks", reason="onnx is not installed")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    file = networks.write_network(tmp_path / "n.onnx")
    table = bars({"a": 12, "b": 12}, side=16)
    how = {"features": f"onnx:{file}", "params": QUICK | {"features__side": 16}}
    fit(table, out=tmp_path / "run", **(HOW | how))
    added = bars({"a": 6, "b": 6, "c": 6}, 1, 16)
    there = retrain(tmp_path / "run", added, recorded=table)
    file.unlink()
    for from_scratch in (False, True):
        out = tmp_path / f"newer{from_scratch}"
        done = retrain(tmp_path / "run", added, recorded=table, from_scratch=from_scratch, out=out)
        if not from_scratch:
            assert done.gate == there.gate
        assert load(out).classes == ("a", "b", "c")
        sums = [(run / "model" / "backbone.onnx").read_bytes() for run in (tmp_path / "run", out)]
        assert sums[0] == sums[1]
    assert retrain(out, bars({"a": 3}, 2, 16), from_scratch=True).gate is not None


def test_groups_by_a_column_stay_together(tmp_path):
    table = bars({"a": 20, "b": 20})
    writers = {"writer": [f"w{i % 10}" for i in range(40)]}
    table = Table(table.pixels, table.labels, None, writers)
    fit(table, out=tmp_path / "run", group="writer", **HOW)
    new = bars({"a": 10, "b": 10}, 1)
    new = Table(new.pixels, new.labels, None, {"writer": [f"w{i % 12}" for i in range(20)]})
    done = retrain(tmp_path / "run", new, recorded=table, out=tmp_path / "newer")
    check_kept(tmp_path / "run", tmp_path / "newer")
    parts = done.run.parts
    sides = {}
    for writer, side in zip(parts.table.columns["writer"], parts.split, strict=True):
        assert sides.setdefault(writer, side) == side
    assert len(sides) == 12


def test_given_parts_stay_with_what_was_dropped(bars_table, tmp_path):
    words = ["train", "train", "train", "validation", "test"] * 12 + ["train"]
    table = bars_table.take(np.r_[0:60, 4])
    table = Table(table.pixels, table.labels, None, {"split": words})
    fit(table, out=tmp_path / "run", **HOW)
    assert splits(tmp_path / "run")[0][-1] == "dropped"
    darker = Table((0.9 * table.pixels[[4]]).astype(np.uint8), table.labels[[4]])
    added = stack_tables([more(1), darker])
    done = retrain(tmp_path / "run", added, recorded=table, out=tmp_path / "newer")
    check_kept(tmp_path / "run", tmp_path / "newer")
    assert done.run.parts.split[-1] == "test"
    again = retrain(tmp_path / "newer", more(2), out=tmp_path / "third")
    assert again.run is not None


def test_a_trap_in_the_run_is_never_opened(here, tmp_path):
    shutil.copytree(here / "run", tmp_path / "run")
    model = tmp_path / "run" / "model"
    (model / "pipeline.joblib").write_bytes(traps(tmp_path / "marker")["joblib"])
    names = ["model.npz", "manifest.json", "pipeline.joblib"]
    (model / "SHA256SUMS").write_bytes(sums_of({n: (model / n).read_bytes() for n in names}))
    for from_scratch in (False, True):
        done = retrain(tmp_path / "run", more(1), from_scratch=from_scratch)
        assert done.run is not None
    assert not (tmp_path / "marker").exists()


def test_what_cannot_be_taken_in_is_listed(here, tmp_path):
    known = read_table(here / "t.npz")
    twin = Table(known.pixels[:1], ["10"], ["x/twin.png"])
    few = bars({"few": 1}, 5)
    added = stack_tables([Table(few.pixels, few.labels, ["x/few.png"]), twin, more(1)])
    done = retrain(here / "run", added, out=tmp_path / "newer")
    assert done.refused == [
        "x/twin.png: '10' here, '2' elsewhere; decide",
        "x/few.png: too few different pictures of 'few' for each part to have one; add some",
    ]
    rejects = read_run(tmp_path / "newer").rejects
    assert rejects["code"] == ["conflict", "few"]
    assert done.run.model.classes == ("2", "10", "a")


def test_nothing_is_saved_unless_it_is_asked_for(here, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = retrain(here / "run", more(1))
    assert done.run.path is None
    assert not list(tmp_path.iterdir())


def test_epochs_are_told(here):
    told = []
    retrain(here / "held", more(1), tell_epoch=told.append)
    assert [values["epoch"] for values in told] == list(range(1, 121))
    assert np.isfinite([values["validation_loss"] for values in told]).all()


def test_what_cannot_be_gone_on_with_is_told(here, bars_table, tmp_path):
    with pytest.raises(TableError, match="expected images of 8x8 grey like those of the run, got"):
        retrain(here / "run", bars({"2": 3}, side=4))
    with pytest.raises(ModelError, match="found nothing there"):
        retrain(tmp_path / "none", more(1))
    with pytest.raises(DataError, match="a table of 2 images: 2 of 2 new images have no label"):
        retrain(here / "run", bars({"": 2}, 9))
    with pytest.raises(UsageError, match="expected a new or empty folder"):
        retrain(here / "run", more(1), out=here / "held")
    shutil.copytree(here / "run", tmp_path / "run")
    (tmp_path / "run" / "model" / "model.npz").write_bytes(b"x")
    with pytest.raises(ModelError, match=r"model.npz"):
        retrain(tmp_path / "run", more(1))
    (tmp_path / "photos").mkdir()
    with pytest.raises(UsageError, match="expected a folder outside of"):
        retrain(here / "run", more(1), recorded=tmp_path / "photos", out=tmp_path / "photos" / "x")


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("config", {"seed": -1}, "ValueError: model, augment, group or seed"),
        ("config", {"params": [1]}, "AttributeError"),
        ("config", {"features": "auto"}, "KeyError"),
        ("config", {"group": 3}, "ValueError"),
        ("config", {"shares": {"test": "x"}}, "ValueError"),
        ("data", {"path": 5}, "TypeError"),
        ("metrics", {"calibration": 5}, "TypeError"),
        ("metrics", {"calibration": {"temperature": 0}}, "ValueError: temperature 0"),
    ],
)
def test_a_damaged_run_is_told(here, tmp_path, name, values, words):
    shutil.copytree(here / "run", tmp_path / "run")
    file = tmp_path / "run" / f"{name}.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))
    with pytest.raises(DataError, match=f"holds what sklimg fit does not write .{words}"):
        retrain(tmp_path / "run", more(1))


def test_a_step_of_its_own_is_nothing_that_files_hold(bars_table, tmp_path):
    fit(bars_table, out=tmp_path / "run", **(HOW | {"params": QUICK | {"centre": "passthrough"}}))
    with pytest.raises(UsageError, match="made with a step of its own, centre"):
        retrain(tmp_path / "run", more(1), recorded=bars_table)


def test_an_interrupt_leaves_nothing(here, tmp_path, interrupt_in):
    interrupt_in(3)
    with pytest.raises(KeyboardInterrupt):
        retrain(here / "run", more(1), out=tmp_path / "newer")
    assert not list(tmp_path.iterdir())
