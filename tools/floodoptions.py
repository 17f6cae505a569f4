"""What can be said to a flood, each word checked before anything is started."""

import os
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import click

from sklimg.errors import UsageError

PORTS = {"http": 80, "https": 443}


class Counts(click.ParamType):
    """Whole numbers of 1 or more with commas between."""

    name = "numbers"

    def convert(self, value, param, ctx):
        """Return the numbers, each once."""
        if isinstance(value, tuple):
            return value
        if not re.fullmatch(r"0*[1-9][0-9]{0,4}(,0*[1-9][0-9]{0,4})*", value):
            self.fail(f"expected numbers from 1 to 99999 such as 10,50, got {value!r}", param, ctx)
        return tuple(dict.fromkeys(map(int, value.split(","))))


class Failures(click.ParamType):
    """A number of failures, or with a point their share of all requests."""

    name = "failures"

    def convert(self, value, param, ctx):
        """Return an int or a float."""
        if isinstance(value, int | float):
            return value
        if re.fullmatch(r"[0-9]+", value):
            return int(value)
        if re.fullmatch(r"0?\.[0-9]+|[01]\.0*", value):
            return float(value)
        self.fail(f"expected a number such as 5 or a share such as 0.01, got {value!r}", param, ctx)


class Url(click.ParamType):
    """Where a service answers."""

    name = "url"

    def convert(self, value, param, ctx):
        """Return it without a slash at its end."""
        if not re.fullmatch(r"https?://[^/?#,\s]+/?", value) or not _has_host_and_port(value):
            self.fail(f"expected a URL such as http://127.0.0.1:8000, got {value!r}", param, ctx)
        return value.rstrip("/")


def check_urls(urls: Sequence[str]) -> None:
    """Raise if a service is named twice: it would count as two."""
    seen = set()
    for url in urls:
        parts = urlsplit(url)
        place = parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme]
        if place in seen:
            raise UsageError(f"--url: expected each service once, got {url} twice; name it once")
        seen.add(place)


def check_token() -> None:
    """Raise if the token that SKLIMG_TOKEN holds cannot stand in the head of a request."""
    token = os.environ.get("SKLIMG_TOKEN", "")
    if not re.fullmatch(r"[!-~]*", token):
        raise UsageError(
            f"SKLIMG_TOKEN: expected printable ASCII without spaces, got {len(token)} characters "
            "with others among them; is a line end at its end?"
        )


def _has_host_and_port(url: str) -> bool:
    """Tell whether the parts of a URL can be meant."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
