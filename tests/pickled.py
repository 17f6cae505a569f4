"""Pickles that write a file when they are opened, to put where a model or a run has its files."""

import io
import pickle
import zipfile
from pathlib import Path

import joblib
import numpy as np


class _Writer:
    """What a pickle of it does when it is opened: make *marker*."""

    def __init__(self, marker):
        self.marker = str(marker)

    def __reduce__(self):
        return Path.touch, (Path(self.marker),)


def traps(marker: Path) -> dict[str, bytes]:
    """Return the bytes of files that make *marker* when something opens them as pickles."""
    trap = _Writer(marker)
    dumped, array, archive = io.BytesIO(), io.BytesIO(), io.BytesIO()
    joblib.dump(trap, dumped)
    np.save(array, np.array([trap], object), allow_pickle=True)
    with zipfile.ZipFile(archive, "w") as zipped:
        for name in ("seen", "rows", "pixels", "0.mean"):
            zipped.writestr(f"{name}.npy", array.getvalue())
    return {
        "pickle": pickle.dumps(trap),
        "joblib": dumped.getvalue(),
        "npy": array.getvalue(),
        "npz": archive.getvalue(),
    }
