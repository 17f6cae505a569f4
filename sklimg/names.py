"""Names that commands, library and files share, each written down once.

Floor 0: plain constants, so that a command may name them without loading numpy.
"""

from pathlib import Path

__all__ = [
    "ARTIFACTS",
    "LATEST",
    "MANIFEST",
    "MODELS",
    "OWN_FILES",
    "REJECTS",
    "SHEETS",
    "SQUARES",
    "TILE_FORMATS",
]

MODELS = ("sklearn-mlp", "logistic")  # the first is the default

MANIFEST = "manifest.csv"  # of a folder of tiles
SHEETS = "sheets.csv"
REJECTS = "rejects.csv"
OWN_FILES = (MANIFEST, SHEETS, REJECTS)

SQUARES = ("none", "pad", "crop")  # the first is the default
TILE_FORMATS = ("png", "jpg")

ARTIFACTS = Path("artifacts")
LATEST = ARTIFACTS / "latest"
