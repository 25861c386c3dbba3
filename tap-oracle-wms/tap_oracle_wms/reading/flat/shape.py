"""Rows read by `values_list`, and what makes the same records of them as of whole rows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any

import msgspec

from tap_oracle_wms.catalog.fields import COMPUTED, EntityField, Kind
from tap_oracle_wms.reading.records import RecordShape
from tap_oracle_wms.reading.values import texts

if TYPE_CHECKING:
    import logging
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from tap_oracle_wms.reading.flat.paths import KeyPath
    from tap_oracle_wms.reading.values import Column

PROVEN = 20
"""Related records whose keys must have been compared before a path is relied on for others."""


class FlatRow(msgspec.Struct, gc=False):
    """A row of a `values_list`, with the fields of the same row that only records have."""

    f0: int
    """The id, under the name that it has in other rows."""
    row: Any
    rest: Any = None


class LinkKeys:
    """The keys of one link: by its path, or as records tell them for each related record."""

    def __init__(self, field: EntityField, path: KeyPath | None, known: dict[int, Any]) -> None:
        self.name, self.key, self.path = field.name, field.key, path
        self.known = known
        """Id -> key, as records tell them."""

    def unsure(self, columns: Mapping[str, Column]) -> set[int]:
        """Return the related ids of rows whose keys records must tell before they are relied on."""
        pairs = set(zip(columns[self.name], self._by_path(columns), strict=True))
        new: set[int] = set()
        doubtful: set[int] = set()
        for found, text in pairs:
            if found is None:
                continue
            if found not in self.known:
                (doubtful if text is None else new).add(found)
            elif text is not None and text != self.known[found]:
                doubtful.add(found)
        return doubtful | set(sorted(new)[: max(0, PROVEN - len(self.known))])

    def differing(self, columns: Mapping[str, Column]) -> int | None:
        """Return the related id of a row whose path gives another key than records, if any."""
        pairs = set(zip(columns[self.name], self._by_path(columns), strict=True))
        wrong = (
            found
            for found, text in pairs
            if found in self.known and text is not None and text != self.known[found]
        )
        return next(wrong, None)

    def keys(self, columns: Mapping[str, Column]) -> Column:
        """Return the keys of rows: by path, or where that has none, as records told them."""
        found = self._by_path(columns)
        if None not in found:
            return found
        return [
            self.known.get(related) if text is None and related is not None else text
            for related, text in zip(columns[self.name], found, strict=True)
        ]

    def _by_path(self, columns: Mapping[str, Column]) -> Column:
        ids = columns[self.name]
        return [None] * len(ids) if self.path is None else self.path.keys(ids, columns)


def is_carried(entity: str, field: EntityField) -> bool:
    """Whether a `values_list` may have a field: a column of a known type."""
    if field.kind in {Kind.COUNT, Kind.JSON, Kind.URL} or field.name.endswith("_set"):
        return False
    return field.name not in COMPUTED.get(entity, set())


def bare(field: EntityField) -> EntityField:
    """Return a field as a `values_list` has it: links are integers."""
    is_link = field.kind in {Kind.RELATION, Kind.STATUS}
    return EntityField(field.name, Kind.INTEGER) if is_link else field


def columns_of(
    stream: str, fields: Iterable[EntityField], paths: Iterable[KeyPath], flat: Collection[str]
) -> RecordShape:
    """Return the shape of rows of a `values_list` of the `flat` fields and of these paths."""
    chosen = [bare(field) for field in fields if field.name in flat]
    below = dict.fromkeys(chain.from_iterable(path.columns for path in paths))
    chosen += [EntityField(name, Kind.KEY) for name in below]
    return RecordShape(stream, tuple(chosen), {field.name for field in chosen}, flat=True)


@dataclass
class FlatShape:
    """Which properties of a stream are read by `values_list`, and which by `fields`."""

    columns: RecordShape
    links: Sequence[LinkKeys]
    rest: RecordShape | None
    """The shape of what only records have; None where that is nothing."""
    whole: RecordShape
    """The shape of rows that are read by records."""
    stamp: str
    """The field that every change of a row changes."""

    def carried(self, rows: Sequence[FlatRow]) -> dict[str, Column]:
        """Return the columns of properties, and of what else was asked for, without the rest."""
        flats = self.columns.columns([row.row for row in rows])
        return flats | {link.key: link.keys(flats) for link in self.links}

    def links_of(self, rows: Sequence[FlatRow]) -> dict[str, Column]:
        """Return the columns of the ids, of the links, and of the paths below them."""
        flats = [row.row for row in rows]
        below = {name for link in self.links if link.path for name in link.path.columns}
        names = {"id", *(link.name for link in self.links)}
        found = {name: self.columns.values(name, flats) for name in names}
        return found | {name: texts(self.columns.values(name, flats)) for name in below}

    def stamps(self, rows: Sequence[FlatRow]) -> Column:
        """Return the times of change of rows."""
        return self.columns.values(self.stamp, [row.row for row in rows])

    def records(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the Singer records of rows, some of which may have been read by records."""
        found: list[dict[str, Any]] = []
        for is_flat, some in groupby(rows, lambda row: type(row) is FlatRow):
            part = list(some)
            found += self._records(part) if is_flat else self.whole.records(part)
        return found

    def _records(self, rows: Sequence[FlatRow]) -> Iterator[dict[str, Any]]:
        made = self.carried(rows)
        if self.rest is not None:
            made |= self.rest.columns([row.rest for row in rows])
        names = self.whole.names
        for values in zip(*(made[name] for name in names), strict=True):
            yield dict(zip(names, values, strict=True))

    def id_of(self, row: Any) -> int:
        """A row's id."""
        return self.whole.id_of(row)

    @property
    def schema_changes(self) -> dict[str, list[str]]:
        """What is not as the schema says."""
        return self.whole.schema_changes

    def report_unknown(self, logger: logging.Logger) -> None:
        """Say which fields were left out."""
        self.whole.report_unknown(logger)
