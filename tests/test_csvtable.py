"""The quick ways through a CSV and the exact one give the same."""

import io

import numpy as np

from sklimg import csvtable
from sklimg.csvtable import read_blocks, write_header, write_rows
from sklimg.layouts import new_layout


def test_quotes_change_the_way_but_not_the_result():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (50, 9), np.uint8)
    for layout in ("wide", "vector"):
        results = []
        for label in ("a", 'a"'):
            file = io.BytesIO()
            columns = {"label": [label] * 50, "path": ["p"] * 50}
            laid_out = new_layout(layout, 9, ())
            write_header(file, laid_out)
            write_rows(file, laid_out, pixels, columns)
            file.seek(0)
            results += read_blocks(file, "t")
        np.testing.assert_array_equal(results[0][0], results[1][0])
        np.testing.assert_array_equal(results[0][0], pixels)
        assert results[1][1]["label"] == ['a"'] * 50


def test_a_quote_that_is_never_closed_is_read_in_one_go():
    """Each line is looked at once, however many follow."""
    head = b"label,pixel0,pixel1,pixel2,pixel3\n"
    text = head + b'12" disk,1,2,3,4\n' + b"a,1,2,3,4\n" * 500_000

    class Counting(io.BytesIO):
        n_bytes = 0

        def readline(self, *words):
            line = super().readline(*words)
            self.n_bytes += len(line)
            return line

    file = Counting(text)
    rows = sum(len(pixels) for pixels, _ in read_blocks(file, "t"))
    assert rows == 500_001
    assert file.n_bytes <= len(text) + len(head)


def test_a_record_of_many_lines_stays_whole_across_blocks(monkeypatch):
    monkeypatch.setattr(csvtable, "_BLOCK", 1)
    text = b'label,pixel0\n"a\nb\n\nc",1\n"d\n""\ne",2\n'
    blocks = list(read_blocks(io.BytesIO(text), "t"))
    labels = [label for _, columns in blocks for label in columns["label"]]
    assert labels == ["a\nb\n\nc", 'd\n"\ne']
