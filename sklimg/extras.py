"""Packages that not everybody needs.

Floor 0: imports only the errors.
"""

from importlib import import_module
from types import ModuleType

from sklimg.errors import MissingExtra

__all__ = ["require"]


def require(module: str, extra: str) -> ModuleType:
    """Import a module, or say which extra brings it.

    Parameters
    ----------
    module : str
        Its full name.
    extra : str
        The extra of sklimg that its package belongs to.

    Raises
    ------
    MissingExtra
        If its package is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as err:
        if err.name != module.partition(".")[0]:
            raise  # the package is there, something inside it is broken
        raise MissingExtra(
            f"{module}: needed here and not installed; run: pip install 'sklimg[{extra}]' (from a "
            f"checkout: '.[{extra}]')"
        ) from err
