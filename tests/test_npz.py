"""An npz holds exactly its rows, or is refused with what is wrong."""

import io
import json
import zipfile

import numpy as np
import pytest
from numpy.lib import format as npy

from sklimg.errors import TableError
from sklimg.npz import read_npz_blocks, write_npz


def packed(pixels, columns, n_images=None, n_pixels=4):
    """Return an npz of raw bytes that claims to hold *n_images* images."""
    file = io.BytesIO()
    n_images = len(columns.get("label", ())) if n_images is None else n_images
    about = json.dumps({"spec": None, "columns": columns}).encode()
    with zipfile.ZipFile(file, "w") as zipped:
        with zipped.open("pixels.npy", "w") as entry:
            shape = {"descr": "|u1", "fortran_order": False, "shape": (n_images, n_pixels)}
            npy.write_array_header_1_0(entry, shape)
            entry.write(pixels)
        with zipped.open("about.npy", "w") as entry:
            npy.write_array(entry, np.frombuffer(about, np.uint8))
    file.seek(0)
    return file


@pytest.mark.parametrize("n_rows", [None, 1, 2, 3, 100])
def test_blocks_are_the_rows_in_their_order(n_rows):
    pixels = np.arange(20, dtype=np.uint8).reshape(5, 4)
    columns = {"label": list("abcde"), "path": [""] * 5, "split": list("xyzxy")}
    file = io.BytesIO()
    write_npz(file, io.BytesIO(pixels.tobytes()), 4, columns, {"side": 2})
    blocks = list(read_npz_blocks(file, n_rows))
    np.testing.assert_array_equal(np.concatenate([block[0] for block in blocks]), pixels)
    for name, texts in columns.items():
        assert [text for block in blocks for text in block[1][name]] == texts
    assert {len(block[0]) for block in blocks} <= {n_rows or 5, 5 % (n_rows or 5) or 5}
    assert blocks[0][2] == {"side": 2}


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (packed(b"1234", {"label": ["a", "b"]}), "8 bytes of pixels .* got 4"),
        (packed(b"123456789", {"label": ["a", "b"]}), "8 bytes of pixels .* got 9"),
        (packed(b"12345678", {"label": ["a"]}, 2), "2 images, 1 labels"),
        (packed(b"1234", {"label": ["a"], "path": []}), "1 images, 1 labels, 0 of 'path'"),
        (packed(b"1234", {"path": ["a"]}, 1), "label"),
        (packed(b"", {"label": []}), "no images"),
        (packed(b"1234", {"label": [None]}), "text in the column 'label', got None"),
        (packed(b"1234", {"label": ["\ud800"]}), "text in the column 'label', got"),
        (packed(b"1234", {"label": ["a"], "split": [7]}), "text in the column 'split', got 7"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(file, words):
    with pytest.raises(TableError, match=f"expected a table written by make-csv: .*{words}"):
        list(read_npz_blocks(file))


def test_a_header_that_claims_very_much_costs_no_memory():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        for name in ("pixels.npy", "about.npy"):
            with zipped.open(name, "w") as entry:
                shape = (10**13, 1) if name == "pixels.npy" else (10**13,)
                claim = {"descr": "|u1", "fortran_order": False, "shape": shape}
                npy.write_array_header_1_0(entry, claim)
                entry.write(b'{"spec": null, "columns": {"label": ["a"]}}')
    with pytest.raises(TableError, match="10000000000000 images, 1 labels"):
        list(read_npz_blocks(file))
