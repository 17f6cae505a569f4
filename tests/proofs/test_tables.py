"""What is written is read, whatever the texts: the long form."""

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sklimg.table import read_table, write_table
from tests.tables import TEXT, same, tables

N_TABLES = 2_000


@pytest.mark.long
def test_random_tables_with_naughty_labels(shared, tmp_path, seed, case):
    lines = (shared / "naughty-strings.txt").read_text(encoding="utf-8").split("\n")
    naughty = st.sampled_from(sorted({line for line in lines if line}))

    @hypothesis.seed(seed)
    @settings(
        max_examples=N_TABLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn=tables(naughty | TEXT))
    def check(drawn):
        table, layout = drawn
        for ending in ("csv", "csv.gz", "npz"):
            path = tmp_path / f"t.{ending}"
            write_table(table, path, layout)
            same(read_table(path), table, "wide" if ending == "npz" else layout)
        case(True, "")

    check()
