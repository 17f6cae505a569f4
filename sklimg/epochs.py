"""Epoch after epoch: when a training stops, what it keeps, what it tells.

Floor 1: works on arrays; prints only if it is asked to.
"""

import sys
from collections.abc import Callable, Collection, Mapping
from math import isfinite, log
from time import perf_counter
from typing import Any

import numpy as np

from sklimg.descent import Descent, Rows
from sklimg.errors import DataError
from sklimg.networks import Network
from sklimg.optimisers import optimiser_for
from sklimg.partners import one_blas_thread
from sklimg.schedules import Schedule

__all__ = ["HISTORY", "Training"]

HISTORY = (
    *("epoch", "loss", "accuracy", "validation_loss", "validation_accuracy"),
    *("learning_rate", "epoch_seconds"),
)
_OF_OPTIMISERS = {
    *("dtype", "solver", "beta_1", "beta_2", "epsilon", "momentum", "nesterovs_momentum", "rho")
}
_OF_SCHEDULES = {"learning_rate", "learning_rate_init", "power_t"}
_HUGE = 1e9  # a weight from where products overflow
_FAR = 10  # times the first loss, from where no training comes back


class Training:
    """What goes on from epoch to epoch, and from one call to the next.

    Parameters
    ----------
    params : mapping
        The checked parameters of an MLP, with ``dropout`` as a list and
        ``batch_size`` as a number.
    network : Network
    random : numpy.random.RandomState

    Attributes
    ----------
    history : dict of str to list
        A value for each epoch under each name of `HISTORY`; NaN where no rows were
        held back.
    objectives : list of float
        What was made small, in each epoch: the loss, smoothed, with the penalty.
    n_seen : int
        Rows trained on, over all epochs.
    kept_epoch : int
        The epoch whose weights the network has.
    kept_weights : dict of int to ndarray
        What the network would be if the last call had ended at these epochs.
    reason : str
        Why the last call ended: "max_iter", "no_improvement", "diverged" or
        "interrupted".
    """

    def __init__(self, params: Mapping[str, Any], network: Network, random: np.random.RandomState):
        self.random = random
        self.history: dict[str, list] = {name: [] for name in HISTORY}
        self.objectives: list[float] = []
        self.n_seen, self.kept_epoch, self.reason = 0, 0, ""
        self.kept_weights: dict[int, np.ndarray] = {}
        self._made_for: dict[str, Any] = {}
        self.adapt(params, network)

    def adapt(self, params: Mapping[str, Any], network: Network) -> None:
        """Go on with other parameters; an optimiser or schedule of others begins anew."""
        made_for = {name: params[name] for name in (*_OF_OPTIMISERS, *_OF_SCHEDULES)}
        changed = {name for name, value in made_for.items() if self._made_for.get(name) != value}
        self._made_for = made_for
        if changed & _OF_OPTIMISERS:
            self.optimiser = optimiser_for(network.params, params["solver"], params)
        if changed & _OF_SCHEDULES:
            self.begin(params)

    def begin(self, params: Mapping[str, Any]) -> None:
        """Begin the schedule and the patience anew; the optimiser goes on."""
        rate, power = params["learning_rate_init"], params["power_t"]
        self.schedule = Schedule(params["learning_rate"], rate, power)
        self.least, self.n_still, self.n_done = np.inf, 0, 0

    def run(
        self,
        network: Network,
        rows: Rows,
        held_back: Rows | None,
        params: Mapping[str, Any],
        n_epochs: int,
        in_cycle: bool = True,
        keep_epochs: Collection[int] = (),
        tell_epoch: Callable[[dict[str, float]], None] | None = None,
    ) -> None:
        """Train for *n_epochs* at most.

        The network is left as it was in the best epoch if *held_back* rows decide
        when to stop, or if the training broke off; else as it is in the end.

        Parameters
        ----------
        network : Network
        rows : Rows
            To train on; their index is shuffled anew in each epoch.
        held_back : Rows or None
            Watched in each epoch, and with ``early_stopping`` decisive.
        params : mapping
        n_epochs : int
        in_cycle : bool, default=True
            Whether the epochs are those of one cycle of the learning rate, ``max_iter``
            of them; else a cycle stands still at its highest rate.
        keep_epochs : collection of int
            Epochs whose weights go to `kept_weights`, too.
        tell_epoch : callable, optional
            Called after each epoch with its values of `history`.

        Raises
        ------
        DataError
            If the first epoch diverges already.
        KeyboardInterrupt
            In the first epoch; later, the training ends and keeps what it has.
        """
        decides = held_back is not None and params["early_stopping"]
        kept, best = np.empty_like(network.params), np.inf
        self.kept_epoch, self.reason, self.kept_weights = 0, "max_iter", {}
        try:
            descent = self._descent(network, params)
            with one_blas_thread(), np.errstate(all="ignore"), descent:
                for _ in range(n_epochs):
                    self._epoch(descent, rows, held_back, params, in_cycle)
                    if tell_epoch:
                        tell_epoch({name: values[-1] for name, values in self.history.items()})
                    if self._has_diverged(network):
                        self.reason = "diverged"
                        break
                    value = self._value(params["monitor"] if decides else None)
                    if value < best or not self.kept_epoch:
                        np.copyto(kept, network.params)
                        best, self.kept_epoch = value, self.history["epoch"][-1]
                    if (epoch := self.history["epoch"][-1]) in keep_epochs:
                        self.kept_weights[epoch] = (kept if decides else network.params).copy()
                    if self._stands_still(value, params) and not self.schedule.goes_on():
                        self.reason = "no_improvement"
                        break
        except KeyboardInterrupt:
            if not self.kept_epoch:
                raise
            self.reason = "interrupted"
            n_whole = min(map(len, self.history.values()))
            for values in (self.objectives, *self.history.values()):
                del values[n_whole:]
        if not self.kept_epoch:
            raise DataError(self.breakdown(params))
        if decides or self.reason in ("diverged", "interrupted"):
            np.copyto(network.params, kept)
        else:
            self.kept_epoch = self.history["epoch"][-1]

    def breakdown(self, params: Mapping[str, Any]) -> str:
        """Return what a diverged training has to say."""
        epoch, loss = self.history["epoch"][-1], self.objectives[-1]
        return (
            f"the loss became {loss:.3g} in epoch {epoch} with "
            f"learning_rate_init={params['learning_rate_init']:g}; choose a smaller one, "
            "or scale the inputs to about 0 to 1"
        )

    def _descent(self, network: Network, params: Mapping[str, Any]) -> Descent:
        return Descent(
            network,
            self.optimiser,
            alpha=params["alpha"],
            batch_size=params["batch_size"],
            dropout=params["dropout"],
            smoothing=params["label_smoothing"],
            n_threads=1 if params["n_jobs"] == 1 else 2,
            seed=self.random.randint(2**31 - 1) if any(params["dropout"]) else 0,
        )

    def _epoch(
        self,
        descent: Descent,
        rows: Rows,
        held_back: Rows | None,
        params: Mapping[str, Any],
        in_cycle: bool,
    ) -> None:
        """Train for one epoch and write it into the history."""
        start, history = perf_counter(), self.history
        if params["shuffle"]:
            order = np.arange(len(rows))
            self.random.shuffle(order)  # as scikit-learn's shuffle does, which takes 0.2 ms
            rows.index = rows.index[order]

        def rate_of(share: float) -> float:
            done = (self.n_done + share) / params["max_iter"] if in_cycle else None
            return self.schedule.rate(done)

        done = descent.epoch(rows, rate_of)
        self.objectives.append(done.objective)
        self.n_done += 1
        self.n_seen += len(rows)
        self.schedule.end_epoch(self.n_seen)
        watched = (np.nan, np.nan) if held_back is None else descent.judge(held_back)
        epoch = len(history["epoch"]) + 1
        values = (epoch, done.loss, done.accuracy, *watched, done.rate, perf_counter() - start)
        for name, value in zip(HISTORY, values, strict=True):
            history[name].append(value)
        if params["verbose"]:
            told = ", ".join(f"{name} {history[name][-1]:.4f}" for name in HISTORY[1:])
            print(f"epoch {epoch}: {told}", file=sys.stderr)  # noqa: T201 - asked for

    def _has_diverged(self, network: Network) -> bool:
        """Tell whether the last epoch ended nowhere, or far from where the first one did."""
        losses, n_outputs = self.objectives, network.units[-1]
        far = _FAR * max(losses[0], log(max(n_outputs, 2)))
        largest = max(network.params.max(), -network.params.min())  # NaN is below nothing
        return not (isfinite(losses[-1]) and losses[-1] <= far and largest < _HUGE)

    def _value(self, monitor: str | None) -> float:
        """Return what is to become small: of the held-back rows if they decide."""
        if monitor == "accuracy":
            return -self.history["validation_accuracy"][-1]
        return self.objectives[-1] if monitor is None else self.history["validation_loss"][-1]

    def _stands_still(self, value: float, params: Mapping[str, Any]) -> bool:
        """Tell whether too many epochs have passed without a better value."""
        self.n_still = self.n_still + 1 if value > self.least - params["tol"] else 0
        self.least = min(self.least, value)
        if self.n_still > params["n_iter_no_change"]:
            self.n_still = 0
            return True
        return False
