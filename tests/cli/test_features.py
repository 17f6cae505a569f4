"""Features, as one asks for them."""

import csv
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from sklimg.model import load_pipeline
from sklimg.table import write_table
from tests.builders import bars, write_images
from tests.networks import write_network

QUICK = ["--param", "max_iter=5", "--param", "hidden_layer_sizes=10", "--folds", "0"]
QUICK += ["--jobs", "1"]
pytestmark = pytest.mark.usefixtures("no_figures")


def lines_of(stderr, topic):
    return [line.split(maxsplit=1)[1] for line in stderr.splitlines() if line.startswith(topic)]


def photos(n=24, side=70, channels=(3,)):
    """Return pictures of two kinds, blurred noise in two colours, by path."""
    rng = np.random.default_rng(0)
    made = {}
    for i in range(n):
        coarse = rng.integers(0, 200, (7, 7, *channels))
        if channels:
            coarse[..., i % 2 * 2] = 250
        image = np.kron(coarse, np.ones((side // 7, side // 7, *[1 for _ in channels])))
        made[f"photos/{'blue' if i % 2 else 'red'}/{i}.png"] = image.astype(np.uint8)
    return made


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder with a table t.csv and photos in two colours."""
    monkeypatch.chdir(tmp_path)
    write_table(bars({"a": 14, "b": 14, "c": 14}, side=16), "t.csv")
    write_images(tmp_path, photos())
    return tmp_path


@pytest.mark.parametrize(
    ("options", "data", "steps"),
    [
        ([], "t.csv", "features: FeatureUnion"),
        (["--features", "pixels"], "t.csv", "scale: PixelScaler"),
        (["--features", "hog+pixels"], "t.csv", "features: FeatureUnion"),
    ],
)
def test_features_are_the_first_step(invoke, here, options, data, steps):
    done = invoke("fit", data, *QUICK, *options, "-o", "run")
    assert done.exit_code == 0, done.stderr
    assert json.loads(Path("run/model/manifest.json").read_bytes())["pipeline"][0] == steps
    assert json.loads(Path("run/config.json").read_bytes())["features"] == (
        options[1] if options else None
    )


def test_parameters_of_features_are_set_and_searched(invoke, here):
    words = ["--param", "features__hog__n_cells=2,3", "--param", "features__patches__n_patches=9"]
    done = invoke("fit", "t.csv", *QUICK, *words, "-o", "run")
    assert done.exit_code == 0, done.stderr
    with Path("run/trials.csv").open() as file:
        assert "features__hog__n_cells" in next(csv.reader(file))
    union = load_pipeline("run", trust=True)["features"].get_params()
    assert union["patches__n_patches"] == 9
    assert union["hog__n_cells"] in (2, 3)


def test_auto_says_why(invoke, here):
    done = invoke("fit", "t.csv", *QUICK, "--features", "auto", "-o", "run")
    assert done.exit_code == 0, done.stderr
    first, chosen = lines_of(done.stderr, "features")
    assert first == "auto: 5 presets x 5 folds = 25 fits, on 33 training images of 33"
    with Path("run/features.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["features"] == "pixels"
    (best,) = [row["features"] for row in rows if row["chosen"] == "True"]
    assert chosen.startswith(f"{best}: accuracy ")
    highest = max(rows, key=lambda row: float(row["accuracy"]))
    assert best == highest["features"]


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        (photos(), "64x64 colour"),
        (photos(side=42), "42x42 colour"),
        (photos(channels=()), "64x64 grey"),
        (photos(side=14), "28x28 colour"),
    ],
)
def test_photographs_keep_their_size_and_colours(invoke, here, pictures, expected):
    folder = here / "other"
    write_images(folder, pictures)
    done = invoke("fit", "other/photos", *QUICK, "-o", "run")
    assert done.exit_code == 0, done.stderr
    assert lines_of(done.stderr, "data")[0].startswith(f"other/photos: 24 images of {expected}")


def test_symbols_are_small_and_grey(invoke, here):
    image = np.full((60, 60, 3), 245, np.uint8)
    pictures = {}
    for i in range(20):
        one = image.copy()
        one[10:50, 20 + i : 26 + i] = [20, 20, 90] if i % 2 else [20, 20, 20]
        if i % 2:
            one[20 + i : 26 + i, 10:50] = 30
        pictures[f"ink/{i % 2}/{i}.png"] = one
    write_images(here, pictures)
    done = invoke("fit", "ink", *QUICK, "--group", "exact", "-o", "run")
    assert "28x28 grey" in lines_of(done.stderr, "data")[0]
    done = invoke("fit", "ink", *QUICK, "--size", "20", "--mode", "RGB", "-o", "run2")
    assert "20x20 colour" in lines_of(done.stderr, "data")[0]


def test_a_network_is_copied_and_needed_no_more(invoke, here):
    file = write_network(here / "n.onnx", shape=(1, 3, 20, 20))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    done = invoke("fit", "photos", *QUICK, "--features", "onnx:n.onnx", "-o", "run")
    assert done.exit_code == 0, done.stderr
    assert "24 images of 20x20 colour" in lines_of(done.stderr, "data")[0]
    kept = here / "run" / "model" / "backbone.onnx"
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == digest
    sums = (here / "run" / "model" / "SHA256SUMS").read_text()
    assert f"{digest}  backbone.onnx" in sums
    assert len((here / "run" / "model" / "pipeline.joblib").read_bytes()) < 60_000
    file.unlink()
    done = invoke("predict", "-m", "run", "photos/red/0.png")
    assert (done.exit_code, done.stdout) == (0, "red\n")
    assert load_pipeline("run", trust=True)["features"].cache is False
    kept.write_bytes(kept.read_bytes() + b"x")
    done = invoke("predict", "-m", "run", "photos/red/0.png")
    assert (done.exit_code, done.stdout) == (5, "")
    assert "backbone.onnx: damaged, it is not what was saved" in done.stderr
    kept.unlink()
    done = invoke("predict", "-m", "run", "photos/red/0.png")
    assert done.exit_code == 5
    assert "incomplete model" in done.stderr


@pytest.mark.long
def test_what_is_kept_and_how_many_processes_change_nothing(invoke, here):
    write_network(here / "n.onnx", shape=(1, 3, 20, 20))
    sums = set()
    options = [["--no-cache"], [], [], ["--jobs", "1"]]
    for k, more in enumerate(options):
        words = ["--features", "onnx:n.onnx", "--param", "alpha=0.001,0.1", "-o", f"run{k}"]
        done = invoke("fit", "photos", *QUICK, *words, *more)
        assert done.exit_code == 0, done.stderr
        sums.add((here / f"run{k}" / "metrics.json").read_bytes())
    assert len(sums) == 1


def test_a_network_that_changed_is_not_gone_on_with(invoke, here):
    file = write_network(here / "n.onnx", shape=(1, 3, 20, 20))
    words = ["--features", "onnx:n.onnx", "--param", "alpha=0.001,0.1"]
    assert invoke("fit", "photos", *QUICK, *words, "-o", "run").exit_code == 0
    for path in sorted((here / "run" / "model").iterdir()):
        path.unlink()
    (here / "run" / "model").rmdir()  # as if it had been killed before
    write_network(file, shape=(1, 3, 20, 20), metadata={"another": "one"})
    done = invoke("fit", "--resume", "run")
    assert done.exit_code == 5
    assert "it has changed; bring the file back, or fit anew" in done.stderr
    write_network(file, shape=(1, 3, 20, 20))
    assert invoke("fit", "--resume", "run").exit_code == 0


def test_a_cache_that_cannot_be_used_is_left_out(invoke, here, monkeypatch):
    write_network(here / "n.onnx", shape=(1, 3, 20, 20))
    (here / "sklimg").write_bytes(b"a file where a folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(here))
    done = invoke("fit", "photos", *QUICK, "--features", "onnx:n.onnx", "-o", "run")
    assert done.exit_code == 0, done.stderr
    assert lines_of(done.stderr, "warning")[0].endswith("--no-cache; going on without")


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (["t.csv", "--features", "hogs"], 2, "did you mean 'hog'?"),
        (["t.csv", "--features", "hog+colour"], 2, "expected images of three channels, got grey"),
        (["t.csv", "--tensor", "611"], 2, "--tensor: expected --features onnx:FILE beside it"),
        (["t.csv", "--no-cache"], 2, "--no-cache: expected --features onnx:FILE beside it"),
        (["t.csv", "--size", "20"], 2, "t.csv is a table of images of 16x16 grey; make it anew"),
        (["photos", "--size", "0"], 2, "--size"),
        (
            ["t.csv", "--features", "auto", "--param", "features__hog__n_cells=3"],
            2,
            "auto compares",
        ),
        (["t.csv", "--features", "auto", "--param", "features__hog__n_cells=3,4"], 2, "name one"),
        (["photos", "--features", "onnx:magic.onnx"], 5, "cannot run it"),
        (["t.csv", "--features", "onnx:t.csv"], 5, "t.csv: expected an ONNX file"),
        (["t.csv", "--features", "onnx:absent"], 5, "absent: cannot be read"),
        (["photos", "--features", "onnx:n.onnx", "--tensor", "maap"], 2, "none of the name 'maap'"),
        (["photos", "--features", "onnx:n.onnx", "--param", "features__views=3"], 2, "1, 2 or 4"),
        (
            ["t.csv", "--features", "onnx:n.onnx", "--normalise", "unit"]
            + ["--param", "features__normalise=unit"],
            2,
            "features__normalise stands twice",
        ),
    ],
)
def test_what_cannot_be_is_refused(invoke, here, words, code, part):
    write_network(here / "n.onnx", shape=(1, 3, 20, 20))
    write_network(here / "magic.onnx", shape=(1, 3, 20, 20), op="Magic", domain="nobody.knows")
    done = invoke("fit", *words, *QUICK, "-o", "run")
    assert done.exit_code == code, done.stderr
    assert part in done.stderr.splitlines()[-1]
    assert not (here / "run").exists()
