"""Wire rows -> records: one typed decode per page, then one pass over each column."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from tap_oracle_wms.api.models import Page, Related
from tap_oracle_wms.catalog.fields import INT64, ON_REQUEST, EntityField, Kind
from tap_oracle_wms.config.times import utc
from tap_oracle_wms.errors import DataError

if TYPE_CHECKING:
    import logging
    from collections.abc import Collection, Iterator

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


class _Counted(msgspec.Struct, frozen=True):
    result_count: int = 1


Column = Sequence[Any]
Convert = Callable[[Column], Column]


def _as_is(column: Column) -> Column:
    return column


def _each(convert: Callable[[Any], Any]) -> Convert:
    """A conversion of every value that is not null."""
    return lambda column: [None if value is None else convert(value) for value in column]


def _instants(column: Column) -> Column:
    """What `utc` makes of each; msgspec writes a column in a tenth of the time."""
    if any(value is not None and value.tzinfo is None for value in column):
        return _each(utc)(column)
    try:
        texts = msgspec.to_builtins([value and value.astimezone(UTC) for value in column])
    except OverflowError:
        return _each(utc)(column)
    # "…Z", and without a fraction where that is zero
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


def _ids(column: Column) -> Column:
    return [value.id if type(value) is Related else value for value in column]


def _keys(column: Column) -> Column:
    """Keys as text; a bare id has none."""
    return [
        None if type(value) is not Related or value.key is None else str(value.key)
        for value in column
    ]


def _urls(column: Column) -> Column:
    return [value.url if type(value) is Related else None for value in column]


def _count(value: msgspec.Raw) -> int | None:
    """A set's size: counted by WMS, or as many as are listed."""
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


_CONVERT: dict[Kind, Convert] = {
    Kind.DECIMAL: _exact,
    Kind.DATETIME: _instants,
    Kind.DATE: _dates,
    Kind.TIME: _each(time.isoformat),
    Kind.STATUS: _ids,
    Kind.COUNT: _each(_count),
    Kind.JSON: _each(_text),
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
        self._absent: set[str] | None = None
        """Fields that were asked for and not given, once a first page told."""
        self._made_of = list(self._outputs(selected))
        self._names = [name for name, _, _ in self._made_of]
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
        self._asked = set(asked)
        if flat:
            return {"values_list": ",".join(asked)}
        usual = {field.name for field in self._fields} - ON_REQUEST - {"url"}
        is_all = usual <= set(asked) and not ON_REQUEST & set(asked)
        return {} if is_all else {"fields": ",".join(asked)}

    def _outputs(self, selected: Collection[str]) -> Iterator[tuple[str, int, Convert]]:
        """Each selected property, the position of its field, and what makes it."""
        for position, field in enumerate(self._fields):
            made: list[tuple[str, Convert]]
            if field.kind is Kind.RELATION:
                made = [(field.name, _ids), (field.key, _keys), (f"{field.name}_url", _urls)]
            else:
                name = f"{field.name}_count" if field.kind is Kind.COUNT else field.name
                made = [(name, _CONVERT.get(field.kind, _as_is))]
            for name, convert in made:
                if name in selected:
                    yield name, position, convert

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
        return row, msgspec.json.Decoder(Page[row])  # type: ignore[valid-type] # made here

    def decode(self, content: bytes) -> Page[Any]:
        """A page of typed rows.

        Raises:
            DataError: naming stream, field and id of a value of the wrong type.
            msgspec.DecodeError: when the content is not whole JSON.
        """
        page = self._typed(content)
        if self._absent is None and page.results:
            rows = msgspec.json.decode(content, type=Page[dict[str, msgspec.Raw]]).results
            self._absent = self._asked.difference(*rows)
        return page

    def _typed(self, content: bytes) -> Page[Any]:
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
            if "id" in new:
                msg = (
                    f"Stream {self.stream}: rows have an id, which the schema lacks: without it "
                    f"they cannot be read for certain; run discovery again."
                )
                raise DataError(msg)
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

    def records(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Singer records of typed rows, made column by column.

        Raises:
            DataError: naming stream, field and id of a value that cannot be expressed.
        """
        if not rows:
            return []
        columns = list(zip(*map(msgspec.structs.astuple, rows), strict=True))
        made = [self._made(name, columns, n, convert) for name, n, convert in self._made_of]
        if len(columns) > len(self._fields):
            self._note_unknown(columns[len(self._fields) :])
        return [dict(zip(self._names, values, strict=True)) for values in zip(*made, strict=True)]

    def _made(
        self, name: str, columns: Sequence[Column], position: int, convert: Convert
    ) -> Column:
        try:
            return convert(columns[position])
        except ValueError:
            for row_id, value in zip(columns[0], columns[position], strict=True):
                try:
                    convert([value])
                except ValueError as error:
                    complaint = self._complaint(name, row_id, f"it {error}")
                    raise DataError(complaint) from None
            raise

    def _note_unknown(self, columns: Sequence[Column]) -> None:
        for name, column in zip(self._extras, columns, strict=False):
            found = sum(value is not msgspec.UNSET for value in column)
            if found:
                self.unknown[name] += found

    def report_unknown(self, logger: logging.Logger) -> None:
        """Say once which fields were left out, and in how many records, and which are gone."""
        if self._absent:
            logger.warning(
                "Stream %s: records lack fields that the schema has, which leave as null: %s; run "
                "discovery again.",
                self.stream,
                ", ".join(sorted(self._absent)),
            )
        if self.unknown:
            found = ", ".join(f"{name} ({n} records)" for name, n in self.unknown.items())
            logger.warning(
                "Stream %s: records carry fields that the schema lacks, left out: %s; run "
                "discovery again to read them.",
                self.stream,
                found,
            )


def _default(wire: Any, *, known: bool) -> Any:
    if not known:
        return msgspec.UNSET
    return msgspec.Raw(b"null") if wire is msgspec.Raw else None
