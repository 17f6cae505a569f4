"""Tables stand under each other with all that they know."""

import numpy as np
import pytest

from sklimg.errors import TableError
from sklimg.spec import ImageSpec
from sklimg.stacking import stack_tables
from sklimg.table import Table


def table(label, side=2, columns=None, spec=None):
    return Table(np.full((2, side**2), 7, np.uint8), [label] * 2, [label] * 2, columns or {}, spec)


def test_columns_that_one_lacks_are_empty_there():
    one, other = table("a", columns={"group": ["x", "y"]}), table("b", columns={"pen": ["p", "q"]})
    both = stack_tables([one, other])
    assert both.labels.tolist() == both.paths.tolist() == ["a", "a", "b", "b"]
    assert both.columns["group"].tolist() == ["x", "y", "", ""]
    assert both.columns["pen"].tolist() == ["", "", "p", "q"]
    assert list(stack_tables([one, other], one.columns).columns) == ["group"]


@pytest.mark.parametrize("spec", [None, ImageSpec(2, invert="auto")])
def test_how_images_were_made_is_what_the_first_says(spec):
    both = stack_tables([table("a", spec=spec), table("b", spec=ImageSpec(2))])
    assert both.spec_is_known == (spec is not None)
    assert both.spec == (spec or ImageSpec(2))


def test_the_parts_are_the_tables_again():
    tables = [table("a", columns={"group": ["x", "y"]}), table("b"), table("c")]
    both = stack_tables(tables)
    for k, one in enumerate(tables):
        part = both.take(np.arange(2 * k, 2 * k + 2))
        np.testing.assert_array_equal(part.pixels, one.pixels)
        assert part.labels.tolist() == one.labels.tolist()


def test_images_of_other_kinds_do_not_stand_together():
    with pytest.raises(TableError, match="expected images of 2x2 grey like the others, got 3x3"):
        stack_tables([table("a"), table("b", side=3)])
