"""Grids on sheets as people scan them: the long form."""

import pytest

from sklimg.grids import ENOUGH, find_grid
from tests.drawn import draw_sheet, misses

N_SHEETS = 200


@pytest.mark.long
def test_grids_of_scanned_sheets(seed, case, record_property):
    lost, wrong = [], []
    for number in range(seed * N_SHEETS, (seed + 1) * N_SHEETS):
        drawn = draw_sheet(number)
        found = find_grid(drawn.pixels)
        is_counted = found is not None and found.shape == drawn.grid
        if not is_counted or misses(found.nodes, drawn.nodes).max() > 0.08:  # of a cell
            lost.append(f"{number} ({drawn.rules}, {drawn.grid}): {found}")
        if not is_counted and found is not None and found.confidence >= ENOUGH:
            wrong.append(lost[-1])
    record_property("note", f"{len(lost)} of {N_SHEETS} lost, {len(wrong)} wrong and sure")
    case(len(lost) <= 0.03 * N_SHEETS, f"lost: {lost}")
    case(len(wrong) <= 0.01 * N_SHEETS, f"wrong and sure: {wrong}")
