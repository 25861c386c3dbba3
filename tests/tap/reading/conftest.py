"""A WMS whose entities take several pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from wms_standin import WmsStandin

from tests.tap.reading.six_pages import CHANGING, ENTITY, ROWS, WITHOUT_ID

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def big_wms() -> Iterator[WmsStandin]:
    rows = {ENTITY: ROWS, CHANGING: ROWS // 3, WITHOUT_ID: 60}
    with WmsStandin(seed=3, rows=rows) as wms:
        yield wms
