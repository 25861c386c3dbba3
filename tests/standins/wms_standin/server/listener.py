"""The server in a thread, on a port of one address."""

from __future__ import annotations

import asyncio
import socket
import time
from threading import Thread
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from starlette.types import ASGIApp


class Listener:
    """Serves an application; with port 0, `port` is a free one after the start."""

    def __init__(self, host: str, port: int) -> None:
        self.port = port
        self._host = host
        self._thread: Thread | None = None

    @property
    def url(self) -> str:
        """The address without a path."""
        return f"http://{self._host}:{self.port}"

    def start(self, application: ASGIApp) -> None:
        """Listen; returns when requests are answered."""
        # asyncio turns Nagle's delay off only for sockets that say they are TCP
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self._host, self.port))
        self.port = listener.getsockname()[1]
        self._server = _server(application)
        self._thread = Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                msg = "the WMS stand-in did not start"
                raise RuntimeError(msg)
            time.sleep(0.005)

    def stop(self) -> None:
        """Close all connections and end the server."""
        if self._thread is not None:
            self._server.end()
            self._thread.join()
            self._thread = None


class _Server(uvicorn.Server):
    """A server that ends at once; uvicorn's own looks every tenth of a second whether it should."""

    _loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        """End the server, from any thread."""
        self.should_exit = self.force_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ended.set)

    async def main_loop(self) -> None:
        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        await self.on_tick(0)
        if not self.should_exit:
            await self._ended.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for each in sockets or []:
            each.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0)


def _server(application: ASGIApp) -> _Server:
    """Return a server that is silent and adds no headers of its own."""
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        lifespan="off",
        date_header=False,
        server_header=False,
        ws="none",
    )
    return _Server(config)
