"""Make RECORD lines into rows: validated, converted, and only the last of each key.

Rows are made slice by slice and column by column.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import compress
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from target_oracle.records import lenient
from target_oracle.records.decoding import slice_decoder
from target_oracle.records.slices import Message, Slice
from target_oracle.records.stamps import deletion_times
from target_oracle.records.turns import Turns
from target_oracle.schema.conversion import MISFITS, CutError, MisfitError, converted
from target_oracle.schema.metadata import DELETED_AT
from target_oracle.schema.widening import TooNarrowError, outgrown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_oracle.records.decoding import SliceDecoder
    from target_oracle.records.frames import Row
    from target_oracle.records.slices import Problem, Record
    from target_oracle.records.stamps import Stamp
    from target_oracle.records.stream_maps import RecordMap
    from target_oracle.records.validation import CompiledValidator
    from target_oracle.schema.tables import Column
    from target_oracle.schema.types import Dialect, OracleType, Schema

_decode = msgspec.json.Decoder(Message, float_hook=Decimal).decode


class BadRecords(Protocol):
    """Takes the bad records of a slice."""

    def take_all(self, piece: Slice) -> None:
        """Raise, or take the records that have a problem out of the slice."""


@dataclass(frozen=True)
class Shaping:
    """How records of one stream are validated and changed, independent of its table."""

    schema: Schema
    dialect: Dialect
    validator: CompiledValidator | None = None
    """The schema, where records are checked."""
    rules: CompiledValidator | None = None
    record_map: RecordMap | None = None
    stamps: Mapping[str, Stamp] = field(default_factory=dict)
    """Property -> what makes its values."""
    decoders: dict[tuple[str, ...], SliceDecoder | None] = field(default_factory=dict)
    """Properties that are loaded -> the decoder for them, once it was asked for."""

    def decoder(self, names: Sequence[str]) -> SliceDecoder | None:
        """Find the quick way through a slice, where records need not be looked at one by one."""
        if self.record_map or self.rules:
            return None
        key = tuple(names)
        if key not in self.decoders:
            checked = self.validator is not None
            self.decoders[key] = slice_decoder(self.schema, names, checked=checked)
        return self.decoders[key]


@dataclass
class Shaper:
    """Makes one stream's rows in the order of its columns."""

    shaping: Shaping
    columns: Sequence[Column]
    bad_records: BadRecords
    unique: bool = False
    """Whether of the records of a key only the last, or the last of the newest, is kept."""
    newer: str | None = None
    """The column that tells which record of a key is newer."""
    watch_deletes: bool = False
    """Whether a record with a deletion time deletes or marks a row."""
    keeps_deleted: bool = False
    """Whether a record with a deletion time and values is loaded, with its mark."""
    unknown: set[str] = field(default_factory=set)
    """Properties that records had and the schema lacks."""
    deleted: dict[Any, Any] = field(default_factory=dict)
    """Key -> (deletion time, what the record has in `newer`); None when it came again without."""

    _turning: dict[str, OracleType] = field(default_factory=dict)
    """Columns that a text has shown to be of the wrong type, and what they become."""

    def __post_init__(self) -> None:
        names = [column.source for column in self.columns if not column.stamped]
        self._names = names
        self._decoder = self.shaping.decoder(names)
        # itemgetter gives a bare value for a single name
        self._pick = itemgetter(*names) if len(names) > 1 else lambda record: (record[names[0]],)
        self.key_of = itemgetter(*[i for i, each in enumerate(self.columns) if each.key] or [0])
        columns = list(enumerate(self.columns))
        self._newer_at = next((i for i, each in columns if each.name == self.newer), None)
        self._deleted_at = next((i for i, each in columns if each.source == DELETED_AT), None)
        self._versions_at = [i for i, each in columns if each.version]
        # What a history with periods has in the place of `deleted`.
        self.turns = Turns([i for i, each in columns if each.key and not each.version])
        self._values_at = [
            i for i, each in columns if not (each.key or each.stamped or each.source == DELETED_AT)
        ]

    def rows(self, lines: Sequence[bytes]) -> list[Row]:
        """Make the rows of a slice; with `unique`, the last one per key.

        Raises:
            RecordError: A record is bad, and bad records are not allowed.
            TooNarrowError: A column must be widened first.
        """
        piece, columns = self._at_once(lines) or self._one_by_one(lines)
        if not piece.messages:
            return []
        if piece.problems:
            self.bad_records.take_all(piece)
            columns = [[v for i, v in enumerate(c) if i not in piece.problems] for c in columns]
        self._measure(columns)
        rows = list(zip(*columns, strict=True))
        if self.watch_deletes:
            rows = self._living(rows, piece)
        return self._unique(rows) if self.unique else rows

    def _at_once(self, lines: Sequence[bytes]) -> tuple[Slice, list[Sequence[Any]]] | None:
        """Make the columns of records of which none needs a closer look."""
        read = self._decoder.read(lines) if self._decoder and lines else None
        if read is None:
            return None
        messages, values = read
        found, piece = dict(zip(self._names, values, strict=True)), Slice(messages, [])
        if any(found.get(DELETED_AT, ())) or self._lacks_keys(found):
            return None
        try:
            return piece, [self._made(column, found, piece) for column in self.columns]
        except MISFITS:
            return None

    def _lacks_keys(self, found: Mapping[str, tuple[Any, ...]]) -> bool:
        keys = [found[column.source] for column in self.columns if column.key]
        return any(None in values or "" in values for values in keys)

    def _one_by_one(self, lines: Sequence[bytes]) -> tuple[Slice, list[Sequence[Any]]]:
        """Make the columns of records of any kind, with what is wrong with each."""
        piece = self.decoded(lines)
        if not piece.records:
            return piece, []
        self._validate(piece)
        self._times(piece)  # refuses those that are none
        found = dict(zip(self._names, self._values(piece.records), strict=True))
        return piece, [self._column(column, found, piece) for column in self.columns]

    def _unique(self, rows: list[Row]) -> list[Row]:
        at = self._newer_at
        if at is not None:
            # Stable: of equals the last stays last. A row without the value is the oldest.
            rows = sorted(rows, key=lambda row: (row[at] is not None, row[at]))
        return list({self.key_of(row): row for row in rows}.values())

    @property
    def needs_records(self) -> bool:
        """Whether records are changed or checked one by one before their values are bound."""
        return self.shaping.record_map is not None or self._has_deleted

    @property
    def _has_deleted(self) -> bool:
        return bool(self.deleted or self.turns.all)

    def _times(self, piece: Slice) -> Sequence[Any]:
        """Return the deletion times, parsed where a period ends by them and no column has them."""
        if piece.times is None:
            is_needed = self._versions_at and self._deleted_at is None
            piece.times = deletion_times(piece) if is_needed else piece.deletions
        return piece.times

    def _living(self, rows: list[Row], piece: Slice) -> list[Row]:
        """Keep the rows that are not deleted, and the last values of those that are only marked."""
        times = [at for i, at in enumerate(self._times(piece)) if i not in piece.problems]
        if not self._has_deleted and not any(times):
            return rows
        loaded = [not at or self._has_last_values(row) for row, at in zip(rows, times, strict=True)]
        if self._versions_at:
            found = zip(rows, times, loaded, strict=True)
            marks = (None if is_loaded else self._mark(row, at)[0] for row, at, is_loaded in found)
            return self.turns.first(rows, marks)
        for row, gone_at, is_loaded in zip(rows, times, loaded, strict=True):
            self.deleted[self.key_of(row)] = None if is_loaded else self._mark(row, gone_at)
        return list(compress(rows, loaded))

    def _has_last_values(self, row: Row) -> bool:
        versions = [row[i] for i in self._versions_at]
        return (
            self.keeps_deleted
            and None not in versions
            and any(row[i] is not None for i in self._values_at)
        )

    def _mark(self, row: Row, gone_at: Any) -> tuple[Any, Any]:
        """Return a deletion time, as it is bound where it is loaded, and the row's version."""
        at, newer = self._deleted_at, self._newer_at
        return gone_at if at is None else row[at], None if newer is None else row[newer]

    def decoded(self, lines: Sequence[bytes]) -> Slice:
        """Decode records, and change them by stream maps.

        A record that is not quite JSON is there as far as it can be read, with its problem.

        Raises:
            InvalidInputLine: A line is no JSON in any reading.
            TargetError: A stream map cannot be applied.
        """
        read = [_read(line) for line in lines]
        record_map = self.shaping.record_map
        if record_map is None:
            kept = [(message, message.record, fault) for message, fault in read]
        else:
            mapped = [(each, record_map.apply(each.record), fault) for each, fault in read]
            kept = [(each, record, fault) for each, record, fault in mapped if record is not None]
        piece = Slice([message for message, _, _ in kept], [record for _, record, _ in kept])
        piece.problems = {i: fault for i, (_, _, fault) in enumerate(kept) if fault is not None}
        return piece

    def _validate(self, piece: Slice) -> None:
        for kind, validator in (("schema", self.shaping.validator), ("rule", self.shaping.rules)):
            if validator is None:
                continue
            records = _filled(piece.records) if kind == "rule" else piece.records
            is_valid = validator.is_valid
            for index in [i for i, record in enumerate(records) if not is_valid(record)]:
                if kind == "rule" and piece.records[index].get(DELETED_AT):
                    continue  # no more than a key has to come of a row that is gone
                where, what = validator.fault(records[index])
                piece.refuse(index, kind, where, what)

    def _values(self, records: Sequence[Record]) -> list[tuple[Any, ...]]:
        """Return one tuple of values per property; what a record lacks is None."""
        try:
            matrix = list(map(self._pick, records))
            complete = max(map(len, records)) == len(self._names)
        except KeyError:
            matrix = [tuple(map(record.get, self._names)) for record in records]
            complete = False
        if not complete:
            used = {DELETED_AT} if self.watch_deletes else set[str]()
            self.unknown |= set[str]().union(*records).difference(self._names, used)
        return list(zip(*matrix, strict=True))

    def _column(
        self, column: Column, found: dict[str, tuple[Any, ...]], piece: Slice
    ) -> Sequence[Any]:
        if column.stamped:
            return self.shaping.stamps[column.source](piece)
        values = found[column.source]
        if column.key:
            _refuse_empty_keys(column, values, piece, deletable=self.watch_deletes)
        try:
            return self._made(column, found, piece)
        except MISFITS:
            return [self._tried(column, i, value, piece) for i, value in enumerate(values)]

    def _tried(self, column: Column, index: int, value: Any, piece: Slice) -> Any:
        if value is None or column.convert is None:
            return value
        try:
            return column.convert(value)
        except MISFITS as error:
            if column.turns_into and _turns(column.turns_into, value, error):
                self._turning[column.name] = column.turns_into
                return None
            reason = f": {error}" if isinstance(error, MisfitError) else ""
            said = f"the value is no {column.type.ddl}{reason}"
            piece.refuse(index, "type", column.source, said)
            return None

    def _made(
        self, column: Column, found: Mapping[str, tuple[Any, ...]], piece: Slice
    ) -> Sequence[Any]:
        if column.stamped:
            return self.shaping.stamps[column.source](piece)
        values = found[column.source]
        return converted(values, column.convert) if column.convert else values

    def _measure(self, columns: Sequence[Sequence[Any]]) -> None:
        needed = self._turning | {
            column.name: wider
            for column, values in zip(self.columns, columns, strict=True)
            if not column.bounded
            and (wider := outgrown(column.type, values, self.shaping.dialect, key=column.key))
        }
        if needed:
            raise TooNarrowError(needed)


def _turns(into: OracleType, value: Any, error: Exception) -> bool:
    """Whether a column is to become another type for a value that it cannot hold."""
    if into.is_temporal:
        return isinstance(error, CutError)
    return isinstance(value, str) and value != ""


def _read(line: bytes) -> tuple[Message, Problem | None]:
    try:
        return _decode(line), None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return lenient.read(line)


def _filled(records: Sequence[Record]) -> list[Record]:
    """Return the records without their nulls: a rule's `required` asks for a value."""
    return [{k: v for k, v in record.items() if v is not None} for record in records]


def _refuse_empty_keys(
    column: Column, values: Sequence[Any], piece: Slice, *, deletable: bool
) -> None:
    if None not in values and "" not in values:
        return
    may_lack = piece.deletions if column.version and deletable else ()
    for index, value in enumerate(values):
        if (value is not None and value != "") or (may_lack and may_lack[index]):
            continue
        if column.source in piece.records[index]:
            reason = "a key property is null or empty, which Oracle cannot tell apart"
            piece.refuse(index, "empty-key", column.source, reason)
        else:
            piece.refuse(index, "missing-key", column.source, "a key property is missing")
