"""A payload comes back whole from modules that are partly wrong, and from nothing else."""

import numpy as np
import pytest

from sklimg.codes import MOST_ROWS, code_room, code_rows, decode_code, encode_code
from sklimg.errors import UsageError

COLUMNS = 80


def spoilt(modules, n_bytes, rng):
    """Return modules with *n_bytes* bytes changed, the first row left alone."""
    body = np.packbits(modules[1:].ravel())
    places = rng.choice(len(body), n_bytes, replace=False)
    body[places] ^= rng.integers(1, 256, n_bytes, dtype=np.uint8)
    rest = np.unpackbits(body)[: modules[1:].size].reshape(modules[1:].shape)
    return np.concatenate([modules[:1], rest.astype(bool)])


@pytest.mark.parametrize("seed", range(30))
def test_a_payload_with_a_fifth_of_its_bytes_wrong_comes_back(seed):
    rng = np.random.default_rng(seed)
    columns = int(rng.choice([64, 80, 83]))
    payload = rng.bytes(int(rng.integers(0, 0.55 * 20 * columns // 8)))
    modules = encode_code(payload, columns)
    assert decode_code(modules) == payload
    total = modules[1:].size // 8
    if total <= 255:
        wrong = round(total * 0.42 / 2)
        assert decode_code(spoilt(modules, wrong, rng)) == payload


@pytest.mark.parametrize("length", [0, 1, code_room(MOST_ROWS, COLUMNS)])
def test_the_shortest_and_the_longest_payload(length):
    payload = bytes(range(256))[:length].ljust(length, b"x")
    modules = encode_code(payload, COLUMNS)
    assert modules.shape == (code_rows(length, COLUMNS), COLUMNS)
    assert decode_code(modules) == payload


def test_a_stain_over_two_blocks_is_forgiven():
    payload = b"x" * code_room(36, COLUMNS)
    modules = encode_code(payload, COLUMNS)
    modules[10:16, :60] = True
    assert decode_code(modules) == payload


def test_rows_below_the_code_are_left_aside():
    modules = np.concatenate([encode_code(b"abc", COLUMNS), np.zeros((7, COLUMNS), bool)])
    assert decode_code(modules) == b"abc"


def test_a_first_row_that_is_partly_wrong_is_known():
    modules = encode_code(b"abc", COLUMNS)
    modules[0, :12] ^= True
    assert decode_code(modules) == b"abc"


def test_too_many_errors_are_none():
    modules = encode_code(b"a payload", COLUMNS)
    for seed in range(50):
        rng = np.random.default_rng(seed)
        assert decode_code(spoilt(modules, len(modules[1:]) * 5, rng)) is None


def test_noise_is_none():
    rng = np.random.default_rng(0)
    for _ in range(200):
        assert decode_code(rng.random(rng.integers(0, 50, 2)) < 0.5) is None
    for share in (0, 1):
        assert decode_code(np.full((12, COLUMNS), share, bool)) is None


def test_the_first_row_alone_does_not_make_a_code():
    rng = np.random.default_rng(0)
    for seed in range(40):
        modules = encode_code(bytes(seed), COLUMNS)
        modules[1:] = rng.random(modules[1:].shape) < 0.5
        assert decode_code(modules) is None


def test_half_of_the_modules_are_black_whatever_they_hold():
    assert 0.4 < encode_code(bytes(100), COLUMNS).mean() < 0.6


def test_too_long_a_payload_names_the_limit():
    room = code_room(MOST_ROWS, COLUMNS)
    with pytest.raises(UsageError, match=f"expected at most {room} bytes, got {room + 1}"):
        encode_code(bytes(room + 1), COLUMNS)
