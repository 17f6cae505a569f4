"""Equal pixels have equal digests, and others do not."""

import numpy as np

from sklimg.digests import joint_digest, pixel_digests


def test_digests_do_not_depend_on_the_memory_layout():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8), np.uint8)
    strided = np.repeat(pixels, 2, axis=1)[:, ::2]
    np.testing.assert_array_equal(pixel_digests(pixels), pixel_digests(strided))


def test_equal_rows_alone_share_one():
    pixels = np.random.default_rng(1).integers(0, 2, (500, 8), np.uint8)
    _, by_pixels = np.unique(pixels, axis=0, return_inverse=True)
    _, by_digests = np.unique(pixel_digests(pixels), return_inverse=True)
    same = by_pixels.ravel()[:, None] == by_pixels.ravel()
    np.testing.assert_array_equal(same, by_digests[:, None] == by_digests)


def test_they_stay_what_they_were():
    """Models know by them what they have seen."""
    (digest,) = pixel_digests(np.arange(4, dtype=np.uint8)[None])
    assert digest.tobytes().hex() == "fa898ba1ee4ec998"


def test_the_digest_of_all_depends_on_each_and_on_their_order():
    pixels = np.random.default_rng(2).integers(0, 256, (4, 8), np.uint8)
    digests = pixel_digests(pixels)
    assert joint_digest(digests) == joint_digest(pixel_digests(pixels.copy()))
    others = [digests[::-1], digests[:3], digests + np.uint64(1)]
    assert len({joint_digest(some) for some in (digests, *others)}) == 4
