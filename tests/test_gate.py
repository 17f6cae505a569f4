"""A newer model passes if it is no worse, and its data not in doubt."""

from math import sqrt

import numpy as np
import pytest

from sklimg.evaluation import wilson_interval
from sklimg.gate import judge_newer


def judged(before, after, is_new=None, groups=None, labels=None, missing=()):
    """Judge answers that are told as right or wrong, of classes a and b in turn."""
    before, after = np.array(before, bool), np.array(after, bool)
    n = len(before)
    labels = np.array(labels or (["a", "b"] * n)[:n], object)
    said = [np.where(right, labels, "?") for right in (before, after)]
    groups = np.arange(n) if groups is None else np.array(groups)
    is_new = np.zeros(n, bool) if is_new is None else np.array(is_new, bool)
    return judge_newer(labels, *said, groups, is_new, list(missing), "the validation part")


def rights(n_right, n_wrong):
    return [True] * n_right + [False] * n_wrong


def test_as_good_passes_and_says_both_numbers():
    gate = judged(rights(8, 2), rights(8, 2))
    assert (gate.passed, gate.reasons, gate.new) == (True, [], None)
    assert gate.words == "known pictures: 0.800 -> 0.800 of 10 (the validation part)"
    assert gate.known == gate.all


def test_intervals_are_what_a_hand_makes_of_them():
    """Of 10, one is newly right and three are newly wrong: with 0.5 in each case, n is 12."""
    before = [1, 1, 1, 1, 1, 1, 1, 1, 0, 0]
    after = [1, 1, 1, 1, 1, 0, 0, 0, 1, 0]
    known = judged(before, after).known
    mean = (1 - 3) / 12
    spread = 1.959964 * sqrt((1 + 3 + 1) / 12 - mean**2) / sqrt(12)
    assert known["difference_interval"] == pytest.approx([mean - spread, mean + spread], abs=1e-6)
    assert known["before_interval"] == list(wilson_interval(0.8, 10))
    assert known["after_interval"] == list(wilson_interval(0.6, 10))
    assert (known["n"], known["before"], known["after"]) == (10, 0.8, 0.6)


def test_below_the_interval_of_the_older_one_is_refused():
    """Of 100, 90 right may be 0.826; so many are newly right, too, that pairs tell nothing."""
    before = rights(90, 10)
    gate = judged(before, [*rights(72, 18), *rights(10, 0)])
    assert gate.known["difference_interval"][1] > 0
    assert not gate.passed
    assert gate.words.endswith(
        "it reads the pictures it had worse: 0.820, where it was 0.900 [0.826, 0.945]"
    )
    assert judged(before, [*rights(73, 17), *rights(10, 0)]).passed


def test_picture_by_picture_a_little_worse_is_seen_too():
    """1,000 pictures of which 20 are newly wrong: within the interval, and yet no accident."""
    gate = judged(rights(900, 100), rights(880, 120))
    assert gate.known["after"] > gate.known["before_interval"][0]
    assert gate.known["difference_interval"][1] < 0
    assert not gate.passed


@pytest.mark.parametrize("seed", range(20))
def test_as_many_gained_as_lost_passes(seed):
    rng = np.random.default_rng(seed)
    before = rng.random(int(rng.integers(1, 60))) < 0.7
    after = rng.permutation(before)
    assert judged(before, after).passed
    assert judged(before, before | after).passed


def test_a_group_has_one_vote():
    """Nine copies of one picture, read wrong by the newer one, are one of ten pictures."""
    groups = [0] * 9 + list(range(1, 10))
    known = judged([1] * 18, [0] * 9 + [1] * 9, groups=groups).known
    assert known["n"] == 10
    assert known["after"] == pytest.approx(0.9)
    half = judged([1] * 4, [1, 0, 1, 1], groups=[0, 0, 1, 2]).known
    assert half["after"] == pytest.approx(2.5 / 3)


def test_copies_do_not_change_the_verdict():
    rng = np.random.default_rng(0)
    before, after, new = rng.random((3, 40)) < [[0.9], [0.8], [0.3]]
    labels = ["a", "b"] * 20
    once = judged(before, after, new, labels=labels)
    twice = judged(*np.tile([before, after, new], 2), np.tile(np.arange(40), 2), labels * 2)
    assert once == twice


def test_a_class_that_is_not_known_is_told():
    gate = judged(rights(5, 0), rights(5, 0), missing=["x10", "x9"])
    assert gate.reasons == ["it does not know 2 classes: 'x9', 'x10'"]


def test_new_pictures_that_are_read_better_do_not_make_up_for_known_ones():
    is_new = [False] * 50 + [True] * 50
    gate = judged([*rights(48, 2), *[False] * 50], [*rights(38, 12), *[True] * 50], is_new)
    assert gate.all["after"] > gate.all["before"]
    assert len(gate.reasons) == 1
    assert gate.reasons[0].startswith("it reads the pictures it had worse: 0.760")


def test_new_pictures_that_are_read_worse_count_with_the_others():
    is_new = [False] * 50 + [True] * 50
    gate = judged([*rights(48, 2), *rights(50, 0)], [*rights(48, 2), *rights(38, 12)], is_new)
    assert gate.reasons[0].startswith("it reads all pictures together worse: 0.860")


def test_labels_that_nothing_agrees_with_are_in_doubt():
    """Known pictures are read well, the new ones as by guessing, before and after."""
    is_new = [False] * 60 + [True] * 40
    before = [*rights(58, 2), *rights(20, 20)]
    gate = judged(before, before, is_new)
    assert gate.reasons == [
        "it reads the new pictures no better than guessing: 0.500 of 40, so that their labels are "
        "in doubt"
    ]
    assert "known pictures: 0.967 -> 0.967 of 60, new ones: 0.500 -> 0.500 of 40" in gate.words


@pytest.mark.parametrize(
    ("before", "after", "is_new"),
    [
        ([*rights(58, 2), *rights(4, 5)], [*rights(58, 2), *rights(4, 5)], 9),  # too few
        ([*rights(58, 2), *rights(0, 40)], [*rights(58, 2), *rights(20, 20)], 40),  # it learns
        ([*rights(33, 27), *rights(20, 20)], [*rights(33, 27), *rights(20, 20)], 40),  # all hard
        ([*rights(58, 2), *rights(36, 4)], [*rights(58, 2), *rights(36, 4)], 40),  # read well
        ([*rights(58, 2), *rights(30, 10)], [*rights(58, 2), *rights(30, 10)], 40),  # somewhat
    ],
)
def test_hard_or_few_pictures_are_not_in_doubt(before, after, is_new):
    new = np.arange(len(before)) >= len(before) - is_new
    assert judged(before, after, new).passed


def test_nothing_but_new_pictures_can_be_judged():
    gate = judged(rights(5, 5), rights(9, 1), [True] * 10)
    assert gate.passed
    assert gate.known is None
    assert gate.words.startswith("new ones: 0.500 -> 0.900 of 10")
