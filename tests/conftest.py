"""Fixtures: everything is made here; real data is found by SKLIMG_SHARED."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import settings
from PIL import Image

from sklimg.cli import main
from sklimg.descent import Descent
from sklimg.sources import read_images
from sklimg.spec import ImageSpec
from sklimg.table import write_table
from sklimg.tiles import cut_sheets
from sklimg.training import fit
from tests.builders import bars, noise, write_images
from tests.drawn import draw_sheet

settings.register_profile("sklimg", deadline=None)  # a timing is never a test
settings.load_profile("sklimg")

FIGURES = "sklimg.runwriter.run_plots"  # they take most of the time of a small run
SLOW = ("journeys", "reliability", "serve", "cli")  # folders of tests, the slowest first


def pytest_addoption(parser):
    """The long proofs are asked for by themselves; tools/prove.py does."""
    parser.addoption("--long", action="store_true", help="run the long proofs, and these alone")
    parser.addoption("--seed", type=int, default=0, help="of what the long proofs draw")


def pytest_collection_modifyitems(config, items):
    is_long = config.getoption("--long")
    other = [item for item in items if bool(item.get_closest_marker("long")) != is_long]
    config.hook.pytest_deselected(items=other)
    items[:] = [item for item in items if bool(item.get_closest_marker("long")) == is_long]
    # the slowest first: else one process is left alone with them in the end
    places = {name: place for place, name in enumerate(SLOW)}
    items.sort(key=lambda item: places.get(item.path.parent.name, len(places)))


@pytest.fixture
def seed(request):
    """Of what a long proof draws; another one with every --seed."""
    return request.config.getoption("--seed")


@pytest.fixture
def case(record_property):
    """Tell of each case of a long proof whether it is right; wrong ones fail it in the end."""
    told = []
    yield lambda is_right, what: told.append("" if is_right else what)
    wrong = [what for what in told if what]
    record_property("cases", len(told))
    record_property("failures", len(wrong))
    assert not wrong, f"{len(wrong)} of {len(told)} cases: {wrong[:5]}"


@pytest.fixture(scope="session")
def shared():
    """The folder of real data sets; tests that need it are skipped without it."""
    folder = os.environ.get("SKLIMG_SHARED")
    if not folder:
        pytest.skip("SKLIMG_SHARED is not set: real data is not at hand")
    return Path(folder) / "data"


@pytest.fixture(scope="session")
def shared_model():
    """A network that others have trained; tests that need it are skipped without it."""
    folder = os.environ.get("SKLIMG_SHARED")
    if not folder:
        pytest.skip("SKLIMG_SHARED is not set: no network is at hand")
    return Path(folder) / "models" / "shufflenet-v2-12-int8.onnx"


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Features that tests keep stand in a folder of their own."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = before


@pytest.fixture
def sheet_file(tmp_path):
    """A 2x3 sheet of 4x4 tiles on disk; tile k is flat grey 40 * k."""
    greys = (40 * np.arange(6, dtype=np.uint8)).reshape(2, 3)
    path = tmp_path / "sheet.png"
    Image.fromarray(np.kron(greys, np.ones((4, 4), np.uint8))).save(path)
    return path


@pytest.fixture(scope="session")
def bars_table():
    """60 images of 8x8 pixels in three classes, 2, 10 and a, that any classifier learns."""
    return bars({"2": 20, "10": 20, "a": 20})


@pytest.fixture(scope="session")
def bars_run(bars_table, tmp_path_factory):
    """A run folder fitted to the bars, without a search."""
    out = tmp_path_factory.mktemp("runs") / "bars"
    return fit(bars_table, out=out)


@pytest.fixture(scope="module")
def no_figures(bars_run):
    """Leave the figures out of run folders: they take most of the time and are tested elsewhere.

    But not out of the run that others share, which is made first.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FIGURES, lambda run: {})
        yield


@pytest.fixture(scope="session")
def run_with_table(tmp_path_factory):
    """A run of bars in classes 2 and 10, of a table that stands beside it."""
    place = tmp_path_factory.mktemp("kept")
    write_table(bars({"2": 30, "10": 30}), place / "bars.npz")
    fit(place / "bars.npz", out=place / "run", params={"max_iter": 10}, folds=0)
    return place / "run"


@pytest.fixture
def interrupt_in(monkeypatch):
    """Let Ctrl-C fall into an epoch of the next training, after its steps."""

    def interrupt_in(epoch):
        plain, seen = Descent.epoch, []

        def interrupted(self, *args):
            done = plain(self, *args)
            seen.append(1)
            if len(seen) == epoch:
                raise KeyboardInterrupt
            return done

        monkeypatch.setattr(Descent, "epoch", interrupted)

    return interrupt_in


@pytest.fixture
def photos(tmp_path):
    """A folder: classes 2 and 10, two images each, class 10 one level deeper."""
    names = ("2/b.png", "2/a.png", "deep/10/c.png", "deep/10/d.png")
    return write_images(tmp_path / "photos", dict(zip(names, noise(4), strict=True)))


@pytest.fixture
def invoke():
    """Run the command in this process: invoke("make-csv", ...) gives click's result."""

    def run(*words, stdin=None):
        return CliRunner().invoke(main, [str(word) for word in words], input=stdin)

    return run


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory):
    """A run fitted to the clean tiles of three drawn sheets of 8x10 digits."""
    here = tmp_path_factory.mktemp("digits")
    for number in range(3):
        sheet = draw_sheet(100 + number, (8, 10), "thin")
        Image.fromarray(sheet.pixels).save(here / f"{number}.png")
        labels = sheet.labels
        cut_sheets([here / f"{number}.png"], (8, 10), here / f"tiles{number}", find=True,
                   labels=labels, clean=True)  # fmt: skip
    spec = ImageSpec(invert="auto", clean="auto")
    table = read_images([here / f"tiles{number}" for number in range(3)], spec).table
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FIGURES, lambda run: {})
        return fit(table, out=here / "run", folds=0)


@pytest.fixture(scope="session")
def runs_to_compare(tmp_path_factory):
    """Two runs on the same images, "weak" and "good", and one on "other" images."""
    place = tmp_path_factory.mktemp("compared")
    table, how = bars({"a": 40, "b": 40}), {"model": "logistic", "folds": 0}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FIGURES, lambda run: {})
        fit(table, out=place / "weak", params={"C": 0.5}, **how)
        fit(table, out=place / "good", **how)
        fit(bars({"a": 30, "b": 30}, seed=7), out=place / "other", **how)
    return place


@pytest.fixture
def compared(runs_to_compare, tmp_path, monkeypatch):
    """Copies of these runs in the current folder, free to be changed."""
    for path in runs_to_compare.iterdir():
        shutil.copytree(path, tmp_path / path.name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def playwright():
    """What drives a browser, with an event loop of its own while a module needs it."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as started:
        yield started
