"""The stand-in as a server in a thread."""

from __future__ import annotations

import socket
import time
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route

from wms_standin.app import WmsApi
from wms_standin.auth import Accounts, OAuthClient, User
from wms_standin.clock import Clock
from wms_standin.control import control_routes
from wms_standin.edge import Edge
from wms_standin.life import Life
from wms_standin.oauth import TokenEndpoint
from wms_standin.options import Options
from wms_standin.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from types import TracebackType

    from starlette.types import ASGIApp

    from wms_standin.extract import Extracts
    from wms_standin.faults import Fault, FaultRule
    from wms_standin.latency import Latency
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
        self.add_user(User(name=self.username, password=self.password, async_data_extract_flg=True))
        self.tokens = TokenEndpoint(self.accounts)
        self.api = WmsApi(self.world, self.accounts, self.options, self.clock)
        self._host, self._port = host, port
        self._thread: Thread | None = None

    @property
    def requests(self) -> list[Request]:
        """The log of all requests; `clear()` it at will."""
        return self.api.requests

    @property
    def now(self) -> datetime:
        """The server's current time; move it by `clock`."""
        return self.clock.now()

    @property
    def latency(self) -> Latency:
        """How slow the server is; replace it at will."""
        return self.api.latency

    @latency.setter
    def latency(self, latency: Latency) -> None:
        self.api.latency = latency

    @property
    def extracts(self) -> Extracts:
        """The Data Extract API: its endpoints, options and faults."""
        return self.api.extracts

    @property
    def token_url(self) -> str:
        """The OAuth2 token endpoint."""
        return f"http://{self._host}:{self._port}{self.options.token_path}"

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

    def fail(self, fault: Fault) -> FaultRule:
        """Let matching requests fail from now on."""
        return self.api.faults.add(fault)

    def heal(self) -> None:
        """Lift all faults and stop the changes of `live`."""
        self.api.faults.clear()
        self.extracts.heal()
        self.api.life = None

    def live(self, **settings: Any) -> Life:
        """Change rows while lists are read (the fields of Life); `heal` ends it."""
        self.api.life = Life(**settings)
        return self.api.life

    def drift(self, column: str | None = None, entity: str | None = None, *, rows: int = 5) -> None:
        """Upgrade the WMS: a new `entity.column` that describe does not list yet, a new entity.

        `world.describe_column` lets describe catch up.
        """
        if column is not None:
            self.world.add_column(*column.split("."))
        if entity is not None:
            self.world.add_entity(entity, rows)

    def start(self) -> Self:
        """Listen and serve; returns when requests are answered."""
        # asyncio turns Nagle's delay off only for sockets that say they are TCP
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self._host, self._port))
        self._port = listener.getsockname()[1]
        self._server = _server(Edge(self._application(), self.clock))
        self._thread = Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the WMS stand-in did not start")
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
        routes = [
            Route(path, self.api.handle, methods=_METHODS),
            Route(self.options.token_path, self.tokens.handle, methods=["POST"]),
            *control_routes(self),
        ]
        return Starlette(routes=routes, middleware=self._middleware())

    def _middleware(self) -> list[Middleware]:
        return [Middleware(GZipMiddleware)] if self.options.gzip else []

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _server(application: ASGIApp) -> uvicorn.Server:
    """Silent, without headers of its own."""
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        lifespan="off",
        date_header=False,
        server_header=False,
        ws="none",
    )
    return uvicorn.Server(config)
