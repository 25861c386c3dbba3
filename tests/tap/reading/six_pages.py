"""Reads of entities of several pages, from a WMS that may answer wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.tap.conftest import Run, config_for, discovered, run, selected

if TYPE_CHECKING:
    from wms_standin import WmsStandin

ENTITY = "container_lock_xref"
"""Has no `mod_ts`: it is read in full each time."""
CHANGING = "order_hdr"
WITHOUT_ID = "rf_key_map"
ROWS = 638
PAGES = {ENTITY: 100, CHANGING: 33}
"""Rows a page: six pages of either, of which one has many columns."""


def read(wms: WmsStandin, entity: str, state: Any = None, **settings: Any) -> Run:
    settings = {"page_size": PAGES.get(entity, 100), "max_concurrency": 4, **settings}
    config = config_for(wms, entities=entity, **settings)
    return run(config, selected(discovered(config), entity), state)


def ids(done: Run, entity: str) -> list[int]:
    return sorted({record["id"] for record in done.records(entity)})
