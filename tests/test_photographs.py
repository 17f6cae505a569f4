"""Pictures are laid on their neighbours; how these stand is told from a sample."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from sklimg.groups import join_pairs
from sklimg.photographs import look_around, photo_pairs
from tests.test_duplicates import CHANGES, strokes, thumbnailed
from tests.test_thumbnails import pictures


def digits(count):
    return (15.9 * load_digits().images[:count]).astype(np.float32)


@pytest.mark.parametrize("must_stand_apart", [False, True])
@pytest.mark.parametrize("change", ["mirrored", "turned", "darkened", "noisy", "shifted"])
def test_pairs_and_whether_one_was_moved(change, must_stand_apart):
    images = pictures(40, 28)
    changed = thumbnailed(CHANGES[change](images))
    both = np.concatenate([images, changed]).astype(np.float32)
    pairs, is_moved = photo_pairs(both, must_stand_apart)
    found = {tuple(pair): moved for pair, moved in zip(pairs.tolist(), is_moved, strict=True)}
    true = [found[k, 40 + k] for k in range(40) if (k, 40 + k) in found]
    assert len(true) >= 34
    assert (
        np.mean(true) >= 0.9
        if change in ("mirrored", "turned", "shifted")
        else np.mean(true) <= 0.6
    )


def test_copies_stand_apart_and_what_is_merely_alike_does_not():
    images = digits(600)
    plain, _ = photo_pairs(images, must_stand_apart=False)
    apart, _ = photo_pairs(images, must_stand_apart=True)
    assert len(set(join_pairs(plain, 600))) < 570
    assert len(set(join_pairs(apart, 600))) > 594


def test_many_neighbours_crowd_and_moved_copies_stand_apart():
    assert look_around(digits(1797)) == (True, False)
    assert look_around(pictures(200, 24).astype(np.float32)) == (False, False)
    for weight, is_crowded in ((1.2, False), (1.5, True)):  # of what all have in common
        common = weight * pictures(1, 24, seed=9) + pictures(200, 24)
        assert look_around(common.astype(np.float32))[0] is is_crowded
    mirrored = np.concatenate([digits(1797), digits(1797)[:, :, ::-1]])
    rng = np.random.default_rng(0)
    assert look_around(rng.permutation(mirrored))[1]
    darker = np.concatenate([digits(1797), 0.8 * digits(1797) + 5])
    assert look_around(rng.permutation(darker))[1] is False  # these are found as they stand


def test_few_images_are_no_crowd():
    assert look_around(strokes(10))[0] is False
    assert len(photo_pairs(strokes(1), False)[0]) == 0
