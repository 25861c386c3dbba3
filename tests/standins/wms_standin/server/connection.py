"""The outermost layer: a `Date` on every response, and connections that break."""

from __future__ import annotations

import socket
import struct
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from wms_standin.data.clock import Clock


class Connections:
    """Wraps the application; lends it the connection in `scope["extensions"]`."""

    def __init__(self, application: ASGIApp, clock: Clock, skew: float = 0.0) -> None:
        self._application, self._clock, self._skew = application, clock, skew

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        transport = send.__self__.transport  # type: ignore[attr-defined]  # uvicorn's cycle

        def abort(*, reset: bool) -> None:
            _abort(transport, reset=reset)

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                skew = timedelta(seconds=extensions.get("standin.date_skew", self._skew))
                headers = [*message["headers"], (b"date", self._clock.http_date(skew))]
                message = {**message, "headers": headers}
            await send(message)

        extensions = scope.setdefault("extensions", {})
        extensions |= {"standin.abort": abort, "standin.transport": transport}
        await self._application(scope, receive, dated)


def _abort(transport: Any, *, reset: bool) -> None:
    """Close without a goodbye; with `reset`, the peer sees ECONNRESET."""
    if reset:
        linger = struct.pack("ii", 1, 0)
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
