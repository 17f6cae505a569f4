"""Parts of pages: those that lie in the package, and pictures that lie in the page itself.

Floor 1: reads files of the package.
"""

import hashlib
from base64 import b64encode
from functools import cache
from importlib.resources import files

__all__ = ["data_uri", "page_part", "policy_digest"]


def data_uri(content: bytes, kind: str) -> str:
    """Return the address of a picture that holds the picture.

    Examples
    --------
    >>> data_uri(b"abc", "png")
    'data:image/png;base64,YWJj'
    """
    return f"data:image/{kind};base64,{b64encode(content).decode()}"


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
