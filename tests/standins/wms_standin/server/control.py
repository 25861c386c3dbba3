"""Remote control under `/_standin/`, for tests and demos in another process."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from wms_standin.faults.rules import Fault

if TYPE_CHECKING:
    from starlette.requests import Request

    from wms_standin.server.application import WmsApi


def control_routes(api: WmsApi) -> list[Route]:
    """Return the routes: requests, counts, rows/{entity}, mutate, fail, heal."""
    control = _Control(api)
    return [
        Route("/_standin/requests", control.requests, methods=["GET", "DELETE"]),
        Route("/_standin/counts", control.counts),
        Route("/_standin/rows/{entity}", control.rows),
        Route("/_standin/mutate", control.mutate, methods=["POST"]),
        Route("/_standin/fail", control.fail, methods=["POST"]),
        Route("/_standin/heal", control.heal, methods=["POST"]),
    ]


def _json(content: Any) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json")


class _Control:
    def __init__(self, api: WmsApi) -> None:
        self._api = api

    async def requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._api.requests.clear()
        return _json([asdict(entry) for entry in self._api.requests])

    async def counts(self, request: Request) -> Response:
        """Answer how many rows the entities named in `entity=a,b` have; all without it."""
        world = self._api.world
        names = request.query_params.get("entity")
        return _json({n: world.count(n) for n in (names.split(",") if names else world.entities)})

    async def rows(self, request: Request) -> Response:
        """Answer with raw rows: decimals as text, instants in UTC."""
        return _json(self._api.world.rows(request.path_params["entity"]))

    async def mutate(self, request: Request) -> Response:
        """Body: `{"seed": 1, "n": 20, "entities": [...]}`; answers with the changes."""
        wanted = await request.json()
        entities = tuple(wanted.get("entities", ()))
        changes = self._api.world.mutate(wanted.get("seed", 1), wanted.get("n", 20), entities)
        return _json([asdict(change) for change in changes])

    async def fail(self, request: Request) -> Response:
        """Body: the fields of a Fault."""
        self._api.faults.add(Fault(**await request.json()))
        return _json({})

    async def heal(self, request: Request) -> Response:
        self._api.heal()
        return _json({})
