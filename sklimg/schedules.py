"""Learning rates: how large the steps are as a training goes on.

Floor 1: numbers alone.
"""

from math import cos, pi

__all__ = ["SCHEDULES", "Schedule"]

SCHEDULES = ("constant", "invscaling", "adaptive", "one-cycle")
_LEAST_RATE = 1e-6  # below, an adaptive schedule has come to its end
_RISE = 0.3  # share of a cycle in which the rate rises
_START, _END = 1 / 25, 1e-4  # of the highest rate, where a cycle starts and ends


class Schedule:
    """The learning rate at each step of a training.

    Parameters
    ----------
    kind : {"constant", "invscaling", "adaptive", "one-cycle"}
        "invscaling" divides by a power of the rows seen, as scikit-learn does.
        "adaptive" divides by 5 each time that training stands still. "one-cycle"
        rises for three tenths of all epochs from a 25th of the rate, and falls to
        nothing for the rest [1]_.
    rate : float
        The first rate; the highest one of a cycle.
    power : float
        Of "invscaling".

    References
    ----------
    .. [1] L. N. Smith and N. Topin, "Super-convergence: very fast training of neural
       networks using large learning rates", 2018.

    Examples
    --------
    >>> cycle = Schedule("one-cycle", 0.1, 0.5)
    >>> [round(cycle.rate(done), 4) for done in (0, 0.3, 0.65, 1)]
    [0.004, 0.1, 0.05, 0.0]
    """

    def __init__(self, kind: str, rate: float, power: float):
        self.kind, self.first, self.power = kind, rate, power
        self.now = rate

    def rate(self, done: float | None) -> float:
        """Return the rate when *done*, a share of 0 to 1, of all epochs are over.

        None stands for a number of epochs that nobody knows: a cycle's rate is then
        the highest.
        """
        if self.kind != "one-cycle" or done is None:
            return self.now
        if done < _RISE:
            low, high, share = _START, 1.0, done / _RISE
        else:
            low, high, share = 1.0, _END, min((done - _RISE) / (1 - _RISE), 1)
        return self.first * (high + (low - high) * (1 + cos(pi * share)) / 2)

    def end_epoch(self, n_seen: int) -> None:
        """Take note that so many rows were trained on in all."""
        if self.kind == "invscaling":
            self.now = self.first / (n_seen + 1) ** self.power

    def goes_on(self) -> bool:
        """Tell whether to train on though training stands still, at a smaller rate."""
        if self.kind == "adaptive" and self.now > _LEAST_RATE:
            self.now /= 5
            return True
        return self.kind == "one-cycle"
