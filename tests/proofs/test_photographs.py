"""All photographs that are changed copies of one another stand on one side: the long form."""

import pytest

from sklimg.training import fit
from tests.test_training import sides_of


@pytest.mark.long
def test_all_photographs_are_split_by_picture(shared, case):
    """Of the 1,944 four in five are changed copies of another."""
    run = fit(shared / "animals", params={"max_iter": 2}, folds=0)
    train, test = sides_of(run.parts)
    for family in sorted(train | test):
        case(not (family in train and family in test), family)
    case(run.metrics["n_test"] < 100, f"{run.metrics['n_test']} test pictures")
    case(run.metrics["n_test_images"] > 300, f"{run.metrics['n_test_images']} test images")
