"""Rules along a tile's edges go, strokes across them stay."""

import numpy as np
import pytest

from sklimg.borders import dilated, without_rules


def tile():
    """A tile with a rule near its top, a stroke across it and the foot of a symbol."""
    inked = np.zeros((60, 60), bool)
    inked[5:7] = True
    inked[2:30, 28:32] = True
    inked[45:48, 15:45] = True
    return inked


@pytest.mark.parametrize("turns", range(4))
def test_a_rule_goes_and_strokes_stay(turns):
    left = np.rot90(without_rules(np.rot90(tile(), turns).copy(), 0.0), -turns)
    assert not left[5:7, :25].any()
    assert not left[5:7, 35:].any()
    assert left[7:30, 28:32].all()
    assert left[45:48, 15:45].all()


def test_what_is_within_reach():
    mask = np.zeros((3, 9), bool)
    mask[1, 4] = True
    assert np.flatnonzero(dilated(mask, 2, 1)[1]).tolist() == [2, 3, 4, 5, 6]
    assert dilated(mask, 1, 0)[:, 4].all()
