"""Look up what extracted files lack: keys of related records, sets and computed fields.

The entity API gives them. A related record's key is asked for once, by one row that links to it;
what belongs to a row itself costs a row each.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from tap_oracle_wms.api.models import Page
from tap_oracle_wms.errors import NotFoundError, UnknownFieldsError
from tap_oracle_wms.extract.conversion import converted
from tap_oracle_wms.observing import logs
from tap_oracle_wms.reading.records import RecordShape

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from tap_oracle_wms.api.client import WmsClient
    from tap_oracle_wms.catalog.fields import Kind
    from tap_oracle_wms.catalog.selection import Entity

IDS = 100
"""Of one request: an address must not grow too long."""

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
        asked = [{link: str(value), "page_size": "1"} for link, value in links]
        self._asked += len(asked)
        self._learn(self._pages(self._shapes["links"], asked))

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
        ordered = sorted(rows)
        self._asked += len(ordered)
        blocks = [ordered[n : n + IDS] for n in range(0, len(ordered), IDS)]
        asked = [{"id__in": ",".join(map(str, b)), "page_size": str(len(b))} for b in blocks]
        return self._pages(self._shapes[what], asked)

    def _pages(
        self, shape: RecordShape, asked: Sequence[dict[str, str]]
    ) -> Iterator[dict[str, Any]]:
        """The records of several requests."""
        with ThreadPoolExecutor(self._client.settings.max_concurrency) as pool:
            for rows in pool.map(logs.carried(partial(self._rows_of, shape)), asked):
                yield from shape.records(rows)

    def _rows_of(self, shape: RecordShape, asked: dict[str, str]) -> list[Any]:
        """Read the rows of one request; those that do not come are asked for once more."""
        rows: list[Any] = []
        looks, left = 0, asked
        while left and looks < LOOKS:
            page = self._page(shape, left)
            rows += page.results
            lacking = _lacking(left, {str(shape.id_of(row)) for row in page.results})
            looks = looks + 1 if lacking == left else 1
            left = lacking
        return rows

    def _page(self, shape: RecordShape, asked: dict[str, str]) -> Page[Any]:
        """Make one request, without the fields that this tenant does not know.

        Raises:
            UnknownFieldsError: One of them cannot be left out.
        """
        self._client.cancellation.check()
        params = {**asked, "page_mode": "sequenced", **shape.projection}
        try:
            return self._client.get(f"/entity/{self._entity}/", params, shape.decode)
        except NotFoundError:
            return Page([])
        except UnknownFieldsError as error:
            shape.forgo(error.names)
            if shape.projection.items() <= params.items():
                raise
            return self._page(shape, asked)

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


def _lacking(asked: dict[str, str], found: set[str]) -> dict[str, str]:
    """Return the request for what did not come; an empty one where all did."""
    if "id__in" not in asked:
        return {} if found else asked
    left = [row for row in asked["id__in"].split(",") if row not in found]
    return {**asked, "id__in": ",".join(left)} if left else {}


def _all(rows: Mapping[Any, Sequence[int]]) -> set[int]:
    return {row for some in rows.values() for row in some}


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return format(value, "f") if isinstance(value, Decimal) else str(value)
