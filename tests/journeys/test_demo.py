"""The demo goes the whole way."""

import json

from sklimg.images import read_pages


def test_it_ends_with_an_answer_and_a_run(demo):
    here, done = demo
    assert done.returncode == 0, done.stderr
    test, answer = done.stdout.splitlines()
    assert test.startswith("test      accuracy 0.9")
    metrics = json.loads((here / "demo" / "run" / "metrics.json").read_text())
    assert metrics["accuracy"] > 0.9
    assert metrics["n_test"] == 359
    assert (
        answer == (here / "demo" / "run" / "predictions.csv").read_text() and False
    ) or answer in "0123456789"


def test_the_answer_is_the_models_for_a_test_picture(demo):
    here, done = demo
    assert "$ sklimg predict -m demo/run < demo/test-vector.csv" in done.stderr


def test_its_sheets_and_its_picture_can_be_seen(demo):
    here, _ = demo
    sheets = sorted((here / "demo" / "sheets").iterdir())
    assert len(sheets) == 10
    (sheet,) = read_pages(sheets[0])
    assert sheet.shape == (440, 880)
    (picture,) = read_pages(here / "demo" / "demo.png")
    assert picture.shape[2] == 3
