"""Features on disk are found by what they were made of."""

import multiprocessing

import numpy as np
import pytest

from sklimg.errors import OutputError
from sklimg.featurestore import FeatureStore, cache_file, row_keys


@pytest.fixture
def store(tmp_path):
    return FeatureStore(tmp_path / "below" / "features.sqlite")


def test_what_is_put_is_got(store):
    rows = np.random.default_rng(0).normal(size=(1200, 7)).astype(np.float32)
    keys = [bytes([i % 256, i // 256]) for i in range(1200)]
    assert store.get(keys) == {}
    store.put(keys, rows)
    found = store.get([b"none", *keys])
    np.testing.assert_array_equal(np.stack([found[key] for key in keys]), rows)
    store.put(keys[:1], rows[1:2])
    np.testing.assert_array_equal(store.get(keys[:1])[keys[0]], rows[1])


def test_the_oldest_half_goes(tmp_path):
    store = FeatureStore(tmp_path / "f.sqlite", most_bytes=8 * 4 * 100)
    keys = [bytes([i]) for i in range(150)]
    for i, key in enumerate(keys):
        store.put([key], np.full((1, 8), i, np.float32))
    found = store.get(keys)
    assert 50 <= len(found) <= 100
    assert set(found) == set(keys[-len(found) :])


def _put(file, k):
    store = FeatureStore(file)
    for i in range(20):
        store.put([bytes([k, i])], np.full((1, 4), k, np.float32))


def test_processes_may_share_it(store):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_put, args=(store.file, k)) for k in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert len(store.get([bytes([k, i]) for k in range(3) for i in range(20)])) == 60


def test_a_damaged_file_is_named(tmp_path):
    file = tmp_path / "f.sqlite"
    file.write_bytes(b"no data base, but long enough to be looked at" * 99)
    with pytest.raises(OutputError, match=r"f\.sqlite: the kept features .*--no-cache"):
        FeatureStore(file).get([b"a"])


def test_a_place_that_cannot_be_is_named(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be used"):
        FeatureStore(tmp_path / "file" / "f.sqlite").get([b"a"])


def test_a_put_that_fails_leaves_what_was_there(store):
    store.put([b"a"], np.ones((1, 2), np.float32))
    with pytest.raises(ValueError, match="zip"):
        store.put([b"b", b"c", b"d"], np.ones((2, 2), np.float32))
    assert list(store.get([b"a", b"b", b"c"])) == [b"a"]


def test_keys_tell_rows_and_ways_apart():
    X = np.random.default_rng(0).integers(0, 256, (4, 9), np.uint8)
    X[3] = X[0]
    keys = row_keys(X, "one way")
    assert len(set(keys)) == 3
    assert keys[0] == keys[3] == row_keys(X[:1], "one way")[0]
    assert not set(keys) & set(row_keys(X, "another"))


def test_the_place_is_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_file() == tmp_path / "sklimg" / "features.sqlite"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # is to be ignored
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "darwin")
    assert cache_file() == tmp_path / "Library/Caches/sklimg/features.sqlite"
    monkeypatch.setattr("sys.platform", "linux")
    assert cache_file() == tmp_path / ".cache/sklimg/features.sqlite"
