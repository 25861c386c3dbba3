"""Connections that heed the deadline of the request that they serve."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpcore
from typing_extensions import override

from tap_oracle_wms.api.deadlines import deadline

if TYPE_CHECKING:
    import ssl


class _Stream(httpcore.NetworkStream):
    """A connection that heeds the deadline of the request that it serves."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    @override
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    @override
    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

    @override
    def close(self) -> None:
        self._stream.close()

    @override
    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    @override
    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class Network(httpcore.SyncBackend):
    """Makes connections that heed the deadlines of the requests that they serve."""

    @override
    def connect_tcp(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        return _Stream(super().connect_tcp(*args, **kwargs))


def _left(timeout: float | None, error: type[httpcore.TimeoutException]) -> float | None:
    """Return the time-out of one read or write, which ends with the request's own time."""
    end = deadline.get()
    if end is None:
        return timeout
    left = end - time.monotonic()
    if left <= 0:
        raise error
    return left if timeout is None else min(left, timeout)
