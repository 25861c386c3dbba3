"""The stand-in as a server in a thread."""

from __future__ import annotations

import socket
import time
from threading import Thread
from typing import TYPE_CHECKING, Self

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from wms_standin.app import WmsApi
from wms_standin.auth import Accounts, OAuthClient, User
from wms_standin.clock import Clock
from wms_standin.options import Options
from wms_standin.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from wms_standin.request_log import Request

_METHODS = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"]


class WmsStandin:
    """A WMS of its own: data, users, clock, and a server on a free port of 127.0.0.1."""

    username = "tap_user"
    password = "s3cret-Pässword"

    def __init__(
        self,
        *,
        seed: int = 1,
        size: float = 1.0,
        rows: Mapping[str, int] | None = None,
        options: Options | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
    ) -> None:
        self.options = options or Options()
        self.clock = Clock()
        self.world = World(
            seed=seed,
            size=size,
            rows=rows or {},
            anchor=self.options.anchor,
            clock=self.clock,
            bump_parents=self.options.bump_parents,
        )
        self.accounts = Accounts(self.clock, self.options.token_seconds)
        self.add_user(User(name=self.username, password=self.password))
        self.api = WmsApi(self.world, self.accounts, self.options, self.clock)
        self._host, self._port = host, port
        self._thread: Thread | None = None

    @property
    def requests(self) -> list[Request]:
        """The log of all requests; `clear()` it at will."""
        return self.api.requests

    @property
    def port(self) -> int:
        """The port listened on; 0 before the start when none was asked for."""
        return self._port

    @property
    def base_url(self) -> str:
        """Host and environment: what a client is configured with."""
        return f"http://{self._host}:{self._port}/{self.options.environment}"

    def add_user(self, user: User) -> None:
        """Add a user, or replace the one of that name."""
        self.accounts.users[user.name] = user

    def add_client(self, client: OAuthClient) -> None:
        """Add an OAuth client, or replace the one of that id."""
        self.accounts.clients[client.client_id] = client

    def start(self) -> Self:
        """Listen and serve; returns when requests are answered."""
        # asyncio turns Nagle's delay off only for sockets that say they are TCP
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self._host, self._port))
        self._port = listener.getsockname()[1]
        config = uvicorn.Config(
            _Dated(self._application(), self.clock),
            log_config=None,
            access_log=False,
            lifespan="off",
            date_header=False,
            server_header=False,
        )
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        return self

    def stop(self) -> None:
        """Close all connections and end the server."""
        if self._thread is not None:
            self._server.should_exit = self._server.force_exit = True
            self._thread.join()
            self._thread = None

    def _application(self) -> Starlette:
        path = f"/{self.options.environment}/wms/lgfapi/{{rest:path}}"
        return Starlette(routes=[Route(path, self.api.handle, methods=_METHODS)])

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Dated:
    """Adds the `Date` header of the stand-in's own clock to every response."""

    def __init__(self, application: ASGIApp, clock: Clock) -> None:
        self._application, self._clock = application, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"date", self._clock.http_date())]
            await send(message)

        await self._application(scope, receive, dated)
