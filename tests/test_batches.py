"""Many images at once."""

import threading
import time
import warnings

import numpy as np
import pytest
from PIL import Image

from sklimg import batches
from sklimg.batches import read_batches
from sklimg.errors import ImageError
from sklimg.images import encode_image, read_each, read_image
from sklimg.spec import ImageSpec
from sklimg.workers import Workers
from tests.builders import noise, write_images

WORKERS = [(1, "sequential"), (2, "threading"), (2, "loky")]


@pytest.fixture
def images(tmp_path):
    """150 small PNGs in order; the 71st is damaged, the 31st a JPEG of 300x200."""
    write_images(tmp_path, {f"{i:03d}.png": image for i, image in enumerate(noise(150))})
    (tmp_path / "070.png").write_bytes(b"GIF8")
    (tmp_path / "030.png").write_bytes(encode_image(noise(1, (300, 200))[0], "jpg"))
    return sorted(tmp_path.iterdir())


def read_all(files, spec, monkeypatch, workers):
    monkeypatch.setattr(batches, "_workers", lambda files, most: workers)
    return [read for batch in read_batches(files, spec, jobs=2) for read in batch]


@pytest.mark.parametrize("workers", WORKERS, ids=lambda w: w[1])
def test_batches_hold_what_each_image_becomes_in_order(images, monkeypatch, workers):
    spec = ImageSpec(side=5)
    monkeypatch.setattr(batches, "_BATCH", 40)
    reads = read_all(images, spec, monkeypatch, workers)
    assert len(reads) == 150
    for file, read in zip(images, reads, strict=True):
        if file.name == "070.png":
            assert isinstance(read, ImageError)
        else:
            assert (read[0] == read_image(file, spec)).all()


def test_large_images_are_decoded_one_at_a_time_and_stay_in_order(images, monkeypatch):
    """Those of more than 63 pixels count as large here: each by the thread that asks."""
    seen = []

    def watched(files, *rest):
        reads, thread = read_each(files, *rest), threading.current_thread().name
        seen.extend((f.name, r is not None, thread) for f, r in zip(files, reads, strict=True))
        return reads

    monkeypatch.setattr(batches, "_LARGE", 63)
    monkeypatch.setattr(batches, "read_each", watched)
    for file in images[::9]:
        Image.fromarray(noise(1, (8, 8), seed=int(file.stem))[0]).save(file)
    spec = ImageSpec(side=4)
    reads = read_all(images, spec, monkeypatch, (2, "threading"))
    for file, read in zip(images, reads, strict=True):
        if file.name != "070.png":
            np.testing.assert_array_equal(read[0], read_image(file, spec))
    large = {file.name for file in (*images[::9], images[30])}
    by_main = {name for name, done, thread in seen if done and thread == "MainThread"}
    assert by_main == large


def test_a_slow_reader_is_not_run_over(images, monkeypatch):
    """However slow the reader, only a window of batches is decoded ahead."""
    started = []
    monkeypatch.setattr(batches, "_workers", lambda files, most: (2, "threading"))
    monkeypatch.setattr(batches, "_BATCH", 1)
    monkeypatch.setattr(batches, "_WINDOW", 4)
    monkeypatch.setattr(batches, "read_each", lambda files, *_: started.append(files) or [()])
    reads = read_batches(images, ImageSpec(), jobs=2)
    for _ in range(3):
        next(reads)
    time.sleep(0.3)
    assert 3 <= len(started) <= 8
    assert len(list(reads)) == 147


def test_pillows_warnings_are_kept_quiet_and_filters_are_put_back(images, monkeypatch):
    def warned(files, *_):
        warnings.warn_explicit("odd", UserWarning, "x.py", 1, module="PIL.Image")
        return [()] * len(files)

    before = list(warnings.filters)
    monkeypatch.setattr(batches, "read_each", warned)
    assert len(read_all(images, ImageSpec(), monkeypatch, (2, "threading"))) == 150
    assert warnings.filters == before


@pytest.mark.parametrize(
    ("n_files", "n_bytes", "expected"),
    [
        (100, 600, (1, "sequential")),  # done before any worker has started
        (2_000, 20_000, (2, "threading")),  # photos: decoding leaves Python's lock alone
        (40, 4_000_000, (2, "threading")),
        (60_000, 600, (2, "loky")),  # tiles: most of the work holds the lock
    ],
)
def test_workers_are_chosen_by_the_bytes_to_decode(monkeypatch, n_files, n_bytes, expected):
    monkeypatch.setattr(batches, "_size", lambda file: n_bytes)
    assert batches._workers(["x"] * n_files, 2) == expected
    assert batches._workers(["x"] * n_files, 1) == (1, "sequential")


def test_batches_are_cut_by_bytes_too(monkeypatch):
    sizes = {"small": 100, "big": 5_000_000}
    monkeypatch.setattr(batches, "_size", sizes.get)
    cut = list(batches._cut(["big", *["small"] * 200, "big", "big"], ImageSpec()))
    assert [len(batch) for batch in cut] == [1, 128, 73, 1]
    wide = list(batches._cut(["small"] * 10, ImageSpec(side=1024, mode="RGB")))
    assert [len(batch) for batch in wide] == [1] * 10


@pytest.mark.parametrize("workers", WORKERS, ids=lambda w: w[1])
def test_a_reader_that_stops_early_hears_no_warning(images, monkeypatch, workers):
    monkeypatch.setattr(batches, "_workers", lambda files, most: workers)
    monkeypatch.setattr(batches, "_BATCH", 1)
    reads = read_batches(images, ImageSpec(), jobs=2)
    next(reads)
    reads.close()  # warnings, and errors in threads, fail a test


@pytest.mark.parametrize("jobs", [1, 2])
def test_workers_that_are_sent_bytes_read_the_same(images, monkeypatch, jobs):
    """Also what cannot be read, by its name; as a cluster's workers do."""
    spec = ImageSpec(side=5)
    missing = images[0].with_name("none.png")
    files = [*images, missing, images[0].parent]
    monkeypatch.setattr(batches, "_BATCH", 40)
    alone, sent = (
        [read for batch in read_batches(files, spec, how) for read in batch]
        for how in (1, Workers(jobs))
    )
    assert len(alone) == len(sent) == 152
    for one, other in zip(alone, sent, strict=True):
        if isinstance(one, ImageError):
            assert (str(one), one.code) == (str(other), other.code)
        else:
            np.testing.assert_array_equal(one[0], other[0])
            assert one[1] == other[1]
    assert sum(isinstance(read, ImageError) for read in sent) == 3
