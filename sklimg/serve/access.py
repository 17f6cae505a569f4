"""Who may ask what: hosts, origins, and the token.

- A request names the host that it is for. A page of another site whose name was made to
  lead here still names itself, and is refused.
- A browser tells from which site a page asks. Those of other sites are refused, links that
  somebody follows aside.
- Whatever is not a question needs the token, and so does everything where others than
  this machine can ask, but for the first page and its files: they are the same everywhere
  and ask for the token. A token that is wrong is refused wherever it is shown.

Floor 7: looks at headers.
"""

import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from sklimg.serve.problems import Problem

__all__ = ["LOOPBACK_NAMES", "Access"]

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_QUESTIONS = frozenset({"GET", "HEAD", "OPTIONS"})  # methods that change nothing
_ASKED = frozenset({("POST", "/predict")})  # what is a question, too
_FIRST_PAGE, _PAGE_FILES = "/", "/page/"  # what anybody may see
_AUTHORITY = re.compile(rb"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::([0-9]{1,5}))?")
_ORIGIN = re.compile(rb"(https?)://([^/?#]+)")
_PORTS = {b"http": b"80", b"https": b"443"}
_OWN_SITES = (b"same-origin", b"none")
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="sklimg"'}


@dataclass(frozen=True)
class Access:
    """The rules of one service.

    Parameters
    ----------
    token : str
    is_local : bool
        Whether only this machine can ask.
    hosts : frozenset of str
        Names that the service is known by, in small letters. Where others can ask, any
        IP address is one: it cannot be made to lead elsewhere.
    """

    token: str
    is_local: bool = True
    hosts: frozenset[str] = LOOPBACK_NAMES

    def check(self, scope: Mapping[str, Any]) -> None:
        """Raise unless a request may be answered, by its head alone.

        Raises
        ------
        Problem
            400 without one host, 421 for a foreign one, 403 for a foreign origin, 401 for
            a token that is wrong or missing.
        """
        headers = scope["headers"]
        authority = self._host(_all_of(headers, b"host"))
        _check_origins(_all_of(headers, b"origin"), authority)
        _check_site(headers)
        self._check_token(_all_of(headers, b"authorization"), self._needs_token(scope))

    def _needs_token(self, scope: Mapping[str, Any]) -> bool:
        method, path = scope["method"], scope["path"]
        if method in _QUESTIONS and (path == _FIRST_PAGE or path.startswith(_PAGE_FILES)):
            return False
        return not self.is_local or not (method in _QUESTIONS or (method, path) in _ASKED)

    def _host(self, values: list[bytes]) -> tuple[str, bytes | None]:
        """Return (name, port) of the host that is asked for, if it is this one."""
        found = _AUTHORITY.fullmatch(values[0].strip()) if len(values) == 1 else None
        if found is None:
            raise Problem(400, "host", "Host: expected one header with a name or an address")
        name, port = _name_and_port(found)
        if name not in self.hosts and (self.is_local or not _is_address(name)):
            raise Problem(
                421,
                "host",
                f"Host: this service is not known as {name[:80]}; ask for it by its address, or "
                "start it with --allow-host",
            )
        return name, port

    def _check_token(self, values: list[bytes], is_needed: bool) -> None:
        if not values and not is_needed:
            return
        scheme, _, shown = values[0].partition(b" ") if len(values) == 1 else (b"", b"", b"")
        is_bearer = scheme.lower() == b"bearer"
        if not is_bearer or not hmac.compare_digest(shown.strip(), self.token.encode()):
            got = "a wrong one" if values else "none"
            raise Problem(
                401,
                "token",
                f"Authorization: expected Bearer and the token of this service, got {got}; it "
                "stands in the file that was named when the service started",
                _CHALLENGE,
            )


def _check_origins(values: list[bytes], host: tuple[str, bytes | None]) -> None:
    """Raise unless a request comes from no page, or from one of this service."""
    if not values:
        return
    found = _ORIGIN.fullmatch(values[0].strip()) if len(values) == 1 else None
    theirs = _AUTHORITY.fullmatch(found[2]) if found else None
    if found and theirs:
        name, port = _name_and_port(theirs)
        default = _PORTS[found[1]]
        if (name, port or default) == (host[0], host[1] or default):
            return
    raise _foreign()


def _check_site(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Raise if a browser asks for a page of another site, unless somebody goes to ours."""
    site = _all_of(headers, b"sec-fetch-site")
    is_visit = _all_of(headers, b"sec-fetch-mode") == [b"navigate"] and _all_of(
        headers, b"sec-fetch-dest"
    ) == [b"document"]
    if site and site[0] not in _OWN_SITES and not is_visit:
        raise _foreign()


def _foreign() -> Problem:
    return Problem(403, "origin", "Origin: pages of other sites may not ask this service")


def _all_of(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    return [value for key, value in headers if key == name]


def _name_and_port(found: re.Match[bytes]) -> tuple[str, bytes | None]:
    return (found[1] or found[2].rstrip(b".")).decode().lower(), found[3]


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
