"""The quick ways through a CSV and the exact one give the same."""

import io

import numpy as np

from sklimg.csvtable import looks_like_table, read_csv, write_csv


def test_quotes_change_the_way_but_not_the_result():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (50, 9), np.uint8)
    for layout in ("wide", "vector"):
        results = []
        for label in ("a", 'a"'):
            file = io.BytesIO()
            columns = {"label": [label] * 50, "path": ["p"] * 50}
            write_csv(file, pixels, columns, layout)
            file.seek(0)
            results.append(read_csv(file, "t"))
        np.testing.assert_array_equal(results[0][0], results[1][0])
        np.testing.assert_array_equal(results[0][0], pixels)
        assert results[1][1]["label"] == ['a"'] * 50


def test_a_map_is_no_table():
    assert not looks_like_table(b"path,label\n")
    assert not looks_like_table(b"\xff\xfe")
    assert looks_like_table(b"7,0,0,0,0\n")
