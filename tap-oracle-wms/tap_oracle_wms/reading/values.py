"""Convert values of answers into values of records, a column at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import repeat
from operator import sub
from typing import Annotated, Any

import msgspec

from tap_oracle_wms.api.models import Related
from tap_oracle_wms.catalog.fields import INT64, Kind
from tap_oracle_wms.config.times import utc

_Int64 = Annotated[int, msgspec.Meta(ge=INT64["minimum"], le=INT64["maximum"])]
WIRE: dict[Kind, Any] = {
    Kind.INTEGER: _Int64 | None,
    Kind.DECIMAL: Decimal | None,
    Kind.BOOLEAN: bool | None,
    Kind.STRING: str | None,
    Kind.DATETIME: datetime | None,
    Kind.DATE: date | None,
    Kind.TIME: time | None,
    Kind.RELATION: Related | int | None,
    Kind.STATUS: Related | int | None,
    Kind.COUNT: msgspec.Raw,
    Kind.JSON: msgspec.Raw,
    Kind.URL: str | None,
    Kind.KEY: str | int | None,
}


class _Counted(msgspec.Struct, frozen=True):
    result_count: int = 1


Column = Sequence[Any]
Convert = Callable[[Column], Column]


def as_is(column: Column) -> Column:
    """The column itself."""
    return column


def _each(convert: Callable[[Any], Any]) -> Convert:
    """A conversion of every value that is not null."""
    return lambda column: [None if value is None else convert(value) for value in column]


def instants(column: Column) -> Column:
    """What `utc` makes of each; msgspec writes a column in a tenth of the time."""
    there = [value for value in column if value is not None]
    try:
        made = _shifted(there) or _in_utc(there)
    except (OverflowError, ValueError):
        return _each(utc)(column)
    if len(there) == len(column):
        return made
    texts = iter(made)
    return [None if value is None else next(texts) for value in column]


def _shifted(column: Column) -> Column:
    """Write moments by subtracting their offset; none where they have not all the same one.

    Raises:
        OverflowError: One lies outside of all years.
    """
    offset = column[0].utcoffset() if column else None
    if not offset:
        return ()
    texts = "\n".join(msgspec.to_builtins(list(map(sub, column, repeat(offset)))))
    known = texts[26:32]
    if len(texts) != 33 * len(column) - 1 or texts.count(known) != len(column):
        return ()  # another offset, an odd one, or no fraction
    return texts.replace(known, "+00:00").split("\n")


def _in_utc(column: Column) -> Column:
    """Write moments of any offset.

    Raises:
        OverflowError: One lies outside of all years.
        ValueError: One has no offset.
    """
    if not all(value.tzinfo for value in column):
        msg = "has no offset"
        raise ValueError(msg)
    texts = msgspec.to_builtins([value.astimezone(UTC) for value in column])
    # "…Z", and without a fraction where that is zero
    return [
        f"{text[:-1]}+00:00" if len(text) > 20 else f"{text[:-1]}.000000+00:00" for text in texts
    ]


def _dates(column: Column) -> Column:
    texts: Column = msgspec.to_builtins(column)
    return texts


def _exact(column: Column) -> Column:
    if not all(map(Decimal.is_finite, filter(None, column))):
        msg = "is not a finite number"
        raise ValueError(msg)
    return column


def ids(column: Column) -> Column:
    """Ids of related records, also of bare ones."""
    return [value.id if type(value) is Related else value for value in column]


def keys(column: Column) -> Column:
    """Keys as text; a bare id has none."""
    return [
        None if type(value) is not Related or value.key is None else str(value.key)
        for value in column
    ]


def texts(column: Column) -> Column:
    """Keys on their own, as text."""
    if set(map(type, column)) <= {str}:
        return column
    return [each if each is None or type(each) is str else str(each) for each in column]


def urls(column: Column) -> Column:
    """Addresses of related records; a bare id has none."""
    return [value.url if type(value) is Related else None for value in column]


def _count(value: msgspec.Raw) -> int | None:
    """Return the size of a set, which WMS counts or lists.

    Raises:
        ValueError: It is no set.
    """
    try:
        content = msgspec.json.decode(value, type=_Counted | list[msgspec.Raw] | None)
    except msgspec.ValidationError:
        msg = "is no set"
        raise ValueError(msg) from None
    if isinstance(content, _Counted):
        return content.result_count
    return None if content is None else len(content)


def _text(value: msgspec.Raw) -> str | None:
    """Text as it is; anything else as JSON text with every digit kept."""
    raw = bytes(value)
    if raw == b"null":
        return None
    return msgspec.json.decode(raw, type=str) if raw.startswith(b'"') else raw.decode()


CONVERSIONS: dict[Kind, Convert] = {
    Kind.DECIMAL: _exact,
    Kind.DATETIME: instants,
    Kind.DATE: _dates,
    Kind.TIME: _each(time.isoformat),
    Kind.KEY: texts,
    Kind.STATUS: ids,
    Kind.COUNT: _each(_count),
    Kind.JSON: _each(_text),
}
