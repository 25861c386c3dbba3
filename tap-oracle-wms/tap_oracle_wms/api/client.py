"""One request to the WMS API: address, credentials, retries, concurrency gate, typed errors."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import msgspec

from tap_oracle_wms.api.auth import authentication, trust
from tap_oracle_wms.api.cancellation import Cancellation
from tap_oracle_wms.api.clock import ServerClock, http_date
from tap_oracle_wms.api.models import ErrorBody
from tap_oracle_wms.api.retries import Retrier, TransientError
from tap_oracle_wms.config.settings import CREDENTIALS
from tap_oracle_wms.errors import (
    AuthenticationError,
    ConfigError,
    DataError,
    NotFoundError,
    PermissionDeniedError,
    RequestError,
    SlowAnswerError,
)
from tap_oracle_wms.observing import logs, telemetry
from tap_oracle_wms.observing.request_metrics import Requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_oracle_wms.config.settings import Settings

T = TypeVar("T")
E = TypeVar("E", bound=BaseException)

TO_CONNECT = 30.0
"""Seconds for a connection: WMS may take minutes over an answer, but not over this."""

RETRIED = {408, 409, 425, 429}
"""Statuses below 500 that another attempt may cure."""

for chatty in ("httpx", "httpcore"):  # several lines per request, with its filters
    logging.getLogger(chatty).setLevel(logging.WARNING)


class WmsClient:
    """GET requests of one run; safe to share between threads."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        self.settings = settings
        self.clock = ServerClock()
        self.requests = 0
        self.metered = Requests()
        self.cancellation = Cancellation(settings.max_run_seconds)
        self._retrier = Retrier(settings, self.cancellation)
        self._reached = False
        self._to_connect = min(TO_CONNECT, settings.request_timeout)
        self._gate = threading.BoundedSemaphore(settings.max_concurrency)
        self._http = httpx.Client(
            base_url=f"{settings.base_url}/wms/lgfapi/{settings.api_version}",
            auth=authentication(settings),
            timeout=httpx.Timeout(settings.request_timeout, connect=self._to_connect, pool=None),
            limits=httpx.Limits(max_keepalive_connections=settings.max_concurrency),
            headers={
                "Accept": "application/json",
                "User-Agent": "tap-oracle-wms",
                **{k: v.get_secret_value() for k, v in settings.extra_headers.items()},
            },
            verify=trust(settings),
            transport=transport,
        )
        telemetry.watch(self._http)

    @property
    def retries(self) -> int:
        """Attempts that followed a failed one."""
        return self._retrier.retries.total()

    def retries_of(self, path: str) -> int:
        """Those of one path."""
        return self._retrier.retries[f"GET {path}"]

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def get(
        self,
        path: str,
        params: Mapping[str, str] | str | None,
        decode: Callable[[bytes], T],
        *,
        retry_timeouts: bool = True,
    ) -> T:
        """The decoded answer of a GET.

        Raises:
            NotFoundError: when the API itself (not a proxy) answers 404.
            SlowAnswerError: at the first timeout, unless `retry_timeouts`.
            DataError: when the answer is whole but not of the expected shape.
            RequestError: for every other refusal or lasting failure.
        """
        attempt = partial(self._attempt, path, params, decode, retry_timeouts=retry_timeouts)
        return self._retrier.call(f"GET {path}", attempt)

    def post(self, path: str, body: bytes, decode: Callable[[bytes], T]) -> T:
        """The decoded answer of a POST of JSON; it may reach WMS more than once."""
        attempt = partial(self._attempt, path, None, decode, retry_timeouts=True, body=body)
        return self._retrier.call(f"POST {path}", attempt)

    def _attempt(
        self,
        path: str,
        params: Mapping[str, str] | str | None,
        decode: Callable[[bytes], T],
        *,
        retry_timeouts: bool,
        body: bytes | None = None,
    ) -> T:
        response = self._send(path, params, body, retry_timeouts=retry_timeouts)
        self._check(response, path)
        self.clock.hear(response.headers.get("Date"))
        try:
            answer = decode(response.content)
        except msgspec.ValidationError as error:
            msg = f"WMS answered GET {path} in an unexpected shape: {error}."
            raise DataError(msg) from None
        except msgspec.DecodeError as error:
            msg = f"the answer is not complete JSON ({error})"
            raise TransientError(msg) from None
        self._reached = True
        return answer

    def _send(
        self,
        path: str,
        params: Mapping[str, str] | str | None,
        body: bytes | None,
        *,
        retry_timeouts: bool,
    ) -> httpx.Response:
        self.cancellation.check()
        try:
            with self._gate:
                self.requests += 1
                return self._measured(path, params, body)
        except httpx.ConnectTimeout:
            reason = f"no connection within {self._to_connect:g} s"
            raise TransientError(reason) from None
        except httpx.TimeoutException:
            reason = f"no answer within {self.settings.request_timeout:g} s"
            if not retry_timeouts:
                msg = f"WMS gave no answer to GET {path}: {reason}."
                raise SlowAnswerError(msg) from None
            raise TransientError(reason) from None
        except httpx.LocalProtocolError:  # whose text may hold a header, and so a token
            reason = "the request cannot be sent; check the token and `extra_headers`"
            raise TransientError(reason) from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            if not self._reached and (mistake := self._hopeless(error)):
                raise ConfigError(mistake) from None
            reason = f"{type(error).__name__}: {error}"
            raise TransientError(reason) from None

    def _hopeless(self, error: httpx.RequestError) -> str | None:
        """What is wrong with an address that no further attempt would reach."""
        if _cause(error, socket.gaierror):
            host = error.request.url.host
            setting = "base_url" if host == self._http.base_url.host else "token_url"
            return f"Host {host} is unknown; check `{setting}`."
        if untrusted := _cause(error, ssl.SSLCertVerificationError):
            return (
                f"The certificate of {error.request.url.host} is not trusted "
                f"({untrusted.verify_message}); `ca_file` may name the authority that it is from."
            )
        return None

    def _measured(
        self, path: str, params: Mapping[str, str] | str | None, body: bytes | None
    ) -> httpx.Response:
        begun, status = time.monotonic(), None
        headers = None if body is None else {"Content-Type": "application/json"}
        method = "GET" if body is None else "POST"
        try:
            with self._http.stream(
                method, path, params=params, content=body, headers=headers
            ) as response:
                status = response.status_code
                return _whole(response, begun + self.settings.request_timeout)
        finally:
            stream, seconds = logs.stream() or "", time.monotonic() - begun
            telemetry.measure("request.duration", seconds, stream=stream or None, status=status)
            if path == f"/entity/{stream}/":  # what reads the stream, as against what describes it
                self.metered.note(stream, path, seconds, status)

    def _check(self, response: httpx.Response, path: str) -> None:
        """Turn every answer but a JSON 200 into the error it means."""
        if response.is_redirect and self._reached:
            msg = f"status {response.status_code}, a redirect to {_redirected(response)}"
            raise TransientError(msg)
        if response.is_redirect:
            raise ConfigError(_redirect_sentence(response))
        if response.status_code == 401:
            wanted = " and ".join(f"`{name}`" for name in CREDENTIALS[self.settings.auth_method])
            msg = f"WMS refused the credentials (401); check {wanted}."
            raise AuthenticationError(msg)
        if response.status_code >= 500 or response.status_code in RETRIED:
            reason = f"status {response.status_code}"
            raise TransientError(reason, _retry_after(response))
        self._check_body(response, path)

    def _check_body(self, response: httpx.Response, path: str) -> None:
        body = response.content.lstrip()
        if not body.startswith((b"{", b"[")) or (
            response.status_code in {403, 404} and not _is_error_of_wms(body)
        ):
            if not self._reached:
                msg = (
                    f"{self.settings.base_url} does not answer like a WMS environment (status "
                    f"{response.status_code}, {_content_type(response)}); check the host and the "
                    f"environment name in `base_url`."
                )
                raise ConfigError(msg)
            reason = (
                f"status {response.status_code} with {_content_type(response)} that is not of WMS"
            )
            raise TransientError(reason, _retry_after(response))
        if response.status_code == 403:
            msg = (
                f"WMS denied GET {path} (403); user {self.settings.username or '?'} needs the "
                f"permission lgfapi_read_access and the right to see this entity."
            )
            raise PermissionDeniedError(msg)
        if response.status_code == 404:
            msg = f"WMS has nothing at GET {path} (404)."
            raise NotFoundError(msg)
        if response.status_code not in {200, 201, 202}:
            what = f"{response.request.method} {path} ({response.status_code})"
            msg = f"WMS refused {what}: {_reason(body)}."
            raise RequestError(msg)


def _whole(response: httpx.Response, deadline: float) -> httpx.Response:
    """The response with its body, which must not trickle in beyond a deadline."""
    pieces = []
    for piece in response.iter_bytes():
        pieces.append(piece)
        if time.monotonic() > deadline:
            msg = ""
            raise httpx.ReadTimeout(msg)
    unpacked = response.headers.copy()
    unpacked.pop("Content-Encoding", None)
    content = b"".join(pieces)
    return httpx.Response(
        response.status_code, headers=unpacked, content=content, request=response.request
    )


def _is_error_of_wms(body: bytes) -> bool:
    """Whether a body is an error of the API, and no proxy's own: it decides what is skipped.

    Its envelope is documented; the bare form is that of the framework it is probably made with.
    """
    try:
        error = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        return False
    marks = [error.get("reference"), error.get("code")]
    return error.keys() == {"detail"} or any(mark and isinstance(mark, str) for mark in marks)


def _cause(error: BaseException | None, kind: type[E]) -> E | None:
    """The error of that kind which led to another one."""
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error


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
    """Seconds that the server asks to wait, given as a number or as a date."""
    value = response.headers.get("Retry-After", "")
    if value.isascii() and value.isdigit():
        return float(value)
    moment = http_date(value)
    return None if moment is None else max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _reason(body: bytes) -> str:
    """Message and details of an error body, cut to a readable length."""
    try:
        error = msgspec.json.decode(body, type=ErrorBody)
    except msgspec.DecodeError:
        return "no reason given"
    text = error.message or error.code or "no reason given"
    if error.details:
        text = f"{text} {msgspec.json.encode(error.details).decode()}"
    return str(text)[:300].rstrip(".")
