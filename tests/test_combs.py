"""Lines seen from the side: evenly spaced, uneven as hands draw, or gaps between symbols."""

import numpy as np
import pytest

from sklimg.combs import Comb, best_cells, best_lines, line_evidence, walk_lines


def lines_at(places, length, rng, height=1.0):
    """Return a profile with noise, a slow slope and a line of three pixels at each place."""
    profile = np.linspace(0, 0.5, length) + rng.normal(0, 0.01, length)
    for place in np.rint(places).astype(int):
        profile[max(place - 1, 0) : place + 2] += (
            height * np.array([0.5, 1, 0.5])[max(1 - place, 0) : length - place + 1]
        )
    return profile


def random_comb(seed, uneven=0.0):
    """Return a profile, the places of its lines and their mean distance."""
    rng = np.random.default_rng(seed)
    period, count = rng.uniform(15, 60), rng.integers(4, 15)
    steps = period * (1 + rng.uniform(-uneven, uneven, count - 1))
    first = rng.uniform(0.3, 0.9) * period
    places = first + np.concatenate([[0], np.cumsum(steps)])
    length = int(places[-1] + rng.uniform(0.3, 0.9) * period)
    return lines_at(places, length, rng), places, period


@pytest.mark.parametrize("seed", range(20))
def test_a_comb_is_found(seed):
    profile, places, period = random_comb(seed)
    comb = best_lines(line_evidence(profile))[0]
    assert comb.period == pytest.approx(period, rel=0.04)
    assert comb.count == len(places)
    np.testing.assert_allclose(comb.teeth, places, atol=0.1 * period)


@pytest.mark.parametrize("uneven", [0.0, 0.05])
@pytest.mark.parametrize("seed", range(20))
def test_each_line_is_where_it_stands(seed, uneven):
    profile, places, _ = random_comb(seed, uneven)
    evidence = line_evidence(profile)
    lines = walk_lines(evidence, best_lines(evidence)[0])
    inner = lines[(lines > places[0] - 3) & (lines < places[-1] + 3)]
    np.testing.assert_allclose(inner, places, atol=1)
    beyond = lines[(lines < places[0] - 3) | (lines > places[-1] + 3)]
    assert len(beyond) <= 2  # where one more could be


@pytest.mark.parametrize("seed", range(10))
def test_a_line_that_is_missing_is_expected(seed):
    rng = np.random.default_rng(seed)
    places = 20 + 30.0 * np.arange(9)
    gone = rng.integers(2, 7)
    evidence = line_evidence(lines_at(np.delete(places, gone), 280, rng))
    lines = walk_lines(evidence, best_lines(evidence)[0])
    inner = lines[(lines > 10) & (lines < 270)]
    np.testing.assert_allclose(inner, places, atol=2)


def test_a_comb_of_one_tooth_is_not_walked():
    assert walk_lines(np.zeros(50), Comb(0.0, 20.0, 7.0, 1)).tolist() == [7]


def test_evidence_is_the_same_for_faint_lines():
    rng = np.random.default_rng(0)
    places = 20 + 30 * np.arange(7)
    strong = line_evidence(lines_at(places, 220, rng))
    faint = line_evidence(lines_at(places, 220, rng, height=0.2))
    np.testing.assert_allclose(strong[places], 1, atol=0.1)
    np.testing.assert_allclose(faint[places], 1, atol=0.25)
    assert not line_evidence(np.full(100, 3.0)).any()


def test_the_best_combs_differ_and_are_in_order():
    evidence = line_evidence(random_comb(0)[0])
    combs = best_lines(evidence, most=5)
    assert len(combs) == 5
    assert np.diff([comb.worth for comb in combs]).max() <= 0
    periods = np.sort([comb.period for comb in combs])
    assert np.diff(np.log(periods)).min() > 0.04


@pytest.mark.parametrize("seed", range(20))
def test_cells_are_found_by_their_gaps(seed):
    rng = np.random.default_rng(seed)
    period, count = rng.uniform(20, 60), rng.integers(4, 13)
    first = rng.uniform(0.2, 1.2) * period
    profile = np.zeros(int(first + (count + rng.uniform(0.2, 1.2)) * period))
    for middle in first + period * (np.arange(count) + 0.5):
        for _ in range(10):  # symbols of a row, each a little elsewhere
            half = period * rng.uniform(0.22, 0.4)
            at = middle + period * rng.uniform(-0.05, 0.05)
            profile[round(at - half) : round(at + half)] += 1
    comb = best_cells(profile)
    assert comb.period == pytest.approx(period, rel=0.06)
    assert comb.count == count + 1
    np.testing.assert_allclose(
        comb.teeth, first + period * np.arange(count + 1), atol=0.25 * period
    )


def test_nothing_written_has_no_cells():
    assert best_cells(np.zeros(200)).worth == 0
