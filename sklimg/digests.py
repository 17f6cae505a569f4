"""Digests of pixels: by them, equal pictures are known again.

Floor 1: works on arrays.
"""

import hashlib

import numpy as np

__all__ = ["joint_digest", "pixel_digests"]


def pixel_digests(pixels: np.ndarray) -> np.ndarray:
    """Return a 64-bit digest of each row of *pixels*; equal rows, equal digests.

    Parameters
    ----------
    pixels : ndarray of shape (n_images, n_pixels), uint8

    Returns
    -------
    digests : ndarray of shape (n_images,), uint64
        From BLAKE2b; two different rows among a million share one with a
        probability under 1e-7.
    """
    rows = np.ascontiguousarray(pixels)
    joined = b"".join(hashlib.blake2b(row, digest_size=8).digest() for row in rows)
    return np.frombuffer(joined, np.uint64)


def joint_digest(digests: np.ndarray) -> str:
    """Return the SHA-256, in hexadecimal, of the digests of rows in their order."""
    return hashlib.sha256(digests.astype("<u8").tobytes()).hexdigest()
