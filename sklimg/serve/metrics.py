"""How good a run found its model, as a service tells it.

Floor 7: reads one file.
"""

import json
from pathlib import Path
from typing import Any

from sklimg.errors import DataError
from sklimg.regular import read_regular

__all__ = ["tested"]

_MOST_BYTES = 2**28
_CLOSE = 1e-9  # that numbers may be off by their last bits


def tested(file: Path) -> dict[str, Any]:
    """Return what the metrics of a run say of its test part.

    Raises
    ------
    DataError
        If they are damaged.
    """
    try:
        metrics = json.loads(read_regular(file, _MOST_BYTES))
        low, high = map(float, metrics["accuracy_interval"])
        told = {
            "accuracy": float(metrics["accuracy"]),
            "accuracy_interval": [low, high],
            "n_test": int(metrics["n_test"]),
        }
    except (OSError, LookupError, RecursionError, TypeError, ValueError) as err:
        raise DataError(f"{file}: damaged; copy the run again, or serve its model/ alone") from err
    accuracy = told["accuracy"]
    if not (0 <= low <= accuracy + _CLOSE and accuracy - _CLOSE <= high <= 1):
        raise DataError(f"{file}: accuracy and interval disagree; copy the run again")
    return told
