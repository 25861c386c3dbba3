"""What a target holds of a tap's output, and what the STATEs in it claim to be there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.tap.conftest import Message, _record, expected

if TYPE_CHECKING:
    from wms_standin import WmsStandin

Row = dict[str, Any]
Bookmark = dict[str, Any]

INCREMENTAL = ("order_hdr", "order_dtl")
BY_ID_ALONE = "container_lock_xref"
"""No `mod_ts`: read in full each time."""
WITHOUT_ID = "rf_key_map"
CHANGING = (*INCREMENTAL, BY_ID_ALONE)
STREAMS = (*CHANGING, WITHOUT_ID)


class Journal:
    """When each row was last touched, in eras: a run has one of its own, and so has each pause."""

    def __init__(self, wms: WmsStandin) -> None:
        self.era = 0
        self._touched: dict[tuple[str, int], int] = {}
        wms.world.on_change.append(self._note)

    def _note(self, table: str, row_id: int) -> None:
        self._touched[table, row_id] = self.era

    def before(self, era: int, table: str, row_id: int) -> bool:
        """Whether the row has been as it is since before an era."""
        return self._touched.get((table, row_id), -1) < era


@dataclass
class Truth:
    """The world after a run."""

    rows: dict[str, dict[int, Row]]
    without_id: list[Row]

    @classmethod
    def of(cls, wms: WmsStandin) -> Truth:
        return cls(
            {name: expected(wms, name) for name in CHANGING},
            [_record(row) for row in wms.world.rows(WITHOUT_ID)],
        )


@dataclass
class Replica:
    """Tables as an upserting target fills them, with the version of each row, and the last STATE.

    Rows without an id are appended. ACTIVATE_VERSION drops rows of lower versions and of none.
    """

    state: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, dict[Any, tuple[Row, int | None]]] = field(
        default_factory=lambda: {name: {} for name in STREAMS}
    )

    def take(self, message: Message) -> None:
        if message["type"] == "STATE":
            self.state = message["value"]
        if message["type"] == "RECORD":
            table, record = self.tables[message["stream"]], message["record"]
            key = record.get("id", object())
            row, version = table.get(key, ({}, None))
            table[key] = (row | record, message.get("version", version))
        if message["type"] == "ACTIVATE_VERSION":
            table = self.tables[message["stream"]]
            for key in [k for k, (_, found) in table.items() if (found or 0) < message["version"]]:
                del table[key]

    def rows(self, stream: str) -> dict[Any, Row]:
        """Those that are not marked as deleted."""
        rows = {key: row for key, (row, _) in self.tables[stream].items()}
        return {key: row for key, row in rows.items() if row.get("_sdc_deleted_at") is None}

    @property
    def bookmarks(self) -> dict[str, Bookmark]:
        """How far each stream is, by the last STATE."""
        return {
            stream: {name: value for name, value in bookmark.items() if name != "known_ids"}
            for stream, bookmark in self.state.get("bookmarks", {}).items()
        }


def differing(found: dict[Any, Row], wanted: dict[int, Row]) -> dict[int, list[str]]:
    """The ids of rows that are not there as they should be, with the columns that differ."""
    return {
        key: [name for name in row if key not in found or found[key].get(name) != row[name]]
        for key, row in wanted.items()
        if key not in found or any(found[key].get(name) != row[name] for name in row)
    }


@dataclass
class Claims:
    """What a bookmark says to be out, row by row.

    A bookmark speaks of the rows as they were when the reading that it came from began: for a full
    load that went through several runs, the first of them. What is touched later comes later.
    """

    journal: Journal
    _begun: dict[tuple[str, int], int] = field(default_factory=dict)
    _believed: set[str] = field(default_factory=set)
    """Times since which windows were empty in a run that was lied to."""
    _doubted: set[tuple[str, int]] = field(default_factory=set)
    """Loads of runs that were lied to: their ranges may lack rows, as their numbers of rows tell.

    The end of the load finds them, unless as many others are deleted between two runs of it."""

    def doubt(self, before: dict[str, Bookmark], messages: list[Message]) -> None:
        """Note that the windows which a run found empty may be none: the next run looks there."""
        states = [message["value"] for message in messages if message["type"] == "STATE"]
        for state in states:
            for stream, bookmark in state.get("bookmarks", {}).items():
                since = bookmark.get("empty_since")
                if since and since != before.get(stream, {}).get("empty_since"):
                    self._believed.add(since)

    def has_doubtful(self, bookmarks: dict[str, Bookmark]) -> bool:
        """Whether the last window of a stream is believed to be empty by a lie."""
        return any(found.get("empty_since") in self._believed for found in bookmarks.values())

    def doubt_loads(self, messages: list[Message]) -> None:
        """Note the loads that were under way in a run that was lied to."""
        states = [message["value"] for message in messages if message["type"] == "STATE"]
        for state in states:
            self._doubted |= self._loads(state.get("bookmarks", {}))

    def doubts_a_load(self, bookmarks: dict[str, Bookmark]) -> bool:
        """Whether a load is under way of which rows may lack."""
        return not self._doubted.isdisjoint(self._loads(bookmarks))

    @staticmethod
    def _loads(bookmarks: dict[str, Bookmark]) -> set[tuple[str, int]]:
        loads = {stream: found.get("full_load") for stream, found in bookmarks.items()}
        return {(stream, load["version"]) for stream, load in loads.items() if load}

    def origin(self, stream: str, before: Bookmark, now: Bookmark) -> int:
        """The era in which the reading behind a bookmark began."""
        load = now.get("full_load") or before.get("full_load")
        if load is None:
            return self.journal.era
        return self._begun.setdefault((stream, load["version"]), self.journal.era)

    def rows(
        self, stream: str, before: Bookmark, now: Bookmark, truth: Truth, start: datetime
    ) -> dict[int, Row]:
        """The rows that must be out, now that a run that began at `start` has got to a bookmark."""
        era = self.origin(stream, before, now)
        if self.doubts_a_load({stream: now}):
            return {}
        value = now.get("replication_key_value")
        if value and now.get("empty_since") in self._believed:
            value = min(value, now["empty_since"])
        until = min(datetime.fromisoformat(value), start) if value else None
        return {
            key: row
            for key, row in truth.rows[stream].items()
            if self.journal.before(era, stream, key)
            and (_loaded(now, key, row) if now.get("full_load") else _reached(until, row))
        }


def moved(before: Bookmark, now: Bookmark) -> bool:
    """Whether a bookmark says more than before: to give up a forced load says nothing new."""
    value = now.get("replication_key_value")
    same = value is not None and value == before.get("replication_key_value")
    return now != before and not (same and not now.get("full_load"))


def _reached(until: datetime | None, row: Row) -> bool:
    changed = row.get("mod_ts")
    return changed is None or (until is not None and datetime.fromisoformat(changed) < until)


def _loaded(bookmark: Bookmark, key: int, row: Row) -> bool:
    """Whether a full load under way has the row behind it."""
    load = bookmark.get("full_load") or {"done": []}
    is_done = any((a is None or a < key) and key <= b for a, b, *_ in load["done"])
    return is_done and _reached(datetime.fromisoformat(load["mark"]), row)
