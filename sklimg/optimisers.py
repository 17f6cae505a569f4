"""Steps along a gradient, in place and block by block.

An optimiser changes blocks of a flat vector of parameters that are small enough
to stay in the processor's cache through all of its passes. Averages are kept
without their constant factors, which saves two passes: what is called the mean of
the gradients is that divided by (1 - beta_1).

Floor 1: works on arrays, prints nothing.
"""

import numpy as np

__all__ = ["SGD", "SOLVERS", "Adam", "Nadam", "RMSprop", "optimiser_for"]

SOLVERS = ("adam", "nadam", "sgd", "rmsprop")


class Adam:
    """Adaptive moments [1]_, with scikit-learn's place of epsilon.

    Parameters
    ----------
    like : ndarray of shape (n_params,)
        The parameters; state is made of the same size and dtype.
    beta_1, beta_2 : float
        Memory of the mean gradient and of the mean square, in [0, 1).
    epsilon : float
        Added to the root of the mean square.

    References
    ----------
    .. [1] D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization",
       ICLR, 2015.
    """

    def __init__(self, like: np.ndarray, beta_1: float, beta_2: float, epsilon: float):
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.n_steps = 0
        self.state = {"mean": np.zeros_like(like), "square": np.zeros_like(like)}

    def begin(self, rate: float) -> None:
        """Begin a step of learning rate *rate*; `update` follows for each block."""
        self.n_steps += 1
        corrected = rate * np.sqrt(1 - self.beta_2**self.n_steps) / (1 - self.beta_1**self.n_steps)
        root = np.sqrt(1 - self.beta_2)
        self._rate = float(corrected * (1 - self.beta_1) / root)
        self._epsilon = float(self.epsilon / root)

    def update(self, block: slice, params: np.ndarray, grad: np.ndarray, spare: np.ndarray) -> None:
        """Change *params* of a block in place; *grad* and *spare*, as large, are written over."""
        mean, square = self.state["mean"][block], self.state["square"][block]
        _remember(mean, self.beta_1, grad)
        np.multiply(grad, grad, out=grad)
        _remember(square, self.beta_2, grad)
        np.sqrt(square, out=spare)
        np.add(spare, self._epsilon, out=spare)
        np.divide(mean, spare, out=spare)
        np.multiply(spare, self._rate, out=spare)
        np.subtract(params, spare, out=params)


class Nadam:
    """Adam with Nesterov's look ahead [1]_, as PyTorch has it.

    Parameters
    ----------
    like, beta_1, beta_2, epsilon
        As of `Adam`.

    References
    ----------
    .. [1] T. Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop, 2016.
    """

    decay = 0.004  # how soon the momentum reaches beta_1

    def __init__(self, like: np.ndarray, beta_1: float, beta_2: float, epsilon: float):
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.n_steps, self.product = 0, 1.0
        self.state = {"mean": np.zeros_like(like), "square": np.zeros_like(like)}

    def begin(self, rate: float) -> None:
        """Begin a step of learning rate *rate*; `update` follows for each block."""
        self.n_steps += 1
        now, ahead = (
            self.beta_1 * (1 - 0.5 * 0.96 ** (step * self.decay))
            for step in (self.n_steps, self.n_steps + 1)
        )
        self.product *= now
        root = np.sqrt((1 - self.beta_2) / (1 - self.beta_2**self.n_steps))
        self._grad_rate = float(rate * (1 - now) / (1 - self.product) / root)
        self._mean_rate = float(
            rate * ahead / (1 - self.product * ahead) * (1 - self.beta_1) / root
        )
        self._epsilon = float(self.epsilon / root)

    def update(self, block: slice, params: np.ndarray, grad: np.ndarray, spare: np.ndarray) -> None:
        """Change *params* of a block in place; *grad* and *spare*, as large, are written over."""
        mean, square = self.state["mean"][block], self.state["square"][block]
        _remember(mean, self.beta_1, grad)
        np.multiply(grad, grad, out=spare)
        _remember(square, self.beta_2, spare)
        np.multiply(grad, self._grad_rate, out=grad)
        np.multiply(mean, self._mean_rate, out=spare)
        np.add(grad, spare, out=grad)
        np.sqrt(square, out=spare)
        np.add(spare, self._epsilon, out=spare)
        np.divide(grad, spare, out=grad)
        np.subtract(params, grad, out=params)


class RMSprop:
    """The gradient over the root of its mean square [1]_, as PyTorch has it.

    Parameters
    ----------
    like : ndarray of shape (n_params,)
    rho : float
        Memory of the mean square, in [0, 1).
    epsilon : float
        Added to the root of the mean square.

    References
    ----------
    .. [1] T. Tieleman and G. Hinton, "Lecture 6.5: RMSprop", Neural Networks for
       Machine Learning, 2012.
    """

    def __init__(self, like: np.ndarray, rho: float, epsilon: float):
        self.rho, self.epsilon = rho, epsilon
        self.state = {"square": np.zeros_like(like)}

    def begin(self, rate: float) -> None:
        """Begin a step of learning rate *rate*; `update` follows for each block."""
        root = np.sqrt(1 - self.rho)
        self._rate, self._epsilon = float(rate / root), float(self.epsilon / root)

    def update(self, block: slice, params: np.ndarray, grad: np.ndarray, spare: np.ndarray) -> None:
        """Change *params* of a block in place; *grad* and *spare*, as large, are written over."""
        square = self.state["square"][block]
        np.multiply(grad, grad, out=spare)
        _remember(square, self.rho, spare)
        np.sqrt(square, out=spare)
        np.add(spare, self._epsilon, out=spare)
        np.divide(grad, spare, out=grad)
        np.multiply(grad, self._rate, out=grad)
        np.subtract(params, grad, out=params)


class SGD:
    """Stochastic gradient descent with momentum, Nesterov's or plain.

    Parameters
    ----------
    like : ndarray of shape (n_params,)
    momentum : float
        Share of the last step that is taken again, in [0, 1].
    nesterov : bool
        Whether the gradient counts as if that share had been taken already.
    """

    def __init__(self, like: np.ndarray, momentum: float, nesterov: bool):
        self.momentum, self.nesterov = momentum, nesterov
        self.state = {"velocity": np.zeros_like(like)}

    def begin(self, rate: float) -> None:
        """Begin a step of learning rate *rate*; `update` follows for each block."""
        self._rate = float(rate)

    def update(self, block: slice, params: np.ndarray, grad: np.ndarray, spare: np.ndarray) -> None:
        """Change *params* of a block in place; *grad* and *spare*, as large, are written over."""
        velocity = self.state["velocity"][block]
        np.multiply(grad, -self._rate, out=grad)
        _remember(velocity, self.momentum, grad)
        if self.nesterov:
            np.multiply(velocity, self.momentum, out=spare)
            np.add(params, grad, out=params)
            np.add(params, spare, out=params)
        else:
            np.add(params, velocity, out=params)


def _remember(average: np.ndarray, memory: float, value: np.ndarray) -> None:
    """Let an average keep its share *memory*, and add a value, in place."""
    np.multiply(average, memory, out=average)
    np.add(average, value, out=average)


def optimiser_for(like: np.ndarray, solver: str, params: dict) -> Adam | Nadam | RMSprop | SGD:
    """Return the optimiser of a solver, with scikit-learn's names of its parameters."""
    if solver == "sgd":
        return SGD(like, params["momentum"], params["nesterovs_momentum"])
    if solver == "rmsprop":
        return RMSprop(like, params["rho"], params["epsilon"])
    kind = Adam if solver == "adam" else Nadam
    return kind(like, params["beta_1"], params["beta_2"], params["epsilon"])
