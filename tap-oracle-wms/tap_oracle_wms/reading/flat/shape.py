"""What of a stream is read by `values_list`, and what makes the same records of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.catalog.fields import COMPUTED, EntityField, Kind
from tap_oracle_wms.reading.flat.rows import FlatRows
from tap_oracle_wms.reading.records import RecordShape
from tap_oracle_wms.reading.values import texts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from tap_oracle_wms.reading.flat.keys import KeysOfRows, LinkKeys
    from tap_oracle_wms.reading.flat.paths import KeyPath


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

    flat: Collection[str]
    """The fields that a `values_list` carries."""
    links: Sequence[LinkKeys]
    rest: RecordShape | None
    """The shape of what only records have; None where that is nothing."""
    whole: RecordShape
    """The shape of rows that are read by records."""
    stamp: str
    """The field that every change of a row changes."""
    marks_deletes: bool = False
    """Whether records have the time of their deletion."""
    rows: FlatRows = field(init=False)

    def __post_init__(self) -> None:
        below = dict.fromkeys(chain.from_iterable(link.columns for link in self.links))
        fields = [bare(each) for each in self.whole.fields if each.name in self.flat]
        self._below = list(below)
        self._links = {name for name in self.flat if name in {link.name for link in self.links}}
        self.rows = FlatRows(
            self.whole.stream,
            fields,
            self._below,
            self.whole.names,
            marks_deletes=self.marks_deletes,
        )
        self.compared = [*self.rows.carried, *(link.key for link in self.links)]
        """The properties that a `values_list` gives."""

    def is_flat(self, row: Any) -> bool:
        """Whether a row came by `values_list`."""
        return type(row) is self.rows.row

    def keys(self, rows: Sequence[Any]) -> list[KeysOfRows]:
        """Return the keys of each link, of rows as they came."""
        columns = {name: self.rows.column(name, rows) for name in self._links}
        columns |= {name: texts(self.rows.column(name, rows)) for name in self._below}
        return [link.of(columns) for link in self.links]

    def finish(self, rows: Sequence[Any], keys: Iterable[KeysOfRows]) -> Sequence[Any]:
        """Make records of rows, and return them, encoded where a row has nothing else.

        Raises:
            DataError: A value cannot be expressed.
        """
        for each in keys:
            self.rows.put(each.link.key, rows, each.keys())
        self.rows.omit(self._below, rows)
        return self.rows.convert(rows)

    def records(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the Singer records of rows, some of which may have been read by records."""
        found: list[dict[str, Any]] = []
        for is_flat, some in groupby(rows, self.is_flat):
            part = list(some)
            found += self._records(part) if is_flat else self.whole.records(part)
        return found

    def _records(self, rows: Sequence[Any]) -> Iterator[dict[str, Any]]:
        made = self.rows.columns(self.whole.names, rows)
        for values in zip(*made.values(), strict=True):
            yield dict(zip(made, values, strict=True))
