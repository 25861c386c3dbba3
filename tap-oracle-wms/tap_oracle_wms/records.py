"""Wire rows -> record values: one typed decode per page, then one pass over what needs a change."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, date, datetime, time
from decimal import Decimal
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from tap_oracle_wms.errors import DataError
from tap_oracle_wms.models import Page, Related
from tap_oracle_wms.schema import INT64, ON_REQUEST, EntityField, Kind

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Collection, Iterable

_Int64 = Annotated[int, msgspec.Meta(ge=INT64["minimum"], le=INT64["maximum"])]
_WIRE: dict[Kind, Any] = {
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
}


def utc(value: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SS.ffffff+00:00`; the last day of the calendar keeps its own offset."""
    if value.tzinfo is None:
        msg = "is a date-time without an offset"
        raise ValueError(msg)
    try:
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    except OverflowError:
        return value.isoformat(timespec="microseconds")


def _exact(value: Decimal) -> Decimal:
    if not value.is_finite():
        msg = "is not a finite number"
        raise ValueError(msg)
    return value


def _status(value: Related | int) -> int | None:
    return value.id if isinstance(value, Related) else value


def _count(value: msgspec.Raw) -> int | None:
    """A set's size: counted by WMS, or as many as are listed."""
    content = msgspec.json.decode(value)
    if isinstance(content, dict):
        return int(content.get("result_count", 1))
    return None if content is None else len(content)


def _text(value: msgspec.Raw) -> str | None:
    """Text as it is; anything else as JSON text with every digit kept."""
    raw = bytes(value)
    if raw == b"null":
        return None
    return msgspec.json.decode(raw, type=str) if raw.startswith(b'"') else raw.decode()


_CONVERTED: dict[Kind, Callable[[Any], Any]] = {
    Kind.DECIMAL: _exact,
    Kind.DATETIME: utc,
    Kind.DATE: date.isoformat,
    Kind.TIME: time.isoformat,
    Kind.STATUS: _status,
    Kind.COUNT: _count,
    Kind.JSON: _text,
}


class RecordShape:
    """How the rows of one stream are asked for, decoded and shaped.

    `selected` are the properties to emit, `flat` reads them by `values_list`. Fields that rows
    carry and the schema lacks are counted in `unknown`.
    """

    def __init__(
        self,
        stream: str,
        fields: tuple[EntityField, ...],
        selected: Collection[str],
        needed: Collection[str] = (),
        *,
        flat: bool = False,
    ) -> None:
        self.stream = stream
        self.keyed = any(field.name == "id" for field in fields)
        """Whether rows have an id."""
        fields = tuple(sorted(fields, key=lambda field: field.name != "id"))
        self.unknown: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._fields = [*fields, EntityField("url", Kind.URL)]
        self._positions = {field.name: n for n, field in enumerate(self._fields)}
        self._extras: list[str] = []
        self._select(selected)
        self.projection = self._project(selected, needed, flat=flat)
        """The parameter that asks for these fields; none where all are wanted."""
        self._row, self._decoder = self._build()

    def _project(
        self, selected: Collection[str], needed: Collection[str], *, flat: bool
    ) -> dict[str, str]:
        asked = [
            field.name
            for field in self._fields
            if field.name in needed
            or any(name in selected for name, _ in field.properties(urls=True))
        ]
        if flat:
            return {"values_list": ",".join(asked)}
        usual = {field.name for field in self._fields} - ON_REQUEST - {"url"}
        is_all = usual <= set(asked) and not ON_REQUEST & set(asked)
        return {} if is_all else {"fields": ",".join(asked)}

    def _select(self, selected: Collection[str]) -> None:
        """Sort the selected fields by what has to be done with their values."""
        plain: list[tuple[int, str]] = []
        self._converted: list[tuple[int, str, Callable[[Any], Any]]] = []
        self._relations: list[tuple[int, tuple[str | None, ...]]] = []
        for position, field in enumerate(self._fields):
            if field.kind is Kind.RELATION:
                names = (field.name, field.key, f"{field.name}_url")
                chosen = tuple(name if name in selected else None for name in names)
                self._relations.append((position, chosen))
                continue
            name = f"{field.name}_count" if field.kind is Kind.COUNT else field.name
            if name not in selected:
                continue
            if convert := _CONVERTED.get(field.kind):
                self._converted.append((position, name, convert))
            else:
                plain.append((position, name))
        self._plain_names = [name for _, name in plain]
        self._plain = _positions_getter([position for position, _ in plain])

    def _build(self) -> tuple[type[msgspec.Struct], msgspec.json.Decoder[Page[Any]]]:
        """A row type whose decoder refuses unknown fields and wrong types."""
        names = [field.name for field in self._fields] + self._extras
        types = [_WIRE[field.kind] for field in self._fields] + [Any] * len(self._extras)
        row = msgspec.defstruct(
            "Row",
            [(f"f{n}", t, _default(t, known=n < len(self._fields))) for n, t in enumerate(types)],
            rename={f"f{n}": name for n, name in enumerate(names)},
            forbid_unknown_fields=True,
            gc=False,
        )
        return row, msgspec.json.Decoder(Page[row])  # type: ignore[valid-type]

    def decode(self, content: bytes) -> Page[Any]:
        """A page of typed rows.

        Raises:
            DataError: naming stream, field and id of a value of the wrong type.
            msgspec.DecodeError: when the content is not whole JSON.
        """
        try:
            return self._decoder.decode(content)
        except msgspec.ValidationError:
            self._learn(content)
        try:
            return self._decoder.decode(content)
        except msgspec.ValidationError as error:
            raise DataError(self._locate(content, str(error))) from None

    def _learn(self, content: bytes) -> None:
        """Take unknown fields into the row type, so that they can be counted."""
        page = msgspec.json.decode(content, type=Page[dict[str, msgspec.Raw]])
        with self._lock:
            known = {*self._positions, *self._extras}
            new = sorted({name for row in page.results for name in row} - known)
            if new:
                self._extras += new
                self._row, self._decoder = self._build()

    def _locate(self, content: bytes, reason: str) -> str:
        """The sentence about the first value that does not fit."""
        page = msgspec.json.decode(content, type=Page[dict[str, msgspec.Raw]])
        for row in page.results:
            for field in self._fields:
                if field.name in row:
                    try:
                        msgspec.json.decode(row[field.name], type=_WIRE[field.kind])
                    except msgspec.ValidationError as error:
                        row_id = bytes(row.get("id", b"?")).decode()
                        return self._complaint(field.name, row_id, str(error))
        return f"Stream {self.stream}: an answer has an unexpected shape: {reason}."

    def _complaint(self, field: str, row_id: object, reason: str) -> str:
        return (
            f"Stream {self.stream}, field {field}, id {row_id}: the value does not fit the "
            f"described type: {reason}; deselect the field or run discovery again."
        )

    def id_of(self, row: Any) -> int:
        """A row's id.

        Raises:
            DataError: when it has none.
        """
        if row.f0 is None:
            raise DataError(self._complaint("id", "null", "it is missing"))
        return int(row.f0)

    def records(self, rows: Iterable[Any]) -> list[dict[str, Any]]:
        """Singer records of typed rows.

        Raises:
            DataError: naming stream, field and id of a value that cannot be expressed.
        """
        return [self._record(msgspec.structs.astuple(row)) for row in rows]

    def _record(self, values: tuple[Any, ...]) -> dict[str, Any]:
        record = dict(zip(self._plain_names, self._plain(values), strict=True))
        for position, name, convert in self._converted:
            value = values[position]
            try:
                record[name] = None if value is None else convert(value)
            except ValueError as error:
                complaint = self._complaint(name, values[0], f"it {error}")
                raise DataError(complaint) from None
        for position, names in self._relations:
            _relate(record, values[position], *names)
        if self._extras:
            self._note_unknown(values)
        return record

    def _note_unknown(self, values: tuple[Any, ...]) -> None:
        present = zip(self._extras, values[len(self._fields) :], strict=False)
        self.unknown.update(name for name, value in present if value is not msgspec.UNSET)

    def report_unknown(self, logger: logging.Logger) -> None:
        """Say once which fields were left out, and in how many records."""
        if self.unknown:
            found = ", ".join(f"{name} ({n} records)" for name, n in self.unknown.items())
            logger.warning(
                "Stream %s: records carry fields that the schema lacks, left out: %s; run "
                "discovery again to read them.",
                self.stream,
                found,
            )


def _positions_getter(positions: list[int]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    if len(positions) > 1:
        return itemgetter(*positions)
    return lambda values: tuple(values[n] for n in positions)


def _default(wire: Any, *, known: bool) -> Any:
    if not known:
        return msgspec.UNSET
    return msgspec.Raw(b"null") if wire is msgspec.Raw else None


def _relate(
    record: dict[str, Any],
    value: Related | int | None,
    id_name: str | None,
    key_name: str | None,
    url_name: str | None,
) -> None:
    """Spread a relation over its properties; a bare id has no key."""
    related = value if isinstance(value, Related) else Related(value)
    if id_name:
        record[id_name] = related.id
    if key_name:
        record[key_name] = None if related.key is None else str(related.key)
    if url_name:
        record[url_name] = related.url
