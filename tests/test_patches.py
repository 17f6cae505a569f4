"""Dictionaries of patches find what they were made of."""

import numpy as np
import pytest

from sklimg.errors import UsageError
from sklimg.patches import Dictionary, encode_patches, learn_dictionary


def stripes(n, rng, shape=(20, 20)):
    """Return images of stripes, upright ones first, then lying ones."""
    images = np.empty((2 * n, *shape), np.uint8)
    for i, image in enumerate(images):
        wave = 127 + 100 * np.sin(np.arange(20) + rng.uniform(0, 6))
        lines = wave[None, :] if i < n else wave[:, None]
        image[:] = lines[..., None] if image.ndim == 3 else lines
    return images


def learned(images, n_patches=8, side=5, seed=0):
    return learn_dictionary(images, n_patches, side, 2000, np.random.default_rng(seed))


@pytest.mark.parametrize("shape", [(20, 20), (20, 20, 3)])
def test_kinds_of_stripes_are_told_apart(shape):
    rng = np.random.default_rng(0)
    images = stripes(20, rng, shape)
    features = encode_patches(images, learned(images), n_cells=1)
    assert features.shape == (40, 8)
    assert features.dtype == np.float32
    upright, lying = features[:20].mean(axis=0), features[20:].mean(axis=0)
    apart = np.abs(upright - lying) > 5 * features[:20].std(axis=0)
    assert apart.sum() >= 4


def test_a_likeness_is_what_the_formula_says():
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (3, 9, 9), np.uint8)
    found = learned(images, n_patches=4, side=4)
    got = encode_patches(images, found, n_cells=2, threshold=0.25)
    for image, row in zip(images.astype(float), got, strict=True):
        sums = np.zeros((2, 2, 4))
        for y in range(6):
            for x in range(6):
                patch = image[y : y + 4, x : x + 4].ravel()
                patch = (patch - patch.mean()) / np.sqrt(patch.var() + 10)
                likeness = patch @ found.weights - found.offsets
                sums[y // 3, x // 3] += np.maximum(likeness - 0.25, 0) / 9
        np.testing.assert_allclose(row, np.sqrt(sums).ravel(), atol=2e-4)


def test_brightness_and_contrast_do_not_count():
    rng = np.random.default_rng(2)
    images = np.repeat(np.repeat(rng.integers(0, 256, (60, 6, 6), np.uint8), 3, 1), 3, 2)
    found = learned(images, n_patches=16, side=4)
    inside = found.weights - found.weights.mean(axis=0)
    np.testing.assert_allclose(found.weights, inside, atol=1e-5)  # brightness does not count
    lighter = np.clip(images // 2 + 60, 0, 255)  # half the contrast, another brightness
    some, other = (encode_patches(X, found, n_cells=2) for X in (images, lighter))
    assert np.median(other[some > 0] / some[some > 0]) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("n_jobs", [1, 2, None])
def test_threads_and_batches_change_nothing(n_jobs):
    images = np.random.default_rng(0).integers(0, 256, (450, 12, 12), np.uint8)
    found = learned(images)
    alone = [encode_patches(image[None], found, n_cells=2) for image in images[::50]]
    together = encode_patches(images, found, n_cells=2, n_jobs=n_jobs)
    np.testing.assert_allclose(together[::50], np.concatenate(alone), atol=1e-5)


def test_the_same_seed_learns_the_same():
    images = np.random.default_rng(0).integers(0, 256, (9, 12, 12), np.uint8)
    one, same, other = (learned(images, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.weights, same.weights)
    assert np.abs(one.weights - other.weights).max() > 0.1


def test_flat_images_have_patches_too():
    images = np.full((3, 8, 8), 90, np.uint8)
    features = encode_patches(images, learned(images), n_cells=2)
    assert np.isfinite(features).all()


def test_every_place_stands_in_one_part():
    images = np.random.default_rng(0).integers(0, 256, (2, 17, 17), np.uint8)
    weights = np.zeros((16, 1), np.float32)
    everywhere = Dictionary(weights, np.array([-1.0], np.float32), 4)  # a likeness of 1 / contrast
    features = encode_patches(images, everywhere, n_cells=3, step=2, threshold=0)
    np.testing.assert_allclose(features, 1, rtol=1e-5)


def test_small_images_are_refused():
    images = np.zeros((2, 6, 6), np.uint8)
    with pytest.raises(UsageError, match="at least 7x7 pixels for patches of that size, got 6x6"):
        learned(images, side=7)
    found = learned(images)
    with pytest.raises(UsageError, match=r"at least 7x7 pixels for 3x3 parts, got 6x6"):
        encode_patches(images, found, n_cells=3)
    with pytest.raises(UsageError, match="at least 5x5 pixels"):
        encode_patches(images[:, :4], found, n_cells=1)
