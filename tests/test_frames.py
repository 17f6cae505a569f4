"""Places of a frame are where a photo shows them."""

import numpy as np
import pytest

from sklimg.frames import through

CORNERS = np.array([[0, 0], [0, 1], [1, 1], [1, 0]], float)


def test_corners_are_corners_and_lines_stay_lines():
    rng = np.random.default_rng(0)
    frames = 100 * (CORNERS + rng.uniform(-0.15, 0.15, (20, 4, 2)))
    np.testing.assert_allclose(through(frames, CORNERS), frames, atol=1e-6)
    line = np.stack([np.linspace(0, 1, 9), np.linspace(1, 0.2, 9)], axis=-1)
    for points in through(frames, line):
        steps = np.diff(points, axis=0)
        turns = steps[1:, 0] * steps[:-1, 1] - steps[1:, 1] * steps[:-1, 0]
        np.testing.assert_allclose(turns, 0, atol=1e-6)
    middles = through(frames, np.array([[0.5, 0.5]]))[:, 0]
    for frame, middle in zip(frames, middles, strict=True):  # where the diagonals cross
        for a, b in (frame[[0, 2]], frame[[1, 3]]):
            assert np.linalg.det([b - a, middle - a]) == pytest.approx(0, abs=1e-6)


def test_a_parallelogram_is_cut_evenly():
    frame = np.array([[10, 20], [14, 60], [54, 56], [50, 16]], float)
    middle = through(frame, np.array([[0.5, 0.25]]))[0]
    np.testing.assert_allclose(middle, [31, 28])


def test_a_frame_without_area_gives_numbers():
    assert np.isfinite(through(np.zeros((4, 2)), CORNERS)).all()
