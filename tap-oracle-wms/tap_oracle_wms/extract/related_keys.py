"""Look up what extracted files lack: keys of related records, sets and computed fields.

The entity API gives them. A related record's key is asked for once, by one row that links to it;
what belongs to a row itself costs a row each.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from tap_oracle_wms.extract.conversion import converted
from tap_oracle_wms.observing import logs
from tap_oracle_wms.reading.by_ids import aside, rows_by_ids
from tap_oracle_wms.reading.completeness import BY_IDS
from tap_oracle_wms.reading.list_requests import EntitySource
from tap_oracle_wms.reading.parts import Slice
from tap_oracle_wms.reading.plan import Window
from tap_oracle_wms.reading.records import RecordShape

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from tap_oracle_wms.api.client import WmsClient
    from tap_oracle_wms.catalog.fields import Kind
    from tap_oracle_wms.catalog.selection import Entity

T = TypeVar("T")

FURTHER_ROWS = 5
"""How many more rows are asked for a key when the first one did not have it."""

MOST_KEYS = 500_000
"""Keys of one relation kept in memory; beyond that all are forgotten and looked up again."""

LOOKS = 2
"""After so many in a row that bring no row, the rows are gone."""

Columns = dict[str, pa.Array]


class Lookup:
    """Adds columns that the entity API has to those of the files of one stream."""

    def __init__(
        self,
        client: WmsClient,
        entity: Entity,
        of_links: Mapping[str, Sequence[str]],
        of_rows: Mapping[str, Kind],
        many: int,
    ) -> None:
        """`of_links`: link -> properties to take from the record it leads to.

        `of_rows`: properties of the rows themselves that files lack -> kind.
        `many`: rows from which on the cost is worth a warning.
        """
        self._client, self._entity, self._many = client, entity.name, many
        self._logger = logging.getLogger(logs.NAME).getChild(entity.name)
        fields = entity.fields
        self._of_links, self._of_rows = of_links, of_rows
        link_properties = {name for names in of_links.values() for name in names}
        self._shapes = {
            "links": RecordShape(self._entity, fields, {"id", *of_links, *link_properties}, {"id"}),
            "rows": RecordShape(self._entity, fields, {"id", *of_rows}, {"id"}),
        }
        self._known: dict[str, dict[int, Mapping[str, Any]]] = defaultdict(dict)
        self._rows = self._asked = 0
        self._unfound: set[str] = set()
        self._warned = False

    def complete(self, columns: Columns) -> Columns:
        """Return the looked-up columns of some rows."""
        if not self._of_links and not self._of_rows:
            return {}
        self._rows += len(columns["id"])
        found = self._links(columns) | self._own(columns)
        self._warn()
        return found

    # Related records

    def _links(self, columns: Columns) -> Columns:
        uniques = {link: pc.unique(columns[link]).drop_null() for link in self._of_links}
        tried = {each: [self._row_of(columns, *each)] for each in self._unknown(uniques)}
        found = self._learn(self._records("links", _all(tried)))
        further = {each: self._more_rows(columns, *each) for each in self._unknown(uniques)}
        found |= self._learn(self._records("links", _all(further)))
        for each, rows in further.items():
            tried[each] += rows
        self._learn_of_moved(
            each for each in self._unknown(uniques) if not found.isdisjoint(tried[each])
        )
        return {
            name: self._mapped(columns[link], link, name, uniques[link])
            for link, names in self._of_links.items()
            for name in names
        }

    def _unknown(self, uniques: Columns) -> Iterator[tuple[str, int]]:
        """Return link -> its ids of which the properties are not known yet."""
        for link, values in uniques.items():
            known = self._known[link]
            if len(known) > MOST_KEYS:
                known.clear()
            yield from ((link, value) for value in values.to_pylist() if value not in known)

    @staticmethod
    def _row_of(columns: Columns, link: str, value: int) -> int:
        row: int = columns["id"][pc.index(columns[link], value).as_py()].as_py()
        return row

    @staticmethod
    def _more_rows(columns: Columns, link: str, value: int) -> list[int]:
        places = pc.indices_nonzero(pc.equal(columns[link], value))[1 : 1 + FURTHER_ROWS]
        rows: list[int] = columns["id"].take(places).to_pylist()
        return rows

    def _learn(self, records: Iterable[dict[str, Any]]) -> set[int]:
        """Remember the linked records, and return the ids of the records that linked to them."""
        found = set()
        for record in records:
            found.add(record["id"])
            for link, names in self._of_links.items():
                if record[link] is not None:
                    self._known[link][record[link]] = {name: record[name] for name in names}
        return found

    def _learn_of_moved(self, links: Iterable[tuple[str, int]]) -> None:
        """Ask for any row with these links, since the rows that had them link elsewhere by now."""
        shape = self._shapes["links"]
        asked = [
            EntitySource(self._client, shape, {link: str(value)}, None) for link, value in links
        ]
        self._asked += len(asked)
        self._learn(
            self._at_once(
                shape, lambda one: aside(one, Slice(Window(), promised=True), 1).results, asked
            )
        )

    def _mapped(self, column: pa.Array, link: str, name: str, values: pa.Array) -> pa.Array:
        known = self._known[link]
        missing = [value for value in values.to_pylist() if value not in known]
        if missing:
            self._unfound.add(name)
        texts = [known.get(value, {}).get(name) for value in values.to_pylist()]
        return pa.array(texts, pa.string()).take(pc.index_in(column, value_set=values))

    # What is looked up by the ids of the rows themselves

    def _own(self, columns: Columns) -> Columns:
        if not self._of_rows:
            return {}
        ids = columns["id"].to_pylist()
        found = {record["id"]: record for record in self._records("rows", ids)}
        if len(found) < len(ids):
            self._unfound.update(self._of_rows)
        return {
            name: converted(
                pa.array([_text(found.get(row, {}).get(name)) for row in ids], pa.string()), kind
            )
            for name, kind in self._of_rows.items()
        }

    # Requests

    def _records(self, what: str, rows: Collection[int]) -> Iterable[dict[str, Any]]:
        shape, ordered = self._shapes[what], sorted(rows)
        self._asked += len(ordered)
        source = EntitySource(self._client, shape, {}, None)
        blocks = [ordered[n : n + BY_IDS] for n in range(0, len(ordered), BY_IDS)]
        return self._at_once(
            shape, lambda block: rows_by_ids(source, Window(), block, looks=LOOKS).values(), blocks
        )

    def _at_once(
        self, shape: RecordShape, read: Callable[[T], Iterable[Any]], parts: Sequence[T]
    ) -> Iterator[dict[str, Any]]:
        """Read several parts at once, each by some requests; return their records."""

        def stoppable(part: T) -> Iterable[Any]:
            self._client.cancellation.check()
            return read(part)

        with ThreadPoolExecutor(self._client.settings.max_concurrency) as pool:
            for rows in pool.map(logs.carried(stoppable), parts):
                yield from shape.records(list(rows))

    # Warnings

    def _warn(self) -> None:
        if self._warned or self._rows < self._many or self._asked < self._rows / 5:
            return
        self._warned = True
        self._logger.warning(
            "Stream %s: of %d extracted rows, %d had to be asked of the entity API for what files "
            "do not hold (%s); deselect these properties, or set `extract_related` to omit.",
            self._entity,
            self._rows,
            self._asked,
            ", ".join([*(n for names in self._of_links.values() for n in names), *self._of_rows]),
        )

    def report(self) -> None:
        """Say which properties stayed empty because the entity API no longer shows the row."""
        if self._unfound:
            self._logger.warning(
                "Stream %s: %s could not be looked up for all rows, which are gone or not visible "
                "to the user.",
                self._entity,
                ", ".join(sorted(self._unfound)),
            )


def _all(rows: Mapping[Any, Sequence[int]]) -> set[int]:
    return {row for some in rows.values() for row in some}


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return format(value, "f") if isinstance(value, Decimal) else str(value)
