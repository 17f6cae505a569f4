"""Steps are those of PyTorch and scikit-learn, block by block."""

import numpy as np
import pytest

from sklimg.optimisers import SGD, SOLVERS, Adam, Nadam, RMSprop, optimiser_for

PARAMS = np.array([1.0, -2.0, 0.5])
GRADS = [np.array([0.1 * (t + 1), -0.5 + 0.3 * t, 2.0]) for t in range(5)]
RATE = 0.01

# what torch 2.13.0 makes of PARAMS by GRADS at RATE, its other parameters as here
OF_TORCH = {
    "Nadam": [0.9500663647289581, -2.0025591436919146, 0.45950593646921906],
    "RMSprop": [0.5891170939098992, -2.012949313210422, 0.17553945194617088],
    "Adam": [0.9514916931736009, -1.9787758550437669, 0.4500000002500001],
}


def optimiser(name, like):
    if name == "RMSprop":
        return RMSprop(like, 0.99, 1e-8)
    return {"Adam": Adam, "Nadam": Nadam}[name](like, 0.9, 0.999, 1e-8)


def walk(optimiser, grads, params, blocks=(slice(None),)):
    """Return where the steps lead."""
    params = params.copy()
    for grad in grads:
        optimiser.begin(RATE)
        for block in blocks:
            spare = np.empty_like(params[block])
            optimiser.update(block, params[block], grad[block].copy(), spare)
    return params


@pytest.mark.parametrize("name", OF_TORCH)
def test_they_are_pytorchs_steps(name):
    found = walk(optimiser(name, PARAMS), GRADS, PARAMS)
    np.testing.assert_allclose(found, OF_TORCH[name], rtol=1e-7)


@pytest.mark.parametrize("name", OF_TORCH)
def test_pytorch_itself_makes_them(name):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    kind = {"Nadam": "NAdam"}.get(name, name)
    rng = np.random.default_rng(0)
    start, grads = rng.normal(size=30), rng.normal(size=(200, 30))
    theirs = torch.tensor(start, requires_grad=True)
    options = {"alpha": 0.99} if name == "RMSprop" else {"betas": (0.9, 0.999)}
    steps = getattr(torch.optim, kind)([theirs], lr=RATE, eps=1e-8, **options)
    for grad in grads:
        theirs.grad = torch.tensor(grad)
        steps.step()
    found = walk(optimiser(name, start), grads, start)
    np.testing.assert_allclose(found, theirs.detach().numpy(), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum(nesterov):
    velocity, expected = np.zeros(3), PARAMS.copy()
    for grad in GRADS:
        velocity = 0.9 * velocity - RATE * grad
        expected += 0.9 * velocity - RATE * grad if nesterov else velocity
    found = walk(SGD(PARAMS, 0.9, nesterov), GRADS, PARAMS)
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("solver", SOLVERS)
def test_blocks_change_nothing(solver):
    rng = np.random.default_rng(1)
    start, grads = rng.normal(size=100).astype(np.float32), rng.normal(size=(20, 100))
    params = {"momentum": 0.9, "nesterovs_momentum": True, "rho": 0.9}
    params |= {"beta_1": 0.9, "beta_2": 0.99, "epsilon": 1e-8}
    whole, parts = (optimiser_for(start, solver, params) for _ in range(2))
    blocks = (slice(0, 33), slice(33, 64), slice(64, 100))
    grads = grads.astype(np.float32)
    np.testing.assert_array_equal(walk(whole, grads, start), walk(parts, grads, start, blocks))
