"""Records of one stream to standard output, through stream maps where there are any."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk.mapper import SameRecordTransform

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from singer_sdk.streams import Stream

    from tap_oracle_wms.messages import BufferedWriter


class Emission:
    """Writes pages of records; what the maps make of a stream is looked up once."""

    def __init__(self, stream: Stream, writer: BufferedWriter) -> None:
        self._stream = stream
        self._writer = writer

    @cached_property
    def is_mapped(self) -> bool:
        """Whether stream maps or flattening change the records."""
        kinds = [type(stream_map) for stream_map in self._stream.stream_maps]
        flattened = bool(self._stream.config.get("flattening_enabled"))
        return flattened or kinds != [SameRecordTransform]

    def write(
        self, records: Sequence[dict[str, Any]], version: int | None, extracted: datetime
    ) -> None:
        """Write records that were `extracted` together."""
        if not self.is_mapped:
            self._writer.write_records(self._stream.name, records, version, extracted)
            return
        for stream_map in self._stream.stream_maps:
            mapped = (stream_map.transform(dict(record)) for record in records)
            found = [record for record in mapped if record is not None]
            self._writer.write_records(stream_map.stream_alias, found, version, extracted)
