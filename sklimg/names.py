"""Names that commands, library and files share, each written down once.

Floor 0: plain constants, so that a command may name them without loading numpy.
"""

from pathlib import Path

__all__ = [
    "ARTIFACTS",
    "AUGMENTS",
    "AUTO",
    "BACKENDS",
    "ERROR_RATE",
    "LATEST",
    "LOOKS",
    "MANIFEST",
    "MODELS",
    "NORMALISATIONS",
    "ONNX",
    "OWN_FILES",
    "PAPERS",
    "PRESETS",
    "PROBLEMS",
    "REJECTS",
    "SEARCHES",
    "SEES_BLACK",
    "SHEETS",
    "SPEC_UNKNOWN",
    "SPLIT_WORDS",
    "SQUARES",
    "TABLE",
    "TILE_FORMATS",
    "TURNED",
]

MODELS = ("mlp", "sklearn-mlp", "logistic")  # the first is the default

PRESETS = (  # of features, the simplest first
    "pixels",
    "hog",
    "hog+pixels",
    "hog+colour",
    "patches",
    "hog+patches",
    "hog+colour+patches",
)
AUTO = "auto"  # the preset that does best in cross-validation
ONNX = "onnx:"  # and the file of a backbone
NORMALISATIONS = ("imagenet", "caffe", "symmetric", "unit", "none")  # of what it is given

MANIFEST = "manifest.csv"  # of a folder of tiles
SHEETS = "sheets.csv"
REJECTS = "rejects.csv"
TABLE = Path("data", "table.npz")  # in the folder of a run that keeps its own
OWN_FILES = (MANIFEST, SHEETS, REJECTS)

SEARCHES = ("grid", "hyperband")  # the first is the default
BACKENDS = ("loky", "dask")  # the first is the default

AUGMENTS = ("none", "light", "strong")  # the first is the default

SQUARES = ("none", "pad", "crop")  # the first is the default
TILE_FORMATS = ("png", "jpg")

PAPERS = ("a4", "letter")  # the first is the default

SPLIT_WORDS = ("train", "validation", "test")  # in the column split of a table or map
TURNED = ("auto", "yes", "no")  # whether a turned picture is the same; the first is the default

LOOKS = ("empty", "dark", "blurry")  # what may be wrong with the looks of an image
PROBLEMS = ("leak", "copy", "label", "corrupt", *LOOKS)  # what may be wrong with a data set

ERROR_RATE = 0.02  # of answers that are not "unknown", when a threshold is chosen

ARTIFACTS = Path("artifacts")
LATEST = ARTIFACTS / "latest"

# what is odd about what a model is asked, by the command and by the service
SEES_BLACK = "no value is above 1; a model of 0-255 sees black"
SPEC_UNKNOWN = "how the training images became pixels was not recorded; pictures are taken as"
