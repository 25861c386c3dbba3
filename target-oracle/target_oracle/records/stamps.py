"""The values of the properties that the target adds, made for a whole slice at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from target_oracle.records.slices import Slice
from target_oracle.schema.conversion import MISFITS, MisfitError, to_utc
from target_oracle.schema.metadata import DELETED_AT, TABLE_VERSION

Stamp = Callable[[Slice], list[Any]]


def stamps(sync_started_at: int, run_id: str = "") -> dict[str, Stamp]:
    """Property -> what makes its values; `sync_started_at` in milliseconds since 1970."""
    return {
        "_sdc_extracted_at": _extracted,
        "_sdc_received_at": lambda piece: [_now()] * len(piece.messages),
        "_sdc_batched_at": lambda piece: [_now()] * len(piece.messages),
        DELETED_AT: deletion_times,
        "_sdc_sequence": lambda piece: [int(_now().timestamp() * 1000)] * len(piece.messages),
        TABLE_VERSION: lambda piece: [message.version for message in piece.messages],
        "_sdc_sync_started_at": lambda piece: [sync_started_at] * len(piece.messages),
        "_sdc_run_id": lambda piece: [run_id] * len(piece.messages),
    }


def _now() -> datetime:
    return datetime.now(UTC)


def _extracted(piece: Slice) -> list[datetime | None]:
    # Taps stamp a page or a second at a time: most texts repeat.
    texts = [message.time_extracted for message in piece.messages]
    known = {text: _moment(text, piece) for text in set(texts) if text}
    return [known.get(text or "") for text in texts]


def _moment(text: str, piece: Slice) -> datetime | None:
    """Return the moment of a text.

    Raises:
        MisfitError: It is none, and the slice has no records that could be refused.
    """
    try:
        return to_utc(text)
    except MISFITS as error:
        reason = "the message's time_extracted is no date-time"
        if not piece.records:
            raise MisfitError(reason) from error
        for index, message in enumerate(piece.messages):
            if message.time_extracted == text:
                piece.refuse(index, "type", "", reason)
        return None


def deletion_times(piece: Slice) -> list[datetime | None]:
    """Parse the deletion times of a slice's records, and refuse records whose time is none."""
    return [
        _deletion(piece, index, text) if text else None
        for index, text in enumerate(piece.deletions)
    ]


def _deletion(piece: Slice, index: int, text: Any) -> datetime | None:
    try:
        return to_utc(text)
    except MISFITS:
        piece.refuse(index, "type", DELETED_AT, "the value is no date-time")
        return None
