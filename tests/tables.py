"""Any tables, and whether two are the same."""

import numpy as np
from hypothesis import strategies as st

from sklimg.table import Table

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


@st.composite
def tables(draw, labels=TEXT):
    """Draw a table and a layout that can hold it."""
    layout = draw(st.sampled_from(["wide", "vector"]))
    rows = draw(st.integers(1, 4))
    texts = st.lists(TEXT, min_size=rows, max_size=rows)
    pixels = np.random.default_rng(rows).integers(0, 256, (rows, 4), np.uint8)
    columns = {"group": draw(texts)} if layout == "wide" else {}
    named = draw(st.lists(labels, min_size=rows, max_size=rows))
    return Table(pixels, named, draw(texts), columns), layout


def same(one, other, layout="wide"):
    """Assert that two tables hold the same, as far as a layout holds it."""
    np.testing.assert_array_equal(one.pixels, other.pixels)
    assert one.labels.tolist() == other.labels.tolist()
    if layout == "wide":
        assert one.paths.tolist() == other.paths.tolist()
        assert {k: v.tolist() for k, v in one.columns.items()} == {
            k: v.tolist() for k, v in other.columns.items()
        }
