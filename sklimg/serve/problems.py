"""What is answered when a request cannot be: problem details, as RFC 9457 tells them.

Floor 7: the extra serve.
"""

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from sklimg.errors import OutputError, SklimgError
from sklimg.files import one_line

__all__ = ["PROBLEM_TYPE", "Problem", "as_problem"]

PROBLEM_TYPE = "application/problem+json"
_MOST_TEXT = 1000  # characters of a detail
_CODES = {404: "not_found", 405: "method_not_allowed"}
_REMEDIES = {404: "no such page; GET / lists what there is", 405: "this page takes other methods"}


class Problem(Exception):
    """A request that is refused, and why.

    Parameters
    ----------
    status : int
        400 to 599.
    code : str
        A stable word for the reason.
    detail : str
        Where, what was expected, what came, what to do.
    headers : mapping of str to str, optional
    errors : iterable of dict, optional
        What is wrong of each part of the request.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        errors: Iterable[Mapping[str, Any]] = (),
    ):
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.headers, self.errors = dict(headers or {}), list(errors)

    def response(self) -> Response:
        """Return the answer that tells of it."""
        told: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": one_line(self.detail[:_MOST_TEXT]),
        }
        if self.errors:
            told["errors"] = self.errors
        return Response(json.dumps(told), self.status, self.headers, PROBLEM_TYPE)


async def as_problem(request: Request, err: Exception) -> Response:
    """Return the answer for what a route raised.

    Parameters
    ----------
    request : Request
    err : Exception
        A Problem, what the framework found, or a bug.
    """
    if isinstance(err, RequestValidationError):
        errors = [
            {"field": ".".join(map(str, error["loc"][1:])), "detail": one_line(error["msg"])[:200]}
            for error in err.errors()[:10]
        ]
        text = "; ".join(f"{error['field']}: {error['detail']}" for error in errors)
        err = Problem(422, "parameter", f"query: {text}", errors=errors)
    elif isinstance(err, HTTPException):
        text = _REMEDIES.get(err.status_code, str(err.detail))
        where = request.scope["path"] if err.status_code == 404 else request.method
        code = _CODES.get(err.status_code, "refused")
        headers = {"Allow": _allowed(request)} if err.status_code == 405 else err.headers
        err = Problem(err.status_code, code, f"{where}: {text}", headers)
    elif isinstance(err, OutputError):
        err = Problem(507, "disk", str(err))
    elif isinstance(err, SklimgError):
        err = Problem(500, "damaged", str(err))
    elif not isinstance(err, Problem):
        err = Problem(500, "bug", "this is a bug of sklimg; the log of the service tells more")
    return err.response()


def _allowed(request: Request) -> str:
    """Return the methods that a path takes, those of all its routes."""
    found = {
        method
        for route in request.app.routes
        if route.matches(request.scope)[0] is not Match.NONE
        for method in route.methods
    }
    return ", ".join(sorted(found))
