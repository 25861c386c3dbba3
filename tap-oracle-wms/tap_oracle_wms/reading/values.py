"""Convert values of answers into values of records, a column at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
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


class _Hours(dict[str, str]):
    """An hour and its offset, "2025-06-01T23-03:00" -> the same hour in UTC, "2025-06-02T02"."""

    def __missing__(self, hour: str) -> str:
        """Work out an hour that has not been met yet.

        Raises:
            OverflowError: It lies outside of all years.
        """
        if len(self) > MOST_HOURS:
            self.clear()
        moment = datetime.fromisoformat(f"{hour[:13]}:00{hour[13:]}")
        found = self[hour] = moment.astimezone(UTC).isoformat()[:13]
        return found


MOST_HOURS = 50_000
"""Hours that are remembered: those of six years."""

_hours = _Hours()


def instants(column: Column) -> Column:
    """What `utc` makes of each; msgspec writes a column in a tenth of the time."""
    zones = {value.tzinfo for value in column if value is not None}
    if None in zones:
        return _each(utc)(column)
    try:
        if all(type(zone) is timezone and _is_of_whole_hours(zone) for zone in zones):
            return _shifted(msgspec.to_builtins(column))
        return _with_offset(msgspec.to_builtins([v and v.astimezone(UTC) for v in column]))
    except OverflowError:
        return _each(utc)(column)


def _is_of_whole_hours(zone: timezone) -> bool:
    offset = zone.utcoffset(None)
    return bool(offset) and not offset % timedelta(hours=1)


def _shifted(texts: Column) -> Column:
    """Shift texts of moments, none of which is in UTC, by whole hours; a fraction may lack."""
    return [
        text
        and (
            f"{_hours[text[:13] + text[-6:]]}{text[13:26]}+00:00"
            if len(text) > 25
            else f"{_hours[text[:13] + text[-6:]]}{text[13:19]}.000000+00:00"
        )
        for text in texts
    ]


def _with_offset(texts: Column) -> Column:
    """Write "…Z", without a fraction where that is zero, as all moments are written."""
    return [
        text and (f"{text[:-1]}+00:00" if len(text) > 20 else f"{text[:-1]}.000000+00:00")
        for text in texts
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
