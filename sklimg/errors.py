"""One family of errors; each knows the exit code a command ends with.

A message reads *where: what was expected, what came; what to do*, on one line.
Every class is also the builtin it resembles, so a caller may catch either.

Floor 0: imports nothing of sklimg.
"""

__all__ = [
    "DataError",
    "GateError",
    "GridError",
    "ImageError",
    "MissingExtra",
    "ModelError",
    "OutputError",
    "SheetError",
    "SklimgError",
    "TableError",
    "UsageError",
]


class SklimgError(Exception):
    """Base of every error that sklimg raises on purpose."""

    exit_code = 1


class UsageError(SklimgError, ValueError):
    """An argument, or two of them together, cannot mean anything."""

    exit_code = 2


class DataError(SklimgError, ValueError):
    """A data set is missing, empty, or cannot be learned from."""

    exit_code = 3


class ImageError(SklimgError, ValueError):
    """Bytes that do not become pixels.

    Attributes
    ----------
    code : str
        A stable word for the reason, such as ``truncated`` or ``too_large``.
    """

    exit_code = 3

    def __init__(self, message: str, code: str):
        super().__init__(message)
        self.code = code

    def __reduce__(self):
        return type(self), (str(self), self.code)


class SheetError(SklimgError, ValueError):
    """A sheet and its grid or labels do not fit together."""

    exit_code = 3


class GridError(SheetError):
    """No grid that could be trusted was found on a sheet, or not the one expected.

    Attributes
    ----------
    found : FoundGrid or None
        The grid that may be there.
    """

    def __init__(self, message: str, found=None):
        super().__init__(message)
        self.found = found


class TableError(SklimgError, ValueError):
    """A table file does not hold what a table holds."""

    exit_code = 3


class ModelError(SklimgError, ValueError):
    """A model is missing, damaged or not a model; it was not used."""

    exit_code = 5


class MissingExtra(SklimgError, ImportError):
    """A package of an extra is not installed."""

    exit_code = 6


class OutputError(SklimgError, OSError):
    """The disk, a permission or a lock keeps a result from being written."""

    exit_code = 6


class GateError(SklimgError):
    """A result is below what was asked for."""

    exit_code = 7
