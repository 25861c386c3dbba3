"""How runs that extract are judged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wms_standin import ExtractOptions

from tests.tap.conftest import Run, replayed, run

if TYPE_CHECKING:
    from wms_standin import WmsStandin

ENTITY = "order_dtl"

SPLIT = ExtractOptions(bytes_per_mb=4_000, polls_pending=0, polls_running=0)
"""Some files for each entity."""


def is_no_success(done: Run) -> bool:
    """An error, and a state that says nothing was read."""
    assert done.error is not None
    assert not done.of("ACTIVATE_VERSION")
    return "replication_key_value" not in done.state.get("bookmarks", {}).get(ENTITY, {})


def heals(wms: WmsStandin, config: dict[str, Any], broken: Run) -> bool:
    """The next run, from the state that the broken one left, reads everything."""
    wms.heal()
    after = run(config, state=json.loads(json.dumps(broken.state, default=str)))
    assert after.error is None
    seen = replayed(broken.records(ENTITY)) | replayed(after.records(ENTITY))
    assert "replication_key_value" in after.bookmark(ENTITY)
    return seen.keys() == {row["id"] for row in wms.world.rows(ENTITY)}
