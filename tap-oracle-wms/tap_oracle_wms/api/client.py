"""One request to the WMS API: address, credentials, retries, concurrency gate, typed errors."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import httpx
import msgspec

from tap_oracle_wms.api.answers import Answers
from tap_oracle_wms.api.auth import authentication, trust
from tap_oracle_wms.api.cancellation import Cancellation
from tap_oracle_wms.api.clock import ServerClock
from tap_oracle_wms.api.deadlines import within
from tap_oracle_wms.api.models import MARK, UNREADABLE
from tap_oracle_wms.api.retries import Retrier, TransientError
from tap_oracle_wms.api.transports import mounts, transport
from tap_oracle_wms.errors import (
    AuthenticationError,
    ConfigError,
    DataError,
    SlowAnswerError,
)
from tap_oracle_wms.observing import logs, signals, telemetry
from tap_oracle_wms.observing.request_metrics import Requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_oracle_wms.config.settings import Settings

logger = logging.getLogger("tap-oracle-wms")

T = TypeVar("T")
E = TypeVar("E", bound=BaseException)

TO_CONNECT = 30.0
"""Seconds for a connection: WMS may take minutes over an answer, but not over this."""

for chatty in ("httpx", "httpcore"):  # several lines per request, with its filters
    logging.getLogger(chatty).setLevel(logging.WARNING)


@dataclass(frozen=True)
class Patience:
    """How long an answer may take, and how often it is asked for."""

    seconds: float | None = None
    """None is as long as `request_timeout`, which is the most."""
    retries_timeouts: bool = True
    attempts: int | None = None
    """None is as many as the settings allow, which is the most."""


PATIENT = Patience()


class WmsClient:
    """Sends the requests of one run, GET and POST; safe to share between threads."""

    def __init__(self, settings: Settings, mocked: httpx.BaseTransport | None = None) -> None:
        self.settings = settings
        self.clock = ServerClock(settings.clock_tolerance)
        self.requests = Requests()
        self.cancellation = Cancellation(settings.max_run_seconds)
        self._retrier = Retrier(settings, self.cancellation, self.requests)
        self._answers = Answers(settings)
        self._reached = False
        self._to_connect = min(TO_CONNECT, settings.request_timeout)
        self._gate = threading.BoundedSemaphore(settings.max_concurrency)
        trusted = trust(settings)
        limits = httpx.Limits(max_keepalive_connections=settings.max_concurrency)
        urls = filter(None, (settings.base_url, settings.token_url))
        self._http = httpx.Client(
            base_url=f"{settings.base_url}/wms/lgfapi/{settings.api_version}",
            auth=authentication(settings),
            timeout=httpx.Timeout(settings.request_timeout, connect=self._to_connect, pool=None),
            headers={
                "Accept": "application/json",
                "User-Agent": "tap-oracle-wms",
                **{k: v.get_secret_value() for k, v in settings.extra_headers.items()},
            },
            transport=mocked or transport(trusted, limits),
            mounts=None if mocked else mounts(urls, trusted, limits),
        )
        signals.watch(self._http)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(
        self,
        path: str,
        params: Mapping[str, str] | str | None,
        decode: Callable[[bytes], T],
        patience: Patience = PATIENT,
    ) -> T:
        """Make a GET request and return the decoded answer.

        Raises:
            NotFoundError: The API itself (not a proxy) answers 404.
            SlowAnswerError: The answer takes too long, where that is not asked for again.
            DataError: The answer is whole but not of the expected shape.
            RequestError: WMS refuses in another way, or the failure lasts.
        """
        attempt = partial(self._attempt, path, params, decode, patience)
        return self._call(f"GET {path}", attempt, patience.attempts)

    def post(self, path: str, body: bytes, decode: Callable[[bytes], T]) -> T:
        """Make a POST request of JSON, perhaps repeatedly, and return the decoded answer."""
        attempt = partial(self._attempt, path, None, decode, PATIENT, body)
        return self._call(f"POST {path}", attempt)

    def _call(self, name: str, attempt: Callable[[], T], attempts: int | None = None) -> T:
        """Return the result of a request.

        Raises:
            AuthenticationError: WMS refuses the credentials, twice where they were good before.
        """
        try:
            return self._retrier.call(name, attempt, attempts)
        except AuthenticationError as error:
            has_new_token = self.settings.auth_method.startswith("oauth2")  # asked with it already
            if has_new_token or not self._reached:
                raise
            logger.warning("%s: %s It is asked once more.", name, error)
        self.cancellation.wait(self.settings.retry_wait_seconds)
        return self._retrier.call(name, attempt, attempts)

    def look(self, path: str, params: Mapping[str, str]) -> httpx.Response:
        """Make a GET request and return the answer, whatever its status.

        Raises:
            AuthenticationError: The credentials are refused.
            SlowAnswerError: The answer takes too long.
            UnavailableError: There is no answer from behind the gateway, also after retries.
        """
        return self._call(f"GET {path}", partial(self._look, path, params))

    def _look(self, path: str, params: Mapping[str, str]) -> httpx.Response:
        response = self._send(path, params, None, Patience(retries_timeouts=False))
        if response.status_code in {401, 502, 503, 504}:
            self._answers.check(response, path, reached=self._reached)
        return response

    def _attempt(
        self,
        path: str,
        params: Mapping[str, str] | str | None,
        decode: Callable[[bytes], T],
        patience: Patience,
        body: bytes | None = None,
    ) -> T:
        response = self._send(path, params, body, patience)
        self._answers.check(response, path, reached=self._reached)
        self.clock.hear(response.headers.get("Date"))
        try:
            answer = decode(response.content.removeprefix(MARK))
        except msgspec.ValidationError as error:
            what = f"{response.request.method} {path}"
            msg = f"WMS answered {what} in an unexpected shape: {error}."
            raise DataError(msg) from None
        except UNREADABLE as error:
            msg = f"the answer is not complete JSON ({error})"
            raise TransientError(msg) from None
        self._reached = True
        return answer

    def _send(
        self,
        path: str,
        params: Mapping[str, str] | str | None,
        body: bytes | None,
        patience: Patience,
    ) -> httpx.Response:
        self.cancellation.check()
        longest = self.settings.request_timeout
        seconds = min(longest, patience.seconds or longest)
        try:
            with self._gate:
                self.requests.send()
                return self._measured(path, params, body, seconds)
        except (httpx.TransportError, httpx.DecodingError) as error:
            reason = self._failure(error, seconds)
            if not patience.retries_timeouts and _is_slow(error):
                msg = f"WMS gave no answer to {error.request.method} {path}: {reason}."
                raise SlowAnswerError(msg) from None
            if not self._reached and (mistake := self._hopeless(error)):
                raise ConfigError(mistake) from None
            raise TransientError(reason) from None

    def _failure(self, error: httpx.RequestError, seconds: float) -> str:
        """Say why there is no answer."""
        match error:
            case httpx.ConnectTimeout():
                return f"no connection within {self._to_connect:g} s"
            case httpx.TimeoutException():
                return f"no answer within {seconds:g} s"
            case httpx.LocalProtocolError():  # whose text may hold a header, and so a token
                return "the request cannot be sent; check the token and `extra_headers`"
        return f"{type(error).__name__}: {error}"

    def _hopeless(self, error: httpx.RequestError) -> str | None:
        """Say what is wrong with an address that no attempt can reach; None when one may."""
        if _cause(error, socket.gaierror):
            host = error.request.url.host
            setting = "base_url" if host == self._http.base_url.host else "token_url"
            return f"Host {host} is unknown; check `{setting}`."
        if untrusted := _cause(error, ssl.SSLCertVerificationError):
            return (
                f"The certificate of {error.request.url.host} is not trusted "
                f"({untrusted.verify_message}); `ca_file` may name the authority that it is from."
            )
        if alert := _refusal(_cause(error, ssl.SSLError)):
            return (
                f"{error.request.url.host} refused the certificate of this client ({alert}); "
                "check `client_certificate` and `client_key`."
            )
        return None

    def _measured(
        self,
        path: str,
        params: Mapping[str, str] | str | None,
        body: bytes | None,
        allowed: float,
    ) -> httpx.Response:
        begun, status = time.monotonic(), None
        headers = None if body is None else {"Content-Type": "application/json"}
        method = "GET" if body is None else "POST"
        try:
            with within(allowed):
                response = self._http.request(
                    method,
                    path,
                    params=params,
                    content=body,
                    headers=headers,
                    timeout=httpx.Timeout(allowed, connect=self._to_connect, pool=None),
                )
            status = response.status_code
            response.stream = httpx.ByteStream(b"")  # read: its stream would keep it in a circle
            return response
        finally:
            stream, seconds = logs.stream() or "", time.monotonic() - begun
            telemetry.measure("request.duration", seconds, stream=stream or None, status=status)
            if path == f"/entity/{stream}/":  # what reads the stream, as against what describes it
                self.requests.measure(stream, path, seconds, status)


def _refusal(error: ssl.SSLError | None) -> str:
    """The alert by which a server refuses a client's certificate, or the lack of one."""
    alert = (getattr(error, "reason", None) or "").partition("_ALERT_")[2]
    refuses = "CERTIFICATE" in alert or alert == "UNKNOWN_CA"
    return alert.lower().replace("_", " ") if refuses else ""


def _is_slow(error: httpx.RequestError) -> bool:
    """Whether the connection was made, but the answer did not come in time."""
    connects = isinstance(error, httpx.ConnectTimeout)
    return isinstance(error, httpx.TimeoutException) and not connects


def _cause(error: BaseException | None, kind: type[E]) -> E | None:
    """Find the error of a kind among the causes of an error."""
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error
