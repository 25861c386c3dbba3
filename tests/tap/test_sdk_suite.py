"""The SDK's own tests, against the stand-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from tap_oracle_wms.tap import TapOracleWMS
from wms_standin import WmsStandin

if TYPE_CHECKING:
    from collections.abc import Iterator

_wms = WmsStandin(seed=11)
_wms.start()


@pytest.fixture(scope="module", autouse=True)
def stopped() -> Iterator[None]:
    """The server, which the class below needs when it is made, ends with the module."""
    yield
    _wms.stop()


TestTap: Any = get_tap_test_class(
    TapOracleWMS,
    config={
        "base_url": _wms.base_url,
        "username": _wms.username,
        "password": _wms.password,
        "entities": ["company", "item", "location", "order_hdr", "order_dtl", "order_status"],
    },
    parse_env_config=False,
    suite_config=SuiteConfig(max_records_limit=150),
)
