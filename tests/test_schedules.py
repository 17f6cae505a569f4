"""Learning rates over the epochs."""

import numpy as np
import pytest

from sklimg.schedules import Schedule


def test_a_cycle_rises_for_three_tenths_and_falls_to_nothing():
    cycle = Schedule("one-cycle", 0.01, 0.5)
    rates = [cycle.rate(done) for done in np.linspace(0, 1, 101)]
    assert rates[0] == pytest.approx(0.01 / 25)
    assert np.argmax(rates) == 30
    assert max(rates) == pytest.approx(0.01)
    assert rates[-1] == pytest.approx(1e-6)
    assert np.all(np.diff(rates[:31]) > 0)
    assert np.all(np.diff(rates[30:]) < 0)
    assert cycle.rate(1.5) == rates[-1]
    assert cycle.goes_on()


def test_a_constant_rate_stays_and_ends():
    schedule = Schedule("constant", 0.3, 0.5)
    schedule.end_epoch(1000)
    assert [schedule.rate(0), schedule.rate(1)] == [0.3, 0.3]
    assert not schedule.goes_on()


def test_an_adaptive_rate_falls_by_fives_down_to_a_millionth():
    schedule, rates = Schedule("adaptive", 1e-3, 0.5), []
    while schedule.goes_on():
        rates.append(schedule.rate(0))
    np.testing.assert_allclose(rates, 1e-3 / 5.0 ** np.arange(1, 6))


def test_inverse_scaling_is_by_the_rows_seen():
    schedule = Schedule("invscaling", 0.1, 0.5)
    schedule.end_epoch(99)
    assert schedule.rate(0) == pytest.approx(0.01)
