"""Find out which values of an entity a `values_list` gives as records do, on the same rows."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.catalog.fields import Kind
from tap_oracle_wms.errors import WmsError, is_of_one_entity
from tap_oracle_wms.reading.by_ids import aside
from tap_oracle_wms.reading.flat.choice import Timing
from tap_oracle_wms.reading.flat.keys import PROVEN, LinkKeys
from tap_oracle_wms.reading.flat.paths import candidates
from tap_oracle_wms.reading.flat.shape import FlatShape, columns_of, is_carried
from tap_oracle_wms.reading.records import RecordShape
from tap_oracle_wms.reading.values import ids, keys, urls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_oracle_wms.catalog.fields import EntityField
    from tap_oracle_wms.reading.flat.paths import KeyPath
    from tap_oracle_wms.reading.list_requests import EntitySource
    from tap_oracle_wms.reading.parts import Slice
    from tap_oracle_wms.reading.values import Column

FEW = 25
"""Rows that are read both ways: a few more than must be the same, as some may change meanwhile."""

TRIES = 4
"""Requests, each without what WMS refused in the one before."""


class UnfitError(Exception):
    """An entity cannot be read flat; the message says why, in half a sentence."""


@dataclass(frozen=True)
class Basis:
    """The first rows that were read by records, and where those are that are compared."""

    part: Slice
    rows: Sequence[Any]
    took: Timing
    """The number of rows of their request, and its seconds."""

    @classmethod
    def of(cls, records: EntitySource, part: Slice, rows: Sequence[Any], seconds: float) -> Basis:
        """Return the rows of a part of which a few are to be compared."""
        through = records.id_of(rows[:FEW][-1])
        return cls(replace(part, through=through), rows, Timing(len(rows), seconds))

    @property
    def few(self) -> Sequence[Any]:
        """Those that are compared."""
        return self.rows[:FEW]


@dataclass
class Verification:
    """Reads the rows of a basis by `values_list`, and compares the two."""

    records: EntitySource
    whole: RecordShape
    stamp: str
    needed: frozenset[str]
    """Fields that are read whether or not they are selected."""
    marks_deletes: bool = False
    took: Timing = field(init=False)
    """What the request of the same rows took."""
    _paths: dict[str, tuple[KeyPath, ...]] = field(default_factory=dict)

    def shape(self, basis: Basis) -> FlatShape:
        """Return what gave the same values.

        Raises:
            UnfitError: It is not enough.
            WmsError: The run cannot go on.
        """
        flat = {each.name for each in self._wanted if is_carried(self.whole.stream, each)}
        self._paths = {
            each.name: candidates(each.name, urls(self.whole.values(each.name, basis.rows)))
            for each in self._links(flat)
        }
        for _ in range(TRIES):
            columns = columns_of(
                self.whole.stream, self.whole.fields, chain(*self._paths.values()), flat
            )
            begun = time.monotonic()
            try:
                page = aside(self.records.shaped(columns, attempts=1), basis.part, len(basis.few))
            except WmsError as error:
                if not is_of_one_entity(error):
                    raise
                self._forgo(flat, str(error))
                continue
            self.took = Timing(len(basis.few), time.monotonic() - begun)
            return self._compared(basis, columns, page.results, flat)
        msg = "WMS refuses too many of its columns in a `values_list`"
        raise UnfitError(msg)

    @property
    def _wanted(self) -> list[EntityField]:
        names = set(self.whole.names)
        return [
            each
            for each in self.whole.fields
            if each.name in self.needed or names.intersection(_properties(each))
        ]

    def _links(self, flat: set[str]) -> list[EntityField]:
        """Return the carried links of which the keys are selected."""
        return [
            each
            for each in self._wanted
            if each.name in flat and each.kind is Kind.RELATION and each.key in self.whole.names
        ]

    def _forgo(self, flat: set[str], reason: str) -> None:
        """Ask no more for the paths that an error names.

        Raises:
            UnfitError: It names none, or one that cannot be left out.
        """
        named = {
            path for some in self._paths.values() for path in some
            if any(column in reason for column in path.columns)
        }  # fmt: skip
        self._paths = {
            name: tuple(path for path in some if path not in named)
            for name, some in self._paths.items()
        }
        words = set(reason.replace('"', " ").replace(":", " ").replace(",", " ").split())
        columns = set() if named else flat & words
        if not (named or columns) or columns & {"id", self.stamp}:
            msg = f"WMS does not answer its `values_list`: {reason}"
            raise UnfitError(msg)
        flat -= columns

    def _compared(
        self, basis: Basis, columns: RecordShape, found: Sequence[Any], flat: set[str]
    ) -> FlatShape:
        pairs = self._pairs(basis.few, columns, found)
        if len(pairs) < min(PROVEN, len(basis.few)):
            msg = "too few of its rows stayed the same to compare them"
            raise UnfitError(msg)
        rows, flats = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        as_records, as_flat = self.whole.columns(rows), columns.columns(flats)
        for each in self._wanted:
            if each.name in flat and not self._is_same(each, rows, as_records, as_flat):
                flat.discard(each.name)
        if not flat >= self.needed:
            msg = f"a `values_list` gives another {', '.join(sorted(self.needed - flat))}"
            raise UnfitError(msg)
        links = [self._keys(each, basis.rows, as_flat) for each in self._links(flat)]
        return FlatShape(flat, links, self._rest(flat), self.whole, self.stamp, self.marks_deletes)

    def _pairs(
        self, rows: Sequence[Any], columns: RecordShape, found: Sequence[Any]
    ) -> list[tuple[Any, Any]]:
        """Return the rows that both ways gave and that did not change in between."""
        by_id = {columns.id_of(row): row for row in found}
        return [
            (row, by_id[row.f0])
            for row, stamp in zip(rows, self.whole.values(self.stamp, rows), strict=True)
            if row.f0 in by_id and columns.values(self.stamp, [by_id[row.f0]]) == [stamp]
        ]

    def _is_same(
        self, each: EntityField, rows: Sequence[Any],
        as_records: dict[str, Column], as_flat: dict[str, Column],
    ) -> bool:  # fmt: skip
        """Whether a column has the same values, to the last digit."""
        if each.kind is Kind.RELATION:
            wanted = ids(self.whole.values(each.name, rows))
        elif each.name in as_records:
            wanted = as_records[each.name]
        else:
            return True
        return repr(list(wanted)) == repr(list(as_flat[each.name]))

    def _keys(self, each: EntityField, rows: Sequence[Any], as_flat: dict[str, Column]) -> LinkKeys:
        """Return a link with what the records of rows tell, and the first path that agrees."""
        values = self.whole.values(each.name, rows)
        told = zip(ids(values), keys(values), strict=True)
        known = {related: key for related, key in told if related is not None}
        for path in self._paths[each.name]:
            link = LinkKeys(each, path, known)
            found = link.of(as_flat)
            if found.differing() is None:
                found.prove()
                return link
        return LinkKeys(each, None, known)

    def _rest(self, flat: set[str]) -> RecordShape | None:
        """Return the shape of what a `values_list` does not carry.

        Raises:
            UnfitError: It is most of what costs time.
        """
        left = [each for each in self._wanted if each.name not in flat]
        with_url = "url" in self.whole.names
        links = [each for each in self._wanted if each.kind is Kind.RELATION]
        by_records = {each.name for each in left} | {
            each.name for each in links if f"{each.name}_url" in self.whole.names
        }
        if sum(each.name in by_records for each in links) > len(links) / 2:
            msg = "most of its related records can only be read by records"
            raise UnfitError(msg)
        names = {
            name
            for each in self._wanted
            if each.name in by_records
            for name in _properties(each)
            if name in self.whole.names and (each in left or name.endswith("_url"))
        }
        if with_url:
            names.add("url")
        if not names:
            return None
        return RecordShape(self.whole.stream, self.whole.fields, names, {"id", self.stamp})


def _properties(each: EntityField) -> set[str]:
    return {name for name, _ in each.properties(urls=True)}
