"""Responses that break off, drip, end early, begin oddly, or come from a proxy."""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from wms_standin.faults.rules import Fault, Kind

_HTML: Final = (
    "<html><head><title>{status}</title></head><body><h1>Service unavailable</h1></body></html>"
)
_OFFSET: Final = re.compile(rb'(\d\d:\d\d\.\d{6})[+-]\d\d:\d\d"')


class BrokenResponse(Response):
    """Sends a part of the body (none: not even headers), then breaks the connection."""

    def __init__(self, whole: Response | None = None) -> None:
        super().__init__()
        self._whole = whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Break off; the server in front provides `abort` in the scope."""
        if self._whole is not None:
            body = bytes(self._whole.body)
            start = {"type": "http.response.start", "status": 200}
            await send(start | {"headers": self._whole.raw_headers})
            part = body[: len(body) * 2 // 3]
            await send({"type": "http.response.body", "body": part, "more_body": True})
            await asyncio.sleep(0.02)  # lets the part leave before the end
        scope["extensions"]["standin.abort"](reset=self._whole is None)
        await asyncio.sleep(0.01)  # lets the server notice


class DrippingResponse(Response):
    """Sends status line and headers byte by byte, then the body, and closes the connection."""

    def __init__(self, whole: Response, seconds: float) -> None:
        super().__init__(status_code=whole.status_code)
        self._whole, self._seconds = whole, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write to the connection itself, which the server in front provides in the scope."""
        transport = scope["extensions"]["standin.transport"]
        for byte in self._head():
            if transport.is_closing():
                break
            transport.write(bytes([byte]))
            await asyncio.sleep(self._seconds)
        transport.write(bytes(self._whole.body))
        transport.close()
        await asyncio.sleep(0.01)  # lets the server notice

    def _head(self) -> bytes:
        status = HTTPStatus(self._whole.status_code)
        lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
        lines += [name + b": " + value for name, value in self._whole.raw_headers]
        return b"\r\n".join([*lines, b"connection: close", b"", b""])


def spoiled(response: Response, fault: Fault) -> Response:
    """Return what leaves instead of the response."""
    spoil = _SPOILS.get(fault.kind)
    return spoil(response, fault) if spoil else response


def _html_page(response: Response, fault: Fault) -> Response:
    page = _HTML.format(status=fault.status)
    return Response(page, fault.status, media_type="text/html; charset=utf-8")


def _with_body(response: Response, body: bytes) -> Response:
    headers = {k: v for k, v in response.headers.items() if k.lower() != "content-length"}
    return Response(body, response.status_code, headers)


def _truncated(response: Response, fault: Fault) -> Response:
    body = bytes(response.body)
    return _with_body(response, body[: len(body) * 2 // 3])


def _with_odd_offsets(response: Response, fault: Fault) -> Response:
    return _with_body(response, _OFFSET.sub(rb'\1-03:06:28"', bytes(response.body)))


_SPOILS: Final[dict[Kind, Callable[[Response, Fault], Response]]] = {
    "html": _html_page,
    "truncated": _truncated,
    "cut": lambda response, _: BrokenResponse(response),
    "reset": lambda *_: BrokenResponse(),
    "dripping": lambda response, fault: DrippingResponse(response, fault.seconds),
    "bom": lambda response, _: _with_body(response, b"\xef\xbb\xbf" + bytes(response.body)),
    "offset_seconds": _with_odd_offsets,
}
