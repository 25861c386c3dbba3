"""How many rows each table gets, and their ids: pure, so that any row can point at any other."""

from __future__ import annotations

import zlib
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from wms_standin.catalog.entities import VIEWS, Entity, load_entities
from wms_standin.data.seeds.codes import CODES

if TYPE_CHECKING:
    from collections.abc import Mapping

Row = dict[str, Any]
"""One generated row, by field, in stored form."""

DCS: Final = 3
"""The first facilities are distribution centres; stock and orders belong to them."""

_FIXED: Final = {"facility": 8, "company": 3, "time_zone": 4, "uom": 4, "order_type": 5}
_SCALED: Final[dict[str, int]] = {
    "item": 90, "item_metrics": 90, "item_characteristics": 90, "item_barcode": 120,
    "item_facility": 120, "location": 180, "vendor": 12, "inventory_attribute": 12,
    "batch_number": 30, "purchase_order_hdr": 40, "purchase_order_dtl": 110, "ib_shipment": 45,
    "ib_shipment_dtl": 140, "container": 260, "container_lock_xref": 30, "pallet": 30,
    "inventory": 240, "serial_nbr": 60, "serial_nbr_inventory": 40, "order_hdr": 150,
    "order_dtl": 380, "order_lock": 12, "order_instruction": 40, "order_dtl_serial_nbr": 30,
    "wave": 20, "task": 60, "allocation": 420, "load": 25, "ob_stop": 50, "ob_stop_dtl": 80,
    "inventory_history": 300, "wms_activity": 80, "user": 12,
}  # fmt: skip
_OTHERS: Final = 8
_ZERO_ROWS: Final = {"inventory_attribute", "replenishment_zone"}
"""Tables whose id-0 "none" row can be read: links to it have a url."""

_GROUP_SIZES: Final = (2, 1, 3, 1, 5, 0, 2, 4)
"""Children per parent, repeated: small and uneven, and sometimes none."""


def _stable(text: str) -> int:
    return zlib.crc32(text.encode())


class Plan:
    """Counts and ids for one seed, size and set of overrides."""

    def __init__(self, seed: int, size: float, rows: Mapping[str, int]) -> None:
        unknown = [name for name in rows if name not in load_entities() or name in VIEWS]
        if unknown:
            msg = f"rows= names no entity with rows of its own: {', '.join(unknown)}"
            raise ValueError(msg)
        self.seed = seed
        self._size = size
        self._rows = dict(rows)
        self._ids: dict[str, list[int]] = {}
        self._parents: dict[tuple[str, str], list[int]] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plan) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[int, float, frozenset[tuple[str, int]]]:
        return self.seed, self._size, frozenset(self._rows.items())

    def count(self, table: str) -> int:
        """Return how many rows the table starts with."""
        if table in self._rows:
            return self._rows[table]
        if table in CODES:
            return len(CODES[table])
        if table in _FIXED:
            return _FIXED[table]
        if not load_entities()[table].has_mod_ts:
            return _OTHERS
        return max(1, round(_SCALED.get(table, _OTHERS) * self._size))

    def ids(self, table: str) -> list[int]:
        """Return the ids of the table, ascending; large and with gaps unless it is a code table."""
        if table not in self._ids:
            self._ids[table] = self._make_ids(load_entities()[table])
        return self._ids[table]

    def _make_ids(self, entity: Entity) -> list[int]:
        if entity.table in CODES:
            return list(CODES[entity.table])
        count = self.count(entity.table)
        if entity.table in _ZERO_ROWS and count:
            return [0, *self._spaced(entity.table, count - 1)]
        return self._spaced(entity.table, count)

    def _spaced(self, table: str, count: int) -> list[int]:
        salt = _stable(f"{self.seed}:{table}")
        base = 1 + salt % 900
        if table in {"order_dtl", "allocation", "inventory_history"}:
            base += 5_000_000_000
        gap_at, gap = count * 2 // 3, 1_000 + salt % 5_000
        return [
            base + 3 * i + ((i * 2654435761 + salt) >> 9) % 3 + (gap if i >= gap_at else 0)
            for i in range(count)
        ]

    def wrap(self, table: str, number: int) -> int:
        """Return a number as an index of the table's rows."""
        return number % max(1, self.count(table))

    def at(self, table: str, index: int) -> int:
        """Return the id of the row at an index, modulo the table's rows; 0 when it has none."""
        ids = self.ids(table)
        return ids[index % len(ids)] if ids else 0

    def member(self, table: str, group: int, groups: int, pick: int) -> int:
        """Return an index among the rows i of the table with `i % groups == group`, wrapping."""
        groups = max(1, groups)
        size = max(1, (self.count(table) - group + groups - 1) // groups)
        return group + groups * (pick % size)

    def parents(self, parent: str, child: str) -> list[int]:
        """Return the first child index of each parent index, plus the end: contiguous groups."""
        if (parent, child) not in self._parents:
            self._parents[parent, child] = self._groups(parent, child)
        return self._parents[parent, child]

    def _groups(self, parent: str, child: str) -> list[int]:
        count, total = self.count(parent), self.count(child)
        if count == 0:
            return [0, total]
        sizes = [_GROUP_SIZES[i % len(_GROUP_SIZES)] for i in range(count)]
        ends = list(accumulate(sizes))
        whole = ends[-1] or 1
        return [0, *(round(total * end / whole) for end in ends)]
