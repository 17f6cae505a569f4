"""Options of what a classifier learns from."""

from collections.abc import Callable
from functools import reduce

import click

from sklimg.names import NORMALISATIONS, ONNX, PRESETS
from sklimg.spec import MODES

__all__ = ["backbone_params", "feature_options"]

_OPTIONS = (
    click.option(
        "--features",
        metavar="PRESET",
        help=f"What the classifier learns from: {', '.join(PRESETS)}; auto, the one that does "
        "best in cross-validation on the training images; or onnx:FILE, a network that others "
        "have trained.  [default: hog+patches, with colour where the images have it]",
    ),
    click.option(
        "--tensor",
        metavar="NAME",
        help="Of onnx:FILE, the features.  [default: what its classifier takes]",
    ),
    click.option(
        "--normalise",
        type=click.Choice(NORMALISATIONS),
        help="What onnx:FILE takes.  [default: what it says, else imagenet]",
    ),
    click.option(
        "--no-cache", is_flag=True, help="Keep no features of onnx:FILE on disk, and look for none."
    ),
    click.option(
        "--size",
        type=click.IntRange(1, 1024),
        metavar="SIDE",
        help="Pixels a side of what images in folders become.  [default: 28 for symbols, up to "
        "64 for photographs, what onnx:FILE takes]",
    ),
    click.option(
        "--mode",
        type=click.Choice(MODES),
        help="Grey or colour.  [default: what photographs are; grey for symbols]",
    ),
)


def feature_options(command: Callable) -> Callable:
    """Give a command the options of features, and of the size of images."""
    return reduce(lambda made, option: option(made), reversed(_OPTIONS), command)


def backbone_params(asked: dict, fixed: dict) -> dict:
    """Take the options of a backbone out of *asked* and return them as parameters."""
    given = {"tensor": asked.pop("tensor"), "normalise": asked.pop("normalise")}
    given = {name: value for name, value in given.items() if value is not None}
    if asked.pop("no_cache"):
        given["cache"] = False
    if given and not str(asked["features"]).startswith(ONNX):
        option = "no-cache" if "cache" in given else next(iter(given))
        raise click.UsageError(f"--{option}: expected --features {ONNX}FILE beside it")
    params = {f"features__{name}": value for name, value in given.items()}
    if twice := params.keys() & fixed.keys():
        raise click.UsageError(f"--param: {twice.pop()} stands twice, as an option, too")
    return params
