"""predict, as one types it and as programs pipe into it."""

import csv
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler

from sklimg.images import encode_image
from sklimg.table import write_table
from sklimg.training import fit
from tests.builders import bars
from tests.forged import changed


@pytest.fixture(scope="module")
def vectors(bars_table):
    """Vectors of a 2, a 10 and an a, as people write them."""
    return [",".join(map(str, bars_table.pixels[i])) for i in (0, 20, 40)]


@pytest.fixture
def pictures(bars_table, tmp_path):
    """A folder with pictures of a 2, a 10 and an a, named 1, 2 and 10."""
    for name, i in (("1", 0), ("2", 20), ("10", 40)):
        data = encode_image(bars_table.pixels[i].reshape(8, 8))
        (tmp_path / f"{name}.png").write_bytes(data)
    return tmp_path


def test_vectors_are_answered_by_bare_labels(invoke, bars_run, vectors):
    text = "\n".join([vectors[0], vectors[1].replace(",", ";"), f'"{vectors[2]}"'])
    done = invoke("predict", "-m", bars_run.path, stdin=text)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "2\n10\na\n", "")


def test_each_line_is_answered_as_it_comes(bars_run, vectors):
    command = [sys.executable, "-m", "sklimg", "predict", "-m", str(bars_run.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        for vector, label in zip(vectors, ("2", "10", "a"), strict=True):
            run.stdin.write(vector + "\n")
            run.stdin.flush()
            assert run.stdout.readline() == label + "\n"  # before the end of the input
        run.stdin.close()
    assert run.returncode == 0


def test_bad_lines_are_named_and_good_ones_answered(invoke, bars_run, vectors):
    text = "\n".join([vectors[0], vectors[1].partition(",")[2], "", "x" + vectors[1], vectors[2]])
    done = invoke("predict", "-m", bars_run.path, stdin=text)
    assert (done.exit_code, done.stdout) == (4, "2\na\n")
    rejected = done.stderr.splitlines()
    assert rejected[0].startswith("rejected: stdin, line 2: expected 64 pixels, got 6")
    assert rejected[1].startswith("rejected: stdin, line 4, pixel0: expected a whole number")


def test_if_all_is_bad_each_is_named_once(invoke, bars_run):
    done = invoke("predict", "-m", bars_run.path, stdin="1\n1,2\n1,2,3\n")
    lines = done.stderr.splitlines()
    assert [line.split(":")[0] for line in lines] == ["rejected"] * 3 + ["error"]
    assert [line.split("got ")[1][0] for line in lines[:3]] == ["1", "2", "3"]
    assert "none of 3 inputs could be read; the first: stdin, line 1" in lines[3]


@pytest.mark.parametrize(
    ("stdin", "part"),
    [
        ("1,2,3\n", "stdin, line 1: expected 64 pixels, got 3"),
        ("", "expected a vector or an image, got nothing"),
        (b"\x89PNG not really", "damaged PNG: its header cannot be read"),
    ],
)
def test_nothing_to_answer_is_exit_3(invoke, bars_run, stdin, part):
    done = invoke("predict", "-m", bars_run.path, stdin=stdin)
    assert (done.exit_code, done.stdout) == (3, "")
    assert part in done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


def test_values_scaled_to_one_are_called_out(invoke, bars_run):
    done = invoke("predict", "-m", bars_run.path, stdin=",".join(["1"] * 64))
    assert "no value is above 1" in done.stderr


def test_an_image_on_stdin(invoke, bars_run, pictures):
    data = (pictures / "2.png").read_bytes()
    assert invoke("predict", "-m", bars_run.path, stdin=data).stdout == "10\n"
    assert invoke("predict", "-m", bars_run.path, "-", stdin=data).stdout == "10\n"


def test_one_image_is_a_bare_label_and_several_are_a_table(invoke, bars_run, pictures):
    assert invoke("predict", "-m", bars_run.path, pictures / "10.png").stdout == "a\n"
    files = [pictures / "1.png", pictures / "2.png"]
    rows = [
        r.split("\t") for r in invoke("predict", "-m", bars_run.path, *files).stdout.split("\n")
    ]
    assert [row[:2] for row in rows[:2]] == [[str(files[0]), "2"], [str(files[1]), "10"]]
    assert 0.5 < float(rows[0][2]) <= 1


def test_a_folder_is_answered_in_natural_order(invoke, bars_run, pictures):
    lines = invoke("predict", "-m", bars_run.path, pictures).stdout.splitlines()
    names = [line.split("\t")[0] for line in lines]
    assert names == [str(pictures / f"{name}.png") for name in (1, 2, 10)]


def test_a_table_is_answered_row_by_row(invoke, bars_run, bars_table, tmp_path):
    write_table(bars_table, tmp_path / "t.csv")
    done = invoke("predict", "-m", bars_run.path, tmp_path / "t.csv", "--format", "csv")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert list(rows[0]) == ["input", "label", "probability", "rejected"]
    assert [row["label"] for row in rows] == bars_table.labels.tolist()
    assert (rows[0]["input"], rows[0]["rejected"]) == ("row 1", "false")


def test_the_top_classes(invoke, bars_run, pictures):
    words = ["predict", "-m", bars_run.path, pictures / "1.png", "--top", 2]
    answer = json.loads(invoke(*words, "--format", "jsonl").stdout)
    assert answer["top"][0]["label"] == answer["label"] == "2"
    assert len(answer["top"]) == 2
    (row,) = csv.DictReader(invoke(*words, "--format", "csv").stdout.splitlines())
    assert (row["label"], row["label2"]) == tuple(top["label"] for top in answer["top"])
    assert len(invoke(*words).stdout.split("\t")) == 5


def test_more_classes_than_there_are(invoke, bars_run, pictures):
    done = invoke(
        "predict", "-m", bars_run.path, pictures / "1.png", "--top", 9, "--format", "jsonl"
    )
    tops = json.loads(done.stdout)["top"]
    assert np.sum([top["probability"] for top in tops]) == pytest.approx(1)


def test_a_bad_image_among_good_ones_is_exit_4(invoke, bars_run, pictures):
    (pictures / "3.png").write_text("no picture")
    done = invoke("predict", "-m", bars_run.path, pictures)
    assert (done.exit_code, len(done.stdout.splitlines())) == (4, 3)
    assert "3.png: expected PNG" in done.stderr


def test_a_bad_input_among_good_ones_does_not_end_it(invoke, bars_run, pictures, tmp_path):
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    write_table(bars({"a": 2}, side=4), tmp_path / "small.csv")
    words = [pictures / "1.png", tmp_path / "bad.csv", tmp_path / "small.csv", pictures / "2.png"]
    done = invoke("predict", "-m", bars_run.path, *words)
    assert (done.exit_code, len(done.stdout.splitlines())) == (4, 2)
    assert "bad.csv: expected a map" in done.stderr
    assert "small.csv: expected images of 64 pixels" in done.stderr


def test_an_empty_folder_is_exit_3(invoke, bars_run, tmp_path):
    done = invoke("predict", "-m", bars_run.path, tmp_path)
    assert (done.exit_code, done.stderr) == (3, f"error: {tmp_path}: expected images, found none\n")


def test_bare_vectors_in_a_file(invoke, bars_run, vectors, tmp_path):
    (tmp_path / "v.csv").write_text("\n".join(vectors) + "\n")
    done = invoke("predict", "-m", bars_run.path, tmp_path / "v.csv")
    assert [line.split("\t")[1] for line in done.stdout.splitlines()] == ["2", "10", "a"]


def test_a_header_of_numbers_is_not_answered(invoke, bars_run, vectors):
    text = ",".join(map(str, range(64))) + "\n" + vectors[1]
    done = invoke("predict", "-m", bars_run.path, stdin=text)
    assert (done.exit_code, done.stdout) == (0, "10\n")
    assert "line 1: taken as a header of numbers" in done.stderr


def test_a_byte_order_mark_and_blank_lines_lead(invoke, bars_run, vectors):
    text = b"\n\xef\xbb\xbf" + vectors[0].encode()
    assert invoke("predict", "-m", bars_run.path, stdin=text).stdout == "2\n"


@pytest.mark.parametrize(
    ("model", "part"), [("absent", "absent: expected a model"), (".", "expected a run folder")]
)
def test_a_model_that_is_none_is_exit_5(invoke, tmp_path, monkeypatch, model, part):
    monkeypatch.chdir(tmp_path)
    done = invoke("predict", "-m", model, stdin="1")
    assert done.exit_code == 5
    assert part in done.stderr


@pytest.mark.parametrize(("form", "shown"), [("text", "unknown"), ("csv", "true")])
def test_an_answer_that_is_too_unsure_is_unknown(invoke, bars_run, pictures, form, shown):
    words = ["predict", "-m", bars_run.path, "--format", form, pictures, "--reject"]
    assert shown not in invoke(*words, "0").stdout
    lines = invoke(*words, "1").stdout.splitlines()
    assert all(shown in line for line in lines[-3:])


def test_a_bare_answer_is_unknown(invoke, bars_run, vectors):
    done = invoke("predict", "-m", bars_run.path, "--reject", "1", stdin=vectors[0])
    assert (done.exit_code, done.stdout) == (0, "unknown\n")
    done = invoke(
        "predict", "-m", bars_run.path, "--reject", "1", "--format", "jsonl", stdin=vectors[0]
    )
    told = json.loads(done.stdout)
    assert (told["label"], told["rejected"]) == ("2", True)  # what it would have been


def test_the_models_own_threshold(invoke, bars_run, vectors, tmp_path):
    """48 images held back, all read right, are one too few to promise 2 %."""
    done = invoke("predict", "-m", bars_run.path, "--reject", "auto", stdin=vectors[0])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--reject auto: too few images held back" in done.stderr
    run = shutil.copytree(bars_run.path, tmp_path / "run")
    changed(run, threshold=0.5)
    assert invoke("predict", "-m", run, "--reject", "auto", stdin=vectors[0]).stdout == "2\n"
    changed(run, threshold=1.0)
    assert invoke("predict", "-m", run, "--reject", "auto", stdin=vectors[0]).stdout == "unknown\n"


@pytest.mark.parametrize("value", ["2", "-0.1", "often"])
def test_a_threshold_that_is_none(invoke, bars_run, value):
    done = invoke("predict", "-m", bars_run.path, "--reject", value, stdin="")
    assert done.exit_code == 2
    assert "'--reject'" in done.stderr


def test_paths_are_answered_as_they_come(bars_run, pictures):
    command = [sys.executable, "-m", "sklimg", "predict", "-m", str(bars_run.path), "--paths", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        for name, label in (("10", "a"), ("1", "2")):
            run.stdin.write(f"{pictures / name}.png\n")
            run.stdin.flush()
            line = run.stdout.readline()  # before the end of the input
            assert line.startswith(f"{pictures / name}.png\t{label}\t")
        run.stdin.close()
    assert run.returncode == 0


def test_a_path_that_is_none_is_named(invoke, bars_run, pictures):
    lines = f"{pictures}/1.png\n\n{pictures}/absent.png\r\n{pictures}/2.png\n"
    done = invoke("predict", "-m", bars_run.path, "--paths", "-", stdin=lines)
    assert done.exit_code == 4
    assert [line.split("\t")[1] for line in done.stdout.splitlines()] == ["2", "10"]
    assert "absent.png: no such file" in done.stderr
    done = invoke("predict", "-m", bars_run.path, "--paths", "-", pictures, stdin=lines)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--paths: expected no INPUT" in done.stderr


def test_a_score_of_what_was_not_trained_on(invoke, bars_run, bars_table, tmp_path):
    write_table(bars({"2": 10, "10": 10, "b": 3}, seed=9), tmp_path / "new.csv")
    done = invoke("predict", "-m", bars_run.path, "--score", tmp_path / "new.csv")
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 23
    assert done.stderr == (
        "score: accuracy 0.870 [0.679, 0.955] on 23 images\n"  # b is no class of the model
    )
    write_table(bars_table, tmp_path / "old.csv")
    done = invoke("predict", "-m", bars_run.path, "--score", tmp_path / "old.csv")
    assert "on 12 images; left out: 48 images that it was trained on" in done.stderr


def test_without_labels_there_is_no_score(invoke, bars_run, pictures):
    done = invoke("predict", "-m", bars_run.path, "--score", pictures)
    assert (done.exit_code, len(done.stdout.splitlines())) == (0, 3)
    assert done.stderr.endswith(
        "warning: there is nothing to score: no label that the model knows\n"
    )
    done = invoke("predict", "-m", bars_run.path, "--score", stdin="1")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--score: expected INPUT or --paths with labels" in done.stderr


def test_what_is_asked_of_arrays_needs_no_scikit_learn(
    bars_run, vectors, pictures, bars_table, tmp_path
):
    """Whether it is asked by a vector, an image, a folder or a table."""
    write_table(bars_table, tmp_path / "t.csv")
    code = (
        "import sys\n"
        "from sklimg.cli import main\n"
        "try:\n"
        "    main(sys.argv[1:])\n"
        "except SystemExit:\n"
        "    heavy = ('sklearn', 'scipy', 'pandas', 'joblib', 'matplotlib')\n"
        "    print([name for name in heavy if name in sys.modules])\n"
    )
    for words in ([], [pictures / "1.png"], [pictures], [tmp_path / "t.csv"]):
        command = [sys.executable, "-c", code, "predict", "-m", bars_run.path, *words]
        done = subprocess.run(command, input=vectors[0], capture_output=True, text=True, check=True)
        assert done.stdout.endswith("[]\n"), (words, done.stdout, done.stderr)


def test_a_pipeline_is_opened_only_if_it_is_trusted(invoke, bars_table, vectors, tmp_path):
    params = {"centre": MinMaxScaler(), "hidden_layer_sizes": (9,)}
    run = fit(bars_table, params=params, folds=0, out=tmp_path / "run")
    words = ["predict", "-m", run.path]
    done = invoke(*words, stdin=vectors[0])
    assert (done.exit_code, done.stdout) == (5, "")
    assert "predict --trust" in done.stderr
    done = invoke(*words, "--trust", stdin=vectors[0])
    assert (done.exit_code, done.stdout, done.stderr) == (0, "2\n", "")


def test_an_answer_as_sure_as_asked_for_is_given(invoke, bars_run, vectors):
    words = ["predict", "-m", bars_run.path, "--format", "jsonl"]
    probability = json.loads(invoke(*words, stdin=vectors[0]).stdout)["probability"]
    for reject, is_rejected in ((probability, False), (np.nextafter(probability, 1), True)):
        done = invoke(*words, "--reject", repr(float(reject)), stdin=vectors[0])
        assert json.loads(done.stdout)["rejected"] == is_rejected
    done = invoke(*words, "--reject", "nan", stdin=vectors[0])
    assert (done.exit_code, done.stdout) == (2, "")


def test_a_score_leaves_unknown_out_and_counts_copies_once(invoke, bars_run, tmp_path):
    new = bars({"2": 10, "10": 10}, seed=9)
    write_table(new.take(np.repeat(np.arange(20), [30] + [1] * 19)), tmp_path / "new.csv")
    done = invoke("predict", "-m", bars_run.path, "--score", tmp_path / "new.csv")
    assert done.stderr == "score: accuracy 1.000 [0.839, 1.000] on 49 images in 20 groups\n"
    done = invoke("predict", "-m", bars_run.path, "--score", "--reject", "1", tmp_path / "new.csv")
    assert done.stderr == ('warning: there is nothing to score: 49 images answered "unknown"\n')


def test_a_class_called_unknown_is_warned_of(invoke, vectors, tmp_path):
    run = fit(bars({"2": 20, "unknown": 20}), model="logistic", folds=0, out=tmp_path / "run")
    words = ["predict", "-m", run.path, "--reject", "0.5"]
    assert 'a class is called "unknown"' in invoke(*words, stdin=vectors[0]).stderr
    assert invoke(*words, "--format", "csv", stdin=vectors[0]).stderr == ""


def test_a_closed_stdin_is_nothing(bars_run):
    command = f"{sys.executable} -m sklimg predict -m '{bars_run.path}' <&-"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("error: stdin: expected a vector or an image")
