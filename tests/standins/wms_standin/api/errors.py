"""Errors of the API: a status and the envelope `{reference, code, message, details}`."""

from __future__ import annotations

from typing import Any, Final


class ApiError(Exception):
    """Ends a request with an error body."""

    def __init__(
        self, status: int, code: str, message: str, details: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details

    def body(self, reference: str) -> dict[str, Any]:
        """Return the envelope; `details` only when there are any."""
        body: dict[str, Any] = {
            "reference": reference,
            "code": self.code,
            "message": self.message,
        }
        return body if self.details is None else body | {"details": self.details}


def invalid(details: dict[str, str]) -> ApiError:
    """Return a 400: the request's parameters make no sense."""
    return ApiError(400, "VALIDATION_ERROR", "Invalid input.", details)


def not_found() -> ApiError:
    """Return a 404: no such resource, no rows in a list, or rows that the user may not see."""
    return ApiError(404, "NOT_FOUND", "Not found.")


_CODES: Final = {
    400: "VALIDATION_ERROR",
    401: "AUTHENTICATION_FAILED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "CONFLICT",
    429: "THROTTLED",
}


def failure(status: int) -> ApiError:
    """Return an error of that status that gives no reason."""
    return ApiError(status, _CODES.get(status, "SERVER_ERROR"), "The request failed.")
