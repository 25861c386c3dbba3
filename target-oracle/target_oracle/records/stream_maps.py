"""Stream maps applied to records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from singer_sdk.exceptions import SingerSDKError
from singer_sdk.mapper import SameRecordTransform

from target_oracle.errors import TargetError

if TYPE_CHECKING:
    from singer_sdk.mapper import StreamMap

    from target_oracle.records.slices import Record


@dataclass(frozen=True)
class RecordMap:
    """Changes the records of one stream."""

    stream_map: StreamMap

    @classmethod
    def of(cls, stream_map: StreamMap) -> RecordMap | None:
        """Wrap a stream map; None where it leaves records as they are."""
        if type(stream_map) is SameRecordTransform and not stream_map.flattening_enabled:
            return None
        return cls(stream_map)

    def apply(self, record: Record) -> Record | None:
        """Return the record that is to be loaded; None for one that is left out.

        Raises:
            TargetError: The map cannot be applied; no value of the record is told.
        """
        try:
            return self.stream_map.transform(record)
        except Exception as error:
            reason = str(error) if isinstance(error, SingerSDKError) else type(error).__name__
            msg = (
                f"Stream '{self.stream_map.stream_alias}': stream_maps cannot be applied to a "
                f"record: {reason.rstrip('.')}."
            )
            raise TargetError(msg) from error
