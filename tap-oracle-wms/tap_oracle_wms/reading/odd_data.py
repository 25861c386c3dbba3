"""Values that no decoder takes: told with their field and id, or read after all."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from tap_oracle_wms.catalog.fields import Kind
from tap_oracle_wms.errors import DataError
from tap_oracle_wms.reading.bookmark import FIRST_ID
from tap_oracle_wms.reading.values import WIRE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_oracle_wms.catalog.fields import EntityField

SECONDS_OF_OFFSET = re.compile(r"[+-]\d\d:\d\d:\d\d$")
"""The end of a time of before about 1920, in a zone that then had its own mean time."""


def place(after: int) -> str:
    """Say what the rows of an answer come after."""
    return "from the beginning" if after == FIRST_ID else f"after id {after}"


def read_times(rows: Sequence[Any], attributes: Sequence[str]) -> None:
    """Replace the texts of times in rows by the instants.

    Raises:
        msgspec.ValidationError: One is no time with an offset.
    """
    for row in rows:
        for attribute in attributes:
            text = getattr(row, attribute)
            if text is not None:
                setattr(row, attribute, instant(text))


def instant(text: str) -> datetime:
    """Parse a time with an offset.

    Raises:
        msgspec.ValidationError: It is none.
    """
    if SECONDS_OF_OFFSET.search(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError as error:
            raise msgspec.ValidationError(str(error)) from None
    return msgspec.convert(text, datetime)


class _Constant(str):
    """NaN and its kind, as it stands."""

    __slots__ = ()


def oddity(content: bytes) -> str | None:
    """Say which value of which row makes an answer no JSON; None where no single one does."""
    text = content.decode("utf-8", "surrogateescape")
    try:
        rows = json.loads(text, parse_constant=_Constant)["results"]
        found = [(row, name) for row in rows for name, value in row.items() if _is_odd(value)]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    if not found:
        return None
    row, name = found[0]
    what = row[name] if isinstance(row[name], _Constant) else "text that is no Unicode"
    return (
        f"field {name}, id {row.get('id')}, holds {what}, which no JSON has; deselect the field, "
        f"or report it to Oracle"
    )


def _is_odd(value: Any) -> bool:
    match value:
        case _Constant():
            return True
        case str():
            return any("\ud800" <= each <= "\udfff" for each in value)
        case dict():
            return any(map(_is_odd, value.values()))
        case list():
            return any(map(_is_odd, value))
    return False


def check_ids(stream: str, rows: Sequence[Any], after: int) -> None:
    """Check that all rows, which come after an id, have one of their own.

    Raises:
        DataError: One has none.
    """
    for row in rows:
        if row.f0 is None:
            raise DataError(_bad_id(stream, "a row without an id", place(after)))
        after = row.f0


def misfit(
    stream: str,
    fields: Sequence[EntityField],
    rows: Sequence[Mapping[str, msgspec.Raw]],
    after: int,
) -> str | None:
    """Say which value is the first that is not of its field's type; None where all are."""
    where = place(after)
    for row in rows:
        row_id = bytes(row.get("id", b"?")).decode()
        for field in fields:
            if field.name in row and (wrong := _wrong(row[field.name], field.kind)):
                if field.name == "id":
                    return _bad_id(stream, f"a row with the id {row_id}", where)
                return complaint(stream, field.name, row_id, wrong)
        where = f"after id {row_id}"
    return None


def _wrong(value: msgspec.Raw, kind: Kind) -> str:
    """Say why a value is not of a kind; an empty text where it is."""
    try:
        if kind is not Kind.DATETIME:
            msgspec.json.decode(value, type=WIRE[kind])
        elif (text := msgspec.json.decode(value, type=str | None)) is not None:
            instant(text)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def _bad_id(stream: str, what: str, where: str) -> str:
    """The sentence about a row that cannot be told from others."""
    return f"Stream {stream}: {what} came {where}; run again, and report it to Oracle if it stays."


def complaint(stream: str, field: str, row_id: object, reason: str) -> str:
    """The sentence about a value that is not of its field's type."""
    return (
        f"Stream {stream}, field {field}, id {row_id}: the value does not fit the described type: "
        f"{reason}; deselect the field or run discovery again."
    )
