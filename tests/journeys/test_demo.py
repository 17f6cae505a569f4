"""The demo goes the whole way."""

import json

import numpy as np

from sklimg.duplicates import pixel_digests
from sklimg.images import read_pages
from sklimg.model import load


def test_it_ends_with_a_run(demo):
    here, done = demo
    assert done.returncode == 0, done.stderr
    metrics = json.loads((here / "demo" / "run" / "metrics.json").read_text())
    assert metrics["accuracy"] > 0.9
    assert metrics["n_test"] == 359
    assert done.stdout.startswith(f"test      accuracy {metrics['accuracy']:.3f} [")


def test_it_ends_with_the_models_answer_for_a_picture_it_never_saw(demo):
    here, done = demo
    assert "$ sklimg predict -m demo/run < demo/test-vector.csv" in done.stderr
    model = load(here / "demo" / "run")
    vector = np.loadtxt(here / "demo" / "test-vector.csv", delimiter=",", ndmin=2)
    assert model.predict(vector).tolist() == [done.stdout.splitlines()[-1]]
    assert not np.isin(pixel_digests(vector.astype(np.uint8)), model.seen).any()


def test_its_sheets_and_its_picture_can_be_seen(demo):
    here, _ = demo
    sheets = sorted((here / "demo" / "sheets").iterdir())
    assert len(sheets) == 10
    (sheet,) = read_pages(sheets[0])
    assert sheet.shape == (528, 968)
    (picture,) = read_pages(here / "demo" / "demo.png")
    assert picture.shape[2] == 3
