"""The card says what is known and that the rest is not; labels stay text."""

import json
import re
import shutil
import string

import pytest

from sklimg.errors import DataError
from sklimg.model import load
from sklimg.modelcard import model_card, write_card
from sklimg.runfiles import read_run
from tests.reports import write_run_files

HEADINGS = [
    "What it is for",
    "Data",
    "How it was split",
    "How good it is",
    "What its probabilities are worth",
    "Where it is weak",
    "Limits",
    "How to use it",
    "How to make it again",
]


@pytest.fixture
def run_dir(tmp_path):
    return write_run_files(tmp_path / "run")


def parts(card):
    """Return the sections by their heading."""
    found = re.split(r"^## (.+)$", card, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def assert_whole(card):
    assert list(parts(card)) == HEADINGS
    for heading, body in parts(card).items():
        assert body.strip(), heading
    assert not re.search(r"\bNone\b|\bnan\b|\{\w*\}|\|[ \t]*\|", card)
    assert not re.search(r"^- *$", card, flags=re.MULTILINE)
    assert not [m for m in string.Template.pattern.finditer(card) if m.group("named")]


def test_a_full_card(run_dir):
    card = model_card(read_run(run_dir))
    assert_whole(card)
    told = parts(card)
    assert "ab" * 32 in told["Data"]
    assert "| 10 | 20 |" in told["Data"]
    assert "45 training images, 15 test images" in told["How it was split"]
    assert "| baseline: most frequent | 0.3400 |" in told["How good it is"]
    assert "| 95 % interval |" in told["How good it is"]
    assert "over 5 folds" in told["How good it is"]
    assert "temperature of 1.50" in told["What its probabilities are worth"]
    assert "95 % interval of recall" in told["Where it is weak"]
    assert "It knows its 3 classes alone" in told["Limits"]
    assert "fewer than 10 images" in told["Limits"]
    assert f"sklimg predict -m {run_dir} IMAGE..." in told["How to use it"]
    assert f"sklimg.load({str(run_dir)!r})" in told["How to use it"]
    assert "--augment light --param alpha=0.1" in told["How to make it again"]


def test_what_is_not_known_is_said(run_dir):
    for name in ("environment.json", "rejects.csv", "pictures.npz"):
        (run_dir / name).unlink()
    metrics = json.loads((run_dir / "metrics.json").read_text())
    needed = ("accuracy", "accuracy_interval", "n_test", "n_test_images", "per_class")
    (run_dir / "metrics.json").write_text(json.dumps({key: metrics[key] for key in needed}))
    data = json.loads((run_dir / "data.json").read_text()) | {"path": None, "sha256": None}
    (run_dir / "data.json").write_text(json.dumps(data))
    card = model_card(read_run(run_dir))
    assert_whole(card)
    for sentence in (
        "SHA-256: not taken",
        "given from Python, as a table",
        "Plain rules were not tried",
        "No cross-validation was made",
        "was not judged",
        "was not measured",
        "No list of rejects was kept",
        "were not recorded",
        "no command makes the run again",
    ):
        assert sentence in card, sentence


def test_labels_are_text(run_dir):
    card = model_card(read_run(run_dir))
    prose = re.sub(r"^(```+).*?^\1$|(`+)[^`].*?\2", "", card, flags=re.MULTILINE | re.DOTALL)
    assert "<img" not in prose.replace(r"\<img", "")
    assert r"\</script\>\<img src=x onerror=alert(1)\>" in prose


def test_a_class_without_a_test_image_is_named(run_dir):
    data = json.loads((run_dir / "data.json").read_text())
    data["classes"]["rare_one"] = 2
    (run_dir / "data.json").write_text(json.dumps(data))
    limits = parts(model_card(read_run(run_dir)))["Limits"]
    assert r"No test image shows rare\_one; nothing is known" in limits
    assert "The largest class has 20 images, the smallest 2" in limits


@pytest.mark.parametrize(("group", "part"), [("none", "Limits"), ("exact", "Limits")])
def test_copies_that_were_not_kept_together_are_a_limit(run_dir, group, part):
    config = json.loads((run_dir / "config.json").read_text()) | {"group": group}
    (run_dir / "config.json").write_text(json.dumps(config))
    assert "Near copies were not kept on one side" in parts(model_card(read_run(run_dir)))[part]


def test_it_is_written_whole_or_not_at_all(run_dir):
    before = write_card(read_run(run_dir)).read_bytes()
    assert before.decode() == model_card(read_run(run_dir))
    (run_dir / "predictions.csv").unlink()
    with pytest.raises(DataError, match=r"predictions\.csv: no such file"):
        write_card(read_run(run_dir))
    assert (run_dir / "MODEL_CARD.md").read_bytes() == before


def test_a_fit_writes_one_whose_way_to_load_works(bars_run, tmp_path):
    shutil.copytree(bars_run.path, tmp_path / "run")
    card = (bars_run.path / "MODEL_CARD.md").read_text()
    assert_whole(card)
    (place,) = re.findall(r"sklimg\.load\('(.+)'\)", card)
    assert load(place).classes == ("2", "10", "a")
