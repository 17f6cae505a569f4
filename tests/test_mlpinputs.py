"""What an MLP is given, checked."""

import numpy as np
import pytest

from sklimg.errors import DataError, UsageError
from sklimg.mlp import MLPClassifier
from sklimg.mlpinputs import checked_groups, checked_rows, encoded_rows, held_back, row_weights

LABELS = np.array(["a", "a", "a", "b"])


def test_rows_are_made_of_the_models_dtype_and_in_order():
    X, y = checked_rows(MLPClassifier(), np.asfortranarray(np.eye(4)), LABELS, is_first=True)
    assert X.dtype == np.float32
    assert X.flags.c_contiguous
    assert y.tolist() == LABELS.tolist()


@pytest.mark.parametrize(
    ("class_weight", "sample_weight", "like", "expected"),
    [
        (None, 2, None, [2, 2, 2, 2]),
        ("balanced", None, None, [2 / 3, 2 / 3, 2 / 3, 2]),
        ("balanced", None, np.array(["a", "b"]), [1, 1, 1, 1]),
        ({"b": 5}, [1, 0, 1, 2], None, [1, 0, 1, 10]),
    ],
)
def test_weights_of_classes_and_rows_are_multiplied(class_weight, sample_weight, like, expected):
    model = MLPClassifier(class_weight=class_weight)
    found = row_weights(model, LABELS, sample_weight, like)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_without_weights_there_are_none():
    assert row_weights(MLPClassifier(), LABELS, None) is None


def test_labels_become_numbers():
    rows = encoded_rows(np.array(["a", "b", "c"]), np.eye(4), LABELS, None)
    assert rows.targets.tolist() == [0, 0, 0, 1]
    weighted = encoded_rows(np.array(["a", "b"]), np.eye(4), LABELS, np.array([0, 1, 0, 1]))
    assert weighted.index.tolist() == [1, 3]
    with pytest.raises(DataError, match="labels of the training part, got 'b'"):
        encoded_rows(np.array(["a", "c"]), np.eye(4), LABELS, None)


def test_groups():
    assert checked_groups(None, 3).tolist() == [0, 1, 2]
    with pytest.raises(UsageError, match=r"one for each of 4 rows, got shape \(3,\)"):
        checked_groups([1, 2, 3], 4)


def test_rows_that_watch_are_of_other_groups():
    y, groups = np.tile(["a", "b"], 20), np.repeat(np.arange(10), 4)
    index = np.arange(0, 40)
    train, held = held_back(y, groups, index, 0.2, np.random.default_rng(0))
    assert not set(groups[train]) & set(groups[held])
    assert sorted([*train, *held]) == index.tolist()
