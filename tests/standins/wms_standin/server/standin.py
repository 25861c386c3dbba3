"""A stand-in: its data, users, clock and server, as tests use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route

from wms_standin.api.accounts import Accounts, OAuthClient, User
from wms_standin.data.activity import Activity
from wms_standin.data.clock import Clock
from wms_standin.data.world import World
from wms_standin.options import Options
from wms_standin.server.application import WmsApi
from wms_standin.server.connection import Connections
from wms_standin.server.control import control_routes
from wms_standin.server.listener import Listener
from wms_standin.server.token_endpoint import TokenEndpoint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from types import TracebackType

    from wms_standin.faults.lies import Lie
    from wms_standin.faults.rules import Fault, FaultRule
    from wms_standin.server.latency import Latency

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
            absent_fields=self.options.absent_fields,
            key_forms=self.options.key_forms,
        )
        self.accounts = Accounts(self.clock, self.options.token_seconds)
        self.add_user(User(name=self.username, password=self.password, async_data_extract_flg=True))
        self.tokens = TokenEndpoint(self.accounts, self.options)
        self.api = WmsApi(self.world, self.accounts, self.options, self.clock)
        self.requests = self.api.requests
        """The log of all requests; `clear()` it at will."""
        self.extracts = self.api.extracts
        """The Data Extract API: its endpoints, options and faults."""
        self._listener = Listener(host, port)

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
    def token_url(self) -> str:
        """The OAuth2 token endpoint."""
        return f"{self._listener.url}{self.options.token_path}"

    @property
    def built_in_token_url(self) -> str:
        """The token endpoint of WMS itself, which knows no scopes."""
        return f"{self.base_url}/api/oauth2/token/"

    @property
    def port(self) -> int:
        """The port listened on; 0 before the start when none was asked for."""
        return self._listener.port

    @property
    def base_url(self) -> str:
        """Host and environment: what a client is configured with."""
        return f"{self._listener.url}/{self.options.environment}"

    def add_user(self, user: User) -> None:
        """Add a user, or replace the one of that name."""
        self.accounts.users[user.name] = user

    def add_client(self, client: OAuthClient) -> None:
        """Add an OAuth client, or replace the one of that id."""
        self.accounts.clients[client.client_id] = client

    def fail(self, fault: Fault) -> FaultRule:
        """Let matching requests fail from now on."""
        return self.api.faults.add(fault)

    def tell(self, lie: Lie) -> FaultRule:
        """Let the server lie once; `told` of the rule says whether it did."""
        return self.fail(lie.fault())

    def heal(self) -> None:
        """Lift all faults and stop the changes of `live`."""
        self.api.heal()

    def live(self, **settings: Any) -> Activity:
        """Change rows while lists are read (the fields of Activity); `heal` ends it."""
        self.api.activity = Activity(**settings)
        return self.api.activity

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
        self._listener.start(Connections(self._application(), self.clock, self.options.date_skew))
        return self

    def stop(self) -> None:
        """Close all connections and end the server."""
        self._listener.stop()

    def _application(self) -> Starlette:
        path = f"/{self.options.environment}/wms/lgfapi/{{rest:path}}"
        built_in = f"/{self.options.environment}/api/oauth2/token/"
        routes = [
            Route(path, self.api.handle, methods=_METHODS),
            Route(self.options.token_path, self.tokens.handle, methods=["POST"]),
            *control_routes(self.api),
        ]
        if self.options.built_in_tokens:
            routes.append(Route(built_in, self.tokens.handle_built_in, methods=["POST"]))
        middleware = [Middleware(GZipMiddleware)] if self.options.gzip else []
        return Starlette(routes=routes, middleware=middleware)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
