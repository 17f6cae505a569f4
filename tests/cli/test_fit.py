"""fit, as one types it."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

from sklimg.model import load, load_pipeline
from sklimg.table import write_table
from tests.builders import bars

QUICK = ["--param", "max_iter=80", "--param", "hidden_layer_sizes=40"]
pytestmark = pytest.mark.usefixtures("no_figures")


@pytest.fixture
def here(bars_table, tmp_path, monkeypatch):
    """A working folder with a table t.csv."""
    monkeypatch.chdir(tmp_path)
    write_table(bars_table, "t.csv")
    return tmp_path


def test_runs_come_out_in_artifacts_and_latest_follows(invoke, here):
    quick = ["--param", "max_iter=5", "--folds", "0"]
    done = invoke("fit", "t.csv", *quick)
    assert done.exit_code == 0, done.stderr
    (run,) = [p for p in (here / "artifacts").iterdir() if p.name != "latest"]
    assert run.name.endswith("Z-t")
    assert (here / "artifacts" / "latest").resolve() == run
    invoke("fit", "t.csv", *quick, "--name", "a b")
    assert (here / "artifacts" / "latest").resolve().name.endswith("Z-a%20b")
    invoke("fit", "t.csv", *quick, "-o", "elsewhere")
    assert (here / "artifacts" / "latest").resolve().name.endswith("Z-a%20b")


def test_results_go_to_stdout_and_the_rest_to_stderr(invoke, here):
    done = invoke("fit", "t.csv", *QUICK, "-o", "run")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["test", "folds"]
    assert "accuracy 1.000 [0.758, 1.000] on 12 images; most frequent class 0.333" in lines[0]
    topics = [line.split()[0] for line in done.stderr.splitlines()]
    assert topics == [
        "data",
        "note",
        "copies",
        "split",
        "features",
        "certainty",
        "mistakes",
        "verdict",
        "size",
        "saved",
        "next",
    ]
    words = ["--param", "learning_rate=constant", "--param", "max_iter=9"]
    quiet = invoke("fit", "t.csv", *words, "-o", "run2", "-q").stderr
    assert quiet == "warning   training stopped at max_iter=9, still improving; set a higher one\n"


def test_json_is_one_object(invoke, here):
    done = invoke("fit", "t.csv", *QUICK, "--folds", "2", "-o", "run", "--json")
    assert json.loads(done.stdout) == json.loads((here / "run" / "metrics.json").read_text())


def test_values_in_plural_are_searched(invoke, here):
    words = ["--param", "alpha=0.1,1", "--param", "max_iter=5", "--folds", "0", "--jobs", "1"]
    done = invoke("fit", "t.csv", *words, "-o", "run")
    assert "2 candidates x 5 folds = 10 fits" in done.stderr
    assert load_pipeline("run", trust=True)["classify"].max_iter == 5


def test_grid_adds_the_default(invoke, here):
    words = ["--grid", "--model", "logistic", "--param", "max_iter=50", "--param", "tol=1e-2,1e-3"]
    done = invoke("fit", "t.csv", *words, "--folds", "0", "--jobs", "1", "-o", "run")
    assert "8 candidates x 5 folds = 40 fits" in done.stderr


def test_other_data_may_test(invoke, here):
    write_table(bars({"2": 9, "10": 9, "a": 9}, seed=3), "new.npz")
    done = invoke("fit", "t.csv", *QUICK, "--folds", "0", "--test", "new.npz", "-o", "run")
    assert "60 training and 27 test images, as given" in done.stderr


def test_a_reader_that_leaves_does_not_cost_the_run(here):
    words = [sys.executable, "-m", "sklimg", "fit", "t.csv", *QUICK, "--folds", "0", "-o", "run"]
    command = " ".join(words) + " 2>&1 | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()[0]) == (0, "data")
    assert (here / "run" / "metrics.json").exists()


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (["absent.csv"], 3, "absent.csv: no such file or folder"),
        (["t.csv", "--param", "alhpa=1"], 2, "did you mean 'alpha'?"),
        (["t.csv", "--param", "solver=adan"], 2, "got 'adan'; did you mean 'adam'?"),
        (["t.csv", "--param", "alpha=1,-1"], 2, "alpha: expected a number of at least 0, got -1"),
        (["absent.csv", "--augment", "much"], 2, "'much' is not one of 'none', 'light', 'strong'"),
        (["t.csv", "--model", "sklearn-mlp", "--class-weight", "balanced"], 2, "knows none"),
        (["t.csv", "--folds", "1"], 2, "expected 2 or more, or 0 for none, got 1"),
        (["t.csv", "--param", "alpha=1", "--param", "classify__alpha=2"], 2, "stands twice"),
        (["t.csv", "--test", "0"], 2, "share between 0 and 1"),
        (["t.csv", "--test", "absent.csv"], 3, "absent.csv: no such file"),
        (["t.csv", "--group", "writer"], 2, "no column 'writer'"),
        (["t.csv", "--name", "x"], 2, "-o and --name, got both"),
        (["one.csv"], 3, "one.csv: expected at least two classes, got 'a'"),
        (["ragged.csv"], 3, "ragged.csv, line 2: expected 5 fields"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_written(invoke, here, words, code, part):
    write_table(bars({"a": 5}), "one.csv")
    (here / "ragged.csv").write_text("label,pixel0,pixel1,pixel2,pixel3\na,1,2,3\n")
    done = invoke("fit", *words, "-o", "run")
    assert done.exit_code == code
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: ")
    assert part in last
    assert not (here / "run").exists()


def test_a_folder_in_use_is_kept(invoke, here):
    (here / "run").mkdir()
    (here / "run" / "mine").write_text("x")
    done = invoke("fit", "t.csv", "-o", "run")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert [p.name for p in (here / "run").iterdir()] == ["mine"]


def test_an_interrupt_ends_with_130_and_a_run(invoke, here, interrupt_in):
    interrupt_in(12)
    done = invoke("fit", "t.csv", "-o", "run")
    assert done.exit_code == 130
    assert "warning   interrupted after 11 epochs" in done.stderr
    assert "saved     run" in done.stderr
    assert load("run").predict(np.zeros((1, 64))).size == 1


def test_copies_and_weights_are_recorded(invoke, here):
    words = ["--augment", "light", "--class-weight", "balanced", "--param", "max_iter=5"]
    done = invoke("fit", "t.csv", *words, "--folds", "0", "-o", "run")
    assert done.exit_code == 0, done.stderr
    config = json.loads((here / "run" / "config.json").read_text())
    assert config["augment"] == "light"
    assert config["params"] == {"max_iter": 5, "class_weight": "balanced"}
    head = (here / "run" / "history.csv").read_text().splitlines()[0]
    assert head == (
        "epoch,loss,accuracy,validation_loss,validation_accuracy,learning_rate,epoch_seconds"
    )


SEARCH = ["--param", "alpha=0.1,1", "--param", "max_iter=5", "--folds", "0", "--jobs", "1"]


def test_a_finished_run_is_resumed_by_telling_its_result(invoke, here):
    first = invoke("fit", "t.csv", *SEARCH, "-o", "run")
    again = invoke("fit", "--resume", "run")
    assert again.exit_code == 0
    assert again.stdout == first.stdout
    as_json = invoke("fit", "--resume", "run", "--json")
    assert json.loads(as_json.stdout) == json.loads((here / "run" / "metrics.json").read_text())


@pytest.fixture
def stopped(invoke, here, monkeypatch):
    """A run whose search was ended after two fits."""
    from sklimg import foldruns

    plain, made = foldruns.fit_on_fold, []

    def interrupted(*args):
        made.append(1)
        if len(made) == 3:
            raise KeyboardInterrupt
        return plain(*args)

    with monkeypatch.context() as patch:
        patch.setattr(foldruns, "fit_on_fold", interrupted)
        done = invoke("fit", "t.csv", *SEARCH, "-o", "run")
    assert done.exit_code == 130, done.stderr
    assert "2 of 10 fits in run; go on with: sklimg fit --resume run" in done.stderr
    return here / "run"


def test_what_was_asked_for_need_not_be_said_again(invoke, stopped, here):
    done = invoke("fit", "--resume", "run")
    assert done.exit_code == 0, done.stderr
    other = invoke("fit", "t.csv", *SEARCH, "-o", "other")
    assert done.stdout == other.stdout
    for name in ("model/SHA256SUMS", "config.json", "metrics.json"):
        assert (stopped / name).read_bytes() == (here / "other" / name).read_bytes()


def test_it_may_be_said_again(invoke, stopped):
    assert invoke("fit", "t.csv", *SEARCH, "--resume", "run").exit_code == 0


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--seed", "1"], "data|folds|parameters"),
        (["--param", "alpha=0.1,2", "--param", "max_iter=5"], "parameters"),
        (["other.csv"], "data"),
        (["--test", "0.4"], "data"),
    ],
)
def test_with_something_else_it_is_refused_with_both_digests(invoke, stopped, words, what):
    write_table(bars({"2": 20, "10": 20, "b": 20}, seed=9), "other.csv")
    before = {path: path.read_bytes() for path in stopped.rglob("*.json")}
    done = invoke("fit", *words, "--resume", "run")
    assert done.exit_code == 3
    assert re.search(rf"a journal of other ({what}): expected \w{{16}}, got \w{{16}}", done.stderr)
    assert {path: path.read_bytes() for path in stopped.rglob("*.json")} == before


@pytest.mark.parametrize("words", [["--param", "alpha=0.5"], ["--class-weight", "balanced"]])
def test_without_a_search_there_is_nothing_to_resume(invoke, stopped, words):
    done = invoke("fit", *words, "--resume", "run")
    assert done.exit_code == 2
    assert "run: expected a search, as it was begun with one" in done.stderr
    assert "test" not in done.stdout


def test_it_goes_on_from_another_folder(invoke, stopped, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert invoke("fit", "--resume", stopped).exit_code == 0


def test_a_finished_run_says_that_options_are_of_no_use(invoke, here):
    invoke("fit", "t.csv", *SEARCH, "-o", "run")
    done = invoke("fit", "--seed", "1", "--resume", "run")
    assert done.exit_code == 0
    assert "DATA and options are not looked at" in done.stderr
    (here / "run" / "metrics.json").unlink()
    assert invoke("fit", "--resume", "run").exit_code == 3


@pytest.mark.parametrize("place", ["sklimg.choosing.fit_alone", "sklimg.crossval.fit_alone"])
def test_ctrl_c_behind_the_search_leaves_a_run_to_go_on_with(invoke, here, monkeypatch, place):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    words = ["--param", "alpha=0.1,1", "--param", "max_iter=5", "--folds", "2", "--jobs", "1"]
    whole = invoke("fit", "t.csv", *words, "-o", "whole")
    with monkeypatch.context() as patch:
        patch.setattr(place, interrupted)
        done = invoke("fit", "t.csv", *words, "-o", "run")
    assert done.exit_code == 130
    assert "10 of 10 fits in run; go on with: sklimg fit --resume run" in done.stderr
    again = invoke("fit", "--resume", "run")
    assert (again.exit_code, again.stdout) == (0, whole.stdout)
    for name in ("metrics.json", "model/SHA256SUMS"):
        assert (here / "run" / name).read_bytes() == (here / "whole" / name).read_bytes()


def test_an_unfinished_run_has_no_model_and_says_how_to_go_on(invoke, stopped):
    done = invoke("predict", "-m", "run", stdin="1,2")
    assert done.exit_code == 5
    assert "the run is not finished; go on with sklimg fit --resume run" in done.stderr


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--resume", "run", "-o", "b"], "--resume without -o and --name"),
        (["t.csv", "--max-time", "soon"], "expected a time such as 90s, 10m or 1h30m, got 'soon'"),
        (["t.csv", "--max-time", "0"], "expected a time such as"),
        (["t.csv", "--param", "alpha=1..2"], "got the span 1..2; name some, or let --search"),
        (["t.csv", "--param", "alpha=2..1"], "expected LOW..HIGH"),
        (["t.csv", "--search", "hyperband", "--model", "logistic"], "needs epochs"),
        (["t.csv", "--param", "alphas=1,2"], "did you mean 'alpha'"),
    ],
)
def test_what_cannot_be_meant_is_refused(invoke, here, words, part):
    done = invoke("fit", *words)
    assert done.exit_code == 2
    assert part in done.stderr


def test_the_time_is_kept_and_what_is_left_is_told(invoke, here):
    words = ["--param", "alpha=0.1,0.2,0.3,0.4,0.5", "--param", "max_iter=3", "--folds", "0"]
    done = invoke("fit", "t.csv", *words, "--max-time", "0.001s", "--jobs", "1", "-o", "run")
    assert done.exit_code == 0, done.stderr
    assert "the time was up with" in done.stderr
    assert "of 5 not tried" in done.stderr
    assert "not tried" in (here / "run" / "trials.csv").read_text()


def test_if_every_candidate_fails_nothing_is_left(invoke, here):
    rates = ["--param", "learning_rate_init=1e30,1e31", "--param", "learning_rate=constant"]
    done = invoke("fit", "t.csv", *rates, "--folds", "0", "--jobs", "1", "-o", "run")
    assert done.exit_code == 3
    assert "no candidate could be fitted: the loss became" in done.stderr
    assert not (here / "run").exists()


def test_hyperband_from_the_command(invoke, here):
    spans = {"hidden_layer_sizes": "4..16-8", "learning_rate_init": "0.001..0.1"}
    words = [word for name in spans for word in ("--param", f"{name}={spans[name]}")]
    words += ["--search", "hyperband", "--param", "max_iter=3", "--jobs", "1"]
    done = invoke("fit", "t.csv", *words, "--folds", "0", "-o", "run")
    assert done.exit_code == 0, done.stderr
    assert "hyperband: 5 candidates x 5 folds, in 2 brackets from 1 to 3 epochs" in done.stderr
    header = (here / "run" / "trials.csv").read_text().splitlines()[0]
    assert "bracket,epochs,mean_accuracy" in header
    config = json.loads((here / "run" / "config.json").read_text())
    assert config["grid"] == {f"classify__{name}": span for name, span in spans.items()}
    assert len((here / "run" / "history.csv").read_text().splitlines()) == 4
