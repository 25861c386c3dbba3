"""Which kind of stream reads an entity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_oracle_wms.catalog.selection import Chosen, extracts
from tap_oracle_wms.errors import ConfigError
from tap_oracle_wms.reading.history import HISTORY, HistoryStream
from tap_oracle_wms.streams import EntityStream

if TYPE_CHECKING:
    from tap_oracle_wms.tap import TapOracleWMS


def stream_of(tap: TapOracleWMS, name: str, *args: Any, chosen: Chosen) -> EntityStream:
    """An entity's stream."""
    kind: type[EntityStream] = EntityStream
    if name == HISTORY:
        kind = HistoryStream
    elif extracts(name, tap.settings):
        kind = _extract_stream()
    return kind(tap, name, *args, chosen=chosen)


def _extract_stream() -> type[EntityStream]:
    """The stream that reads data extracts, of which the tap's extra brings the libraries."""
    try:
        from tap_oracle_wms.extract.reading import ExtractStream  # noqa: PLC0415 - an extra
    except ImportError:
        msg = "`read_mode` data_extract and auto need the extra: tap-oracle-wms[extract]."
        raise ConfigError(msg) from None
    return ExtractStream
