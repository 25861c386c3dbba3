"""Decode rows into types, and make records of them column by column."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from contextlib import suppress
from itertools import zip_longest
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from tap_oracle_wms.api.models import UNREADABLE, Page
from tap_oracle_wms.api.retries import TransientError
from tap_oracle_wms.catalog.fields import ON_REQUEST, EntityField, Kind
from tap_oracle_wms.errors import DataError
from tap_oracle_wms.reading.bookmark import FIRST_ID
from tap_oracle_wms.reading.odd_data import (
    check_ids,
    complaint,
    misfit,
    oddity,
    read_times,
)
from tap_oracle_wms.reading.values import CONVERSIONS, WIRE, Column, Convert, as_is, ids, keys, urls

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

logger = logging.getLogger("tap-oracle-wms")


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
        """Fields that were asked for and that the first page lacks."""
        self._forgone: set[str] = set()
        """Fields that WMS does not know."""
        self._made_of = list(self._outputs(selected))
        self.names = [name for name, _, _ in self._made_of]
        """The selected properties, in the order of records."""
        self.projection = self._project(selected, needed, flat=flat)
        """The parameter that asks for these fields; none where all are wanted."""
        self._row, self._decoder = self._build()
        self._times = [
            f"f{n}" for n, field in enumerate(self._fields) if field.kind is Kind.DATETIME
        ]

    def _project(
        self, selected: Collection[str], needed: Collection[str], *, flat: bool
    ) -> dict[str, str]:
        asked = [
            field.name
            for field in self._fields
            if field.name in needed
            or any(name in selected for name, _ in field.properties(urls=True))
        ]
        self._asked, self._needed = set(asked), set(needed)
        if flat:
            return {"values_list": ",".join(asked)}
        usual = {field.name for field in self._fields} - ON_REQUEST - {"url"}
        is_all = usual <= set(asked) and not ON_REQUEST & set(asked)
        return {} if is_all else {"fields": ",".join(asked)}

    def forgo(self, names: Collection[str]) -> None:
        """Ask no more for fields that this tenant does not know: they leave as null."""
        with self._lock:
            asked = self.projection.get("fields", "").split(",")
            unknown = (set(names) & set(asked)) - self._needed
            if not unknown:
                return
            self._asked -= unknown
            self._forgone |= unknown
            self.projection = {"fields": ",".join(n for n in asked if n not in unknown)}
        logger.warning(
            "Stream %s: WMS does not know %s, which leave as null; deselect them, or run discovery "
            "again.",
            self.stream,
            ", ".join(sorted(unknown)),
        )

    def _outputs(self, selected: Collection[str]) -> Iterator[tuple[str, int, Convert]]:
        """Yield each selected property with the position of its field and its converter."""
        for position, field in enumerate(self._fields):
            made: list[tuple[str, Convert]]
            if field.kind is Kind.RELATION:
                made = [(field.name, ids), (field.key, keys), (f"{field.name}_url", urls)]
            else:
                name = f"{field.name}_count" if field.kind is Kind.COUNT else field.name
                made = [(name, CONVERSIONS.get(field.kind, as_is))]
            for name, convert in made:
                if name in selected:
                    yield name, position, convert

    def _build(
        self, *, reads_times: bool = True
    ) -> tuple[type[msgspec.Struct], msgspec.json.Decoder[Page[Any]]]:
        """A row type whose decoder refuses unknown fields and wrong types.

        Times are texts where the decoder does not read them.
        """
        names = [field.name for field in self._fields] + self._extras
        wire = WIRE if reads_times else WIRE | {Kind.DATETIME: str | None}
        types = [wire[field.kind] for field in self._fields] + [Any] * len(self._extras)
        row = msgspec.defstruct(
            "Row",
            [(f"f{n}", t, _default(t, known=n < len(self._fields))) for n, t in enumerate(types)],
            rename={f"f{n}": name for n, name in enumerate(names)},
            forbid_unknown_fields=True,
            gc=False,
        )
        return row, msgspec.json.Decoder(Page[row])  # type: ignore[valid-type] # made here

    @property
    def fields(self) -> tuple[EntityField, ...]:
        """The fields of the schema."""
        return tuple(self._fields[:-1])

    def bare(self) -> RecordShape:
        """Return the shape of the same rows' ids alone."""
        return RecordShape(self.stream, self.fields, {"id"})

    def decode(self, content: bytes, after: int = FIRST_ID) -> Page[Any]:
        """Decode a page of typed rows, which come after an id.

        Raises:
            DataError: A value has the wrong type; the sentence names stream, field and id.
            TransientError: A value is no JSON; the sentence names field and id.
            UNREADABLE: The content is not whole JSON.
        """
        try:
            page = self._typed(content, after)
        except UNREADABLE:
            if (reason := oddity(content)) is not None:
                raise TransientError(reason) from None
            raise
        if self.keyed and "id" in self._asked:
            check_ids(self.stream, page.results, after)
        if self._absent is None and page.results:
            rows = msgspec.json.decode(content, type=Page[dict[str, msgspec.Raw]]).results
            self._absent = self._asked.difference(*rows)
        return page

    def _typed(self, content: bytes, after: int) -> Page[Any]:
        try:
            return self._decoder.decode(content)
        except msgspec.ValidationError:
            self._learn(content)
        try:
            return self._decoder.decode(content)
        except msgspec.ValidationError as error:
            with suppress(msgspec.ValidationError):
                return self._with_old_times(content)
            raise DataError(self._misfit(content, after, str(error))) from None

    def _misfit(self, content: bytes, after: int, reason: str) -> str:
        """The sentence about the first value that does not fit."""
        page = msgspec.json.decode(content, type=Page[dict[str, msgspec.Raw]])
        found = misfit(self.stream, self._fields, page.results, after)
        return found or f"Stream {self.stream}: an answer has an unexpected shape: {reason}."

    def _with_old_times(self, content: bytes) -> Page[Any]:
        """Read the times alone that the decoder takes, and those whose offset has seconds.

        Raises:
            msgspec.ValidationError: Something else is wrong.
        """
        _, decoder = self._build(reads_times=False)
        page: Page[Any] = decoder.decode(content)
        read_times(page.results, self._times)
        return page

    def _learn(self, content: bytes) -> None:
        """Take unknown fields into the row type, so that they can be counted.

        Raises:
            DataError: One of them is the id, by which rows are read.
        """
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

    def id_of(self, row: Any) -> int:
        """A row's id.

        Raises:
            DataError: It has none.
        """
        if row.f0 is None:
            raise DataError(complaint(self.stream, "id", "null", "it is missing"))
        return int(row.f0)

    def records(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Singer records of typed rows, made column by column."""
        made = self.columns(rows)
        return [dict(zip(made, values, strict=True)) for values in zip(*made.values(), strict=True)]

    def columns(self, rows: Sequence[Any]) -> dict[str, Column]:
        """Return the values of each selected property; nothing at all without rows.

        Raises:
            DataError: A value cannot be expressed; the sentence names stream, field and id.
        """
        if not rows:
            return {}
        columns = _columns(list(map(msgspec.structs.astuple, rows)))
        made = {name: self._made(name, columns, n, convert) for name, n, convert in self._made_of}
        if len(columns) > len(self._fields):
            self._note_unknown(columns[len(self._fields) :])
        return made

    def values(self, field: str, rows: Sequence[Any]) -> Column:
        """Return the decoded values of a field, before they become properties."""
        return list(map(attrgetter(f"f{self._positions[field]}"), rows))

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
                    msg = complaint(self.stream, name, row_id, f"it {error}")
                    raise DataError(msg) from None
            raise

    def _note_unknown(self, columns: Sequence[Column]) -> None:
        for name, column in zip(self._extras, columns, strict=False):
            found = sum(value is not msgspec.UNSET for value in column)
            if found:
                self.unknown[name] += found

    @property
    def schema_changes(self) -> dict[str, list[str]]:
        """Return the fields that are `new` and left out, and those that are `gone`."""
        found = {"new": self.unknown.keys(), "gone": self._forgone | (self._absent or set())}
        return {kind: sorted(names) for kind, names in found.items() if names}

    def report_unknown(self, logger: logging.Logger) -> None:
        """Log once which fields were left out of how many records, and which ones records lack."""
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


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[Column]:
    """Turn rows round; those decoded before an unknown field was met are shorter than others."""
    try:
        return list(zip(*rows, strict=True))
    except ValueError:
        return list(zip_longest(*rows, fillvalue=msgspec.UNSET))


def _default(wire: Any, *, known: bool) -> Any:
    if not known:
        return msgspec.UNSET
    return msgspec.Raw(b"null") if wire is msgspec.Raw else None
