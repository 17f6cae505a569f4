"""Parts of pages that lie in the package, and what a page's policy knows them by.

Floor 1: reads files of the package.
"""

import hashlib
from base64 import b64encode
from functools import cache
from importlib.resources import files

__all__ = ["page_part", "policy_digest"]


@cache
def page_part(name: str) -> str:
    """Return the text of a template, a style or a script; it is read once."""
    return files("sklimg").joinpath("templates", name).read_text("utf-8")


def policy_digest(text: str) -> str:
    """Return how a content security policy names one style or script, and no other.

    Examples
    --------
    >>> policy_digest("")
    'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
    """
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
