"""Check answers of WMS, and raise the error that a refusal means."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import msgspec

from tap_oracle_wms.api.clock import http_date
from tap_oracle_wms.api.models import MARK, UNREADABLE, ErrorAnswer, ErrorBody
from tap_oracle_wms.api.retries import TransientError
from tap_oracle_wms.config.connection import CREDENTIALS
from tap_oracle_wms.errors import (
    AuthenticationError,
    ConfigError,
    NotFoundError,
    PermissionDeniedError,
    RequestError,
    UnknownFieldsError,
)

if TYPE_CHECKING:
    from tap_oracle_wms.config.settings import Settings

UNKNOWN_FIELDS = re.compile(r"Unknown field\(s\): (\w+(?:, \w+)*)")
"""What a tenant says of names in `fields` that it does not know."""

RETRIED = {408, 409, 425, 429}
"""Statuses below 500 that another attempt may cure."""


class Answers:
    """Accepts successful answers in JSON, and raises the error that any other answer means."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def check(self, response: httpx.Response, path: str, *, reached: bool) -> None:
        """Check an answer; `reached` tells whether WMS has answered this run before.

        Raises:
            AuthenticationError: The credentials are refused.
            ConfigError: The answer is not of WMS.
            TransientError: Another attempt may succeed.
            NotFoundError: The API itself answers 404.
            PermissionDeniedError: The API itself answers 403.
            UnknownFieldsError: The tenant lacks fields that were asked for.
            RequestError: WMS refuses in another way.
        """
        self._check_redirect(response, reached=reached)
        if response.status_code == 401:
            names = CREDENTIALS[self._settings.auth_method]
            wanted = " and ".join(f"`{name}`" for name in names)
            msg = f"WMS refused the credentials (401); check {wanted}."
            raise AuthenticationError(msg)
        if response.status_code >= 500 or response.status_code in RETRIED:
            reason = f"status {response.status_code}"
            raise TransientError(reason, _retry_after(response))
        self._check_source(response, reached=reached)
        self._check_refusal(response, path)
        _check_body(response)

    @staticmethod
    def _check_redirect(response: httpx.Response, *, reached: bool) -> None:
        if not response.is_redirect:
            return
        if reached:
            msg = f"status {response.status_code}, a redirect to {_redirected(response)}"
            raise TransientError(msg)
        raise ConfigError(_redirect_sentence(response))

    def _check_source(self, response: httpx.Response, *, reached: bool) -> None:
        """Raise when a proxy or another server answered in place of WMS.

        Raises:
            ConfigError: WMS has not answered before.
            TransientError: WMS has answered before.
        """
        body = response.content.removeprefix(MARK).lstrip()
        status = response.status_code
        is_json = body.startswith((b"{", b"["))
        if is_json and (status not in {403, 404} or _is_error_of_wms(body)):
            return
        if not reached:
            msg = (
                f"{self._settings.base_url} does not answer like a WMS environment (status "
                f"{status}, {_content_type(response)}); check the host and the environment name "
                f"in `base_url`."
            )
            raise ConfigError(msg)
        reason = f"status {status} with {_content_type(response)} that is not of WMS"
        raise TransientError(reason, _retry_after(response))

    def _check_refusal(self, response: httpx.Response, path: str) -> None:
        status = response.status_code
        what = f"{response.request.method} {path}"
        if status == 403:
            msg = (
                f"WMS denied {what} (403); user {self._settings.username or '?'} needs the "
                f"permission lgfapi_read_access and the right to see this entity."
            )
            raise PermissionDeniedError(msg)
        if status == 404:
            msg = f"WMS has nothing at {what} (404)."
            raise NotFoundError(msg)
        if status not in {200, 201, 202}:
            msg = f"WMS refused {what} ({status}): {_reason(response.content)}."
            if unknown := UNKNOWN_FIELDS.search(response.text):
                raise UnknownFieldsError(msg, frozenset(unknown[1].split(", ")))
            raise RequestError(msg)


def _check_body(response: httpx.Response) -> None:
    """Check that an answer with a status of success is no error of the API.

    Raises:
        TransientError: It is one.
    """
    with suppress(*UNREADABLE):
        msgspec.json.decode(response.content.removeprefix(MARK), type=ErrorAnswer)
        msg = f"an error with status {response.status_code}: {_reason(response.content)}"
        raise TransientError(msg)


def _is_error_of_wms(body: bytes) -> bool:
    """Whether a body is an error of the API itself, not of a proxy: only the former skips a stream.

    Its envelope is documented; the bare form is that of the framework it is probably made with.
    """
    try:
        error = msgspec.json.decode(body, type=dict[str, Any])
    except UNREADABLE:
        return False
    marks = [error.get("reference"), error.get("code")]
    return error.keys() == {"detail"} or any(mark and isinstance(mark, str) for mark in marks)


def _redirect_sentence(response: httpx.Response) -> str:
    target = response.headers.get("Location", "")
    if target.startswith("https:") and response.url.scheme == "http":
        return "WMS redirects http to https; begin `base_url` with https://."
    return (
        f"WMS redirects to {_redirected(response)} ({response.status_code}), which is not its API; "
        f"check the host and the environment name in `base_url`."
    )


def _redirected(response: httpx.Response) -> str:
    """The host that a redirect leads to."""
    return httpx.URL(response.headers.get("Location", "")).host or response.url.host


def _content_type(response: httpx.Response) -> str:
    return str(response.headers.get("Content-Type", "no content type")).split(";")[0]


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds that the server asks to wait, given as a number or as a date of its own clock."""
    value = response.headers.get("Retry-After", "")
    if value.isascii() and value.isdigit():
        return float(value)
    moment = http_date(value)
    now = http_date(response.headers.get("Date", "")) or datetime.now(UTC)
    return None if moment is None else max(0.0, (moment - now).total_seconds())


def _reason(body: bytes) -> str:
    """Message and details of an error body, cut to a readable length."""
    try:
        error = msgspec.json.decode(body.removeprefix(MARK), type=ErrorBody)
    except UNREADABLE:
        return "no reason given"
    text = error.message or error.code or "no reason given"
    if error.details:
        text = f"{text} {msgspec.json.encode(error.details).decode()}"
    return str(text)[:300].rstrip(".")
