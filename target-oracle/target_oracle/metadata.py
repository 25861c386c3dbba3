"""The SDK's `_sdc_` properties, made for a whole slice at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from target_oracle.batch import DELETED_AT
from target_oracle.types import to_utc

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_oracle.batch import Slice

__all__ = ["DELETED_AT", "PROPERTIES", "TABLE_VERSION", "stamps"]

TABLE_VERSION = "_sdc_table_version"

PROPERTIES: dict[str, dict[str, Any]] = {
    "_sdc_extracted_at": {"type": ["null", "string"], "format": "date-time"},
    "_sdc_received_at": {"type": ["null", "string"], "format": "date-time"},
    "_sdc_batched_at": {"type": ["null", "string"], "format": "date-time"},
    DELETED_AT: {"type": ["null", "string"], "format": "date-time"},
    "_sdc_sequence": {"type": ["null", "integer"]},
    TABLE_VERSION: {"type": ["null", "integer"]},
    "_sdc_sync_started_at": {"type": ["null", "integer"]},
}
"""The properties that the SDK's sinks add to a schema."""


def stamps(sync_started_at: int) -> dict[str, Callable[[Slice], list[Any]]]:
    """Property -> its values for a slice; `sync_started_at` in milliseconds since 1970."""
    return {
        "_sdc_extracted_at": _extracted,
        "_sdc_received_at": lambda piece: [_now()] * len(piece.messages),
        "_sdc_batched_at": lambda piece: [_now()] * len(piece.messages),
        DELETED_AT: _deleted,
        "_sdc_sequence": lambda piece: [int(_now().timestamp() * 1000)] * len(piece.messages),
        TABLE_VERSION: lambda piece: [message.version for message in piece.messages],
        "_sdc_sync_started_at": lambda piece: [sync_started_at] * len(piece.messages),
    }


def _now() -> datetime:
    return datetime.now(UTC)


def _extracted(piece: Slice) -> list[datetime | None]:
    # Taps stamp a page or a second at a time: most texts repeat.
    texts = [message.time_extracted for message in piece.messages]
    known = {text: to_utc(text) for text in set(texts) if text}
    return [known.get(text or "") for text in texts]


def _deleted(piece: Slice) -> list[datetime | None]:
    return [to_utc(text) if text else None for text in piece.deletions]
