"""Killed at any moment, a command leaves nothing, the old thing or the new one: the long form."""

import shutil
import time

import numpy as np
import pytest

from tests.builders import noise, run_sklimg, write_images
from tests.kills import each_kill, killed

N_KILLS = 50
PARTS = ("", ".json", ".rejects.csv")


@pytest.mark.long
def test_kills_of_make_csv_at_random_moments(shared, tmp_path, seed, case):
    words = ["make-csv", str(shared / "animals"), "-o"]
    start = time.perf_counter()
    assert run_sklimg(*words, "whole.csv", cwd=tmp_path).returncode == 0
    whole_seconds = time.perf_counter() - start
    assert run_sklimg(*words, "old.csv", "--size", "4", cwd=tmp_path).returncode == 0
    old, new = ((tmp_path / name).read_bytes() for name in ("old.csv", "whole.csv"))
    out, n_killed, rng = tmp_path / "t.csv", 0, np.random.default_rng(seed)
    while n_killed < N_KILLS:
        before = (None, old)[n_killed % 2]
        out.unlink(missing_ok=True) if before is None else out.write_bytes(before)
        after = rng.uniform(0.05, 1.05) * whole_seconds
        if not killed([*words, "t.csv"], after, tmp_path):
            continue
        n_killed += 1
        left = out.read_bytes() if out.exists() else None
        case(left in (before, new), f"kill {n_killed} after {after:.3f} s")
    assert run_sklimg(*words, "t.csv", cwd=tmp_path).returncode == 0
    case(out.read_bytes() == new, "the undisturbed run")
    case(not list(tmp_path.glob(".*")), "what is left beside it")


@pytest.mark.long
@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.npz"])
@pytest.mark.parametrize("stands", ["nothing", "old", "appended"])
def test_a_kill_of_make_csv_at_every_call(tmp_path, case, name, stands):
    write_images(tmp_path, {f"photos/{i}.png": image for i, image in enumerate(noise(3))})
    files = [tmp_path / f"{name}{part}" for part in PARTS]
    words = ["make-csv", "--size", "4", "--jobs", "1", "-o", name]
    all_words = [*words, "photos", *(["--append"] if stands == "appended" else [])]
    if stands != "nothing":
        assert run_sklimg(*words, "photos/0.png", cwd=tmp_path).returncode == 0
    old = [file.read_bytes() if file.exists() else None for file in files]
    assert run_sklimg(*all_words, cwd=tmp_path).returncode == 0
    new = [file.read_bytes() for file in files]

    def put_old():
        for file, content in zip(files, old, strict=True):
            file.unlink(missing_ok=True) if content is None else file.write_bytes(content)

    put_old()
    for call in each_kill(all_words, tmp_path):
        left = [file.read_bytes() if file.exists() else None for file in files]
        is_each = all(one in two for one, *two in zip(left, old, new, strict=True))
        case(is_each and (left[0] != new[0] or left == new), call)
        case(call != "none" or left == new, "the undisturbed run")
        put_old()
    case(not list(tmp_path.glob(".*")), "what is left beside it")


@pytest.mark.long
def test_a_kill_of_split_images_at_every_call(tmp_path, case):
    write_images(tmp_path, {"sheet.png": noise(1, (8, 8))[0]})
    words = ["split-images", "sheet.png", "--rows", "2", "--cols", "2", "-o"]
    assert run_sklimg(*words, "whole", cwd=tmp_path).returncode == 0

    def contents(folder):
        return {file.name: file.read_bytes() for file in folder.iterdir()}

    whole, out = contents(tmp_path / "whole"), tmp_path / "tiles"
    for call in each_kill([*words, "tiles"], tmp_path):
        case(contents(out) == whole if out.exists() else call != "none", call)
        shutil.rmtree(out, ignore_errors=True)
    case(not list(tmp_path.glob(".*")), "what is left beside it")
