"""The SDK's `_sdc_` properties, made for a whole slice at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib.exceptions import InvalidInputLine

from target_oracle.observing import logs
from target_oracle.records.shaping import DELETED_AT
from target_oracle.schema.types import to_utc

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_oracle.records.shaping import Slice

__all__ = ["DELETED_AT", "PROPERTIES", "RUN_ID", "TABLE_VERSION", "stamps"]

TABLE_VERSION = "_sdc_table_version"
RUN_ID = "_sdc_run_id"
_MISFITS = (ValueError, TypeError, ArithmeticError)  # what texts that are no date-times raise

PROPERTIES: dict[str, dict[str, Any]] = {
    "_sdc_extracted_at": {"type": ["null", "string"], "format": "date-time"},
    "_sdc_received_at": {"type": ["null", "string"], "format": "date-time"},
    "_sdc_batched_at": {"type": ["null", "string"], "format": "date-time"},
    DELETED_AT: {"type": ["null", "string"], "format": "date-time"},
    "_sdc_sequence": {"type": ["null", "integer"]},
    TABLE_VERSION: {"type": ["null", "integer"]},
    "_sdc_sync_started_at": {"type": ["null", "integer"]},
    RUN_ID: {"type": ["null", "string"], "maxLength": logs.LONGEST},
}
"""The properties that sinks add to a schema: the SDK's, and the run."""


def stamps(sync_started_at: int, run_id: str = "") -> dict[str, Callable[[Slice], list[Any]]]:
    """Property -> its values for a slice; `sync_started_at` in milliseconds since 1970."""
    return {
        "_sdc_extracted_at": _extracted,
        "_sdc_received_at": lambda piece: [_now()] * len(piece.messages),
        "_sdc_batched_at": lambda piece: [_now()] * len(piece.messages),
        DELETED_AT: _deleted,
        "_sdc_sequence": lambda piece: [int(_now().timestamp() * 1000)] * len(piece.messages),
        TABLE_VERSION: lambda piece: [message.version for message in piece.messages],
        "_sdc_sync_started_at": lambda piece: [sync_started_at] * len(piece.messages),
        RUN_ID: lambda piece: [run_id] * len(piece.messages),
    }


def _now() -> datetime:
    return datetime.now(UTC)


def _extracted(piece: Slice) -> list[datetime | None]:
    # Taps stamp a page or a second at a time: most texts repeat.
    texts = [message.time_extracted for message in piece.messages]
    known = {text: _moment(text) for text in set(texts) if text}
    return [known.get(text or "") for text in texts]


def _deleted(piece: Slice) -> list[datetime | None]:
    return [
        _deletion(piece, index, text) if text else None
        for index, text in enumerate(piece.deletions)
    ]


def _deletion(piece: Slice, index: int, text: Any) -> datetime | None:
    try:
        return to_utc(text)
    except _MISFITS:
        piece.refuse(index, "type", DELETED_AT, "the value is no date-time")
        return None


def _moment(text: str) -> datetime:
    try:
        return to_utc(text)
    except _MISFITS as error:
        msg = "The time_extracted of a RECORD message is no date-time."
        raise InvalidInputLine(msg) from error
