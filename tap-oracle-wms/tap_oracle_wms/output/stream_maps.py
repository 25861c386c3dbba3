"""Write the records of one stream, after stream maps if there are any."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import MappingError
from singer_sdk.mapper import SameRecordTransform

from tap_oracle_wms.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from singer_sdk.mapper import StreamMap
    from singer_sdk.streams import Stream

    from tap_oracle_wms.output.writer import BufferedWriter
    from tap_oracle_wms.reading.protocol import Piece


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

    def write(self, piece: Piece, version: int | None) -> None:
        """Write a piece of a reading."""
        lines = None if self.is_mapped else piece.lines(self._stream.name, version)
        if lines is None:
            self.write_records(piece.records(), version, piece.extracted)
            return
        for some in lines:
            self._writer.write_lines(some)

    def write_records(
        self, records: Sequence[dict[str, Any]], version: int | None, extracted: datetime
    ) -> None:
        """Write records that were `extracted` together."""
        if not self.is_mapped:
            self._writer.write_records(self._stream.name, records, version, extracted)
            return
        for stream_map in self._stream.stream_maps:
            mapped = (self._mapped(stream_map, record) for record in records)
            found = [record for record in mapped if record is not None]
            self._writer.write_records(stream_map.stream_alias, found, version, extracted)

    def _mapped(self, stream_map: StreamMap, record: dict[str, Any]) -> dict[str, Any] | None:
        """Apply a map to a record; its own errors are not shown, since they may hold values.

        Raises:
            ConfigError: The map fails; the sentence has no values.
        """
        try:
            return stream_map.transform(dict(record))
        except Exception as error:  # noqa: BLE001 - whatever an expression raises
            said = str(error) if isinstance(error, MappingError) else f"{type(error).__name__}."
            msg = (
                f"Setting `stream_maps` cannot be applied to {self._stream.name} "
                f"{record.get('id')}: {said}"
            )
            raise ConfigError(msg) from None
