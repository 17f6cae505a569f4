"""Small, honest image classifiers from sheets and folders of pictures.

The public names load on first use, so that ``import sklimg`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sklimg.augment import Augmented as Augmented
    from sklimg.images import read_image as read_image
    from sklimg.mlp import MLPClassifier as MLPClassifier
    from sklimg.model import Model as Model
    from sklimg.model import load as load
    from sklimg.model import load_pipeline as load_pipeline
    from sklimg.pipeline import build_pipeline as build_pipeline
    from sklimg.retraining import retrain as retrain
    from sklimg.runs import Run as Run
    from sklimg.sheets import join_tiles as join_tiles
    from sklimg.sheets import split_sheet as split_sheet
    from sklimg.sources import read_data as read_data
    from sklimg.spec import ImageSpec as ImageSpec
    from sklimg.table import Table as Table
    from sklimg.table import read_table as read_table
    from sklimg.table import write_table as write_table
    from sklimg.training import fit as fit
    from sklimg.transformers import CenterGlyph as CenterGlyph

_HOMES = {
    "Augmented": "augment",
    "CenterGlyph": "transformers",
    "ImageSpec": "spec",
    "MLPClassifier": "mlp",
    "Model": "model",
    "Run": "runs",
    "Table": "table",
    "build_pipeline": "pipeline",
    "fit": "training",
    "join_tiles": "sheets",
    "load": "model",
    "load_pipeline": "model",
    "read_data": "sources",
    "read_image": "images",
    "read_table": "table",
    "retrain": "retraining",
    "split_sheet": "sheets",
    "write_table": "table",
}

__all__ = list(_HOMES)


def __getattr__(name: str):
    if name == "__version__":
        from importlib.metadata import version

        return version("sklimg")
    if name not in _HOMES:
        raise AttributeError(f"module 'sklimg' has no attribute {name!r}")
    return getattr(import_module(f"sklimg.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*_HOMES, "__version__"])
