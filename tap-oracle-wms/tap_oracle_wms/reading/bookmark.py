"""Read and write a stream's entry in STATE, from which a later run resumes.

    {"format": 1, "replication_key": "mod_ts", "replication_key_value": "<instant>",
     "scope": "<digest>", "version": 1764000000000,
     "full_load": {"mark": "<instant>", "version": 1764000000000, "scope": "<digest>",
                   "done": [[null, 512, 498], [4000, 4711, 711]]}}

`replication_key_value`: every change before it has left the tap, under the filters that `scope`
digests. `version` is that of the latest full load, and `rows` are as many as it had. `full_load` is
there while one is under way: the ids in each (after, through] of `done` have left, with their
number of rows, and `mark`, taken before the first request, becomes the bookmark when all have;
`null` is "from the first id".
`known_ids`, kept where deletes are looked for, packs the ids of all rows that were emitted and not
yet found gone.
`extract` is the data extract under way, or the last one, whose files are yet to be deleted.
`read_by` is "records" where a `values_list` was found to give other values than records do.
`empty_since` is there after a window without rows: the next run looks from there again, as one
answer alone said so. Where it is null, rows came last: an empty window is asked for again at once.
What has ended is null, so that Meltano's merge of states does not bring it
back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from tap_oracle_wms.config.times import utc
from tap_oracle_wms.errors import ConfigError
from tap_oracle_wms.reading.deletes import IdSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FORMAT = 1
FIRST_ID = -(2**63)
LAST_ID = 2**63 - 1


class Spans:
    """A set of ids as disjoint, ordered ranges (after, through], with their numbers of rows."""

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._ranges: list[tuple[int, int, int | None]] = []
        for after, through in ranges:
            self.add(after, through)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return ((after, through) for after, through, _ in self._ranges)

    @property
    def counted(self) -> list[tuple[int, int, int | None]]:
        """Return the ranges with their numbers of rows; None where a number is not known."""
        return list(self._ranges)

    def add(self, after: int, through: int, rows: int | None = None) -> None:
        """Take in (after, through], joining what touches."""
        if after >= through:
            return
        apart = [r for r in self._ranges if r[1] < after or r[0] > through]
        touching = [r for r in self._ranges if r not in apart]
        counts = [rows, *(r[2] for r in touching)]
        joined = (
            min([after, *(r[0] for r in touching)]),
            max([through, *(r[1] for r in touching)]),
            None if None in counts else sum(filter(None, counts)),
        )
        self._ranges = sorted([*apart, joined])

    def gaps(self) -> list[tuple[int, int]]:
        """What is left of all ids."""
        edges = [FIRST_ID, *(edge for span in self for edge in span), LAST_ID]
        pairs = zip(edges[::2], edges[1::2], strict=True)
        return [(after, through) for after, through in pairs if after < through]


@dataclass
class FullLoad:
    """A full load under way."""

    mark: datetime
    version: int
    scope: str
    done: Spans = field(default_factory=Spans)

    def pack(self) -> dict[str, Any]:
        """The load as STATE keeps it."""
        return {
            "mark": utc(self.mark),
            "version": self.version,
            "scope": self.scope,
            "done": [
                [None if a == FIRST_ID else a, t, *([] if rows is None else [rows])]
                for a, t, rows in self.done.counted
            ],
        }


@dataclass
class Bookmark:
    """What one stream has read."""

    value: datetime | None = None
    load: FullLoad | None = None
    known_ids: IdSet | None = None
    scope: str | None = None
    extract: dict[str, Any] | None = None
    empty_since: datetime | None = None
    """The bookmark before, where the last window had no rows: one answer said so."""
    rows: int | None = None
    """How many the last full load had, where it read everything in one go."""
    by_records: bool = False
    """Whether the entity is read by records for good."""
    version: int = 0
    """The latest that a full load was given: targets drop rows of lower ones, so it only grows."""
    expects_rows: bool = False
    """Whether the last window had rows, so that an empty one is a surprise."""
    sees: str | None = None
    """Digest of the facilities and companies that the user saw."""

    @property
    def is_blank(self) -> bool:
        """Whether no earlier run has read anything."""
        return self.value is None and self.load is None

    @classmethod
    def read(cls, stream: str, state: dict[str, Any], key: str | None) -> Self:
        """Parse the bookmark in a stream's state; another tap's state, without `format`, is none.

        Raises:
            ConfigError: The state cannot be resumed from.
        """
        try:
            _refuse_foreign(state)
            value = state.get("replication_key_value")
            same_key = key is not None and state.get("replication_key", key) == key
            is_own = "format" in state
            load = state.get("full_load")
            ids = state.get("known_ids")
            return cls(
                _instant(value) if value and same_key and is_own else None,
                _load(load) if load else None,
                IdSet.unpack(ids) if ids else None,
                state.get("scope"),
                state.get("extract"),
                _instant(empty) if (empty := state.get("empty_since")) else None,
                state.get("rows"),
                state.get("read_by") == "records",
                int(state.get("version", 0)),
                state.get("empty_since", "unknown") is None,
                state.get("sees"),
            )
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            reason = error.args[0] if error.args else type(error).__name__
            msg = (
                f"State of stream {stream} cannot be used: {reason}; remove the stream from the "
                f"state to load it afresh."
            )
            raise ConfigError(msg) from None

    def write(self, state: dict[str, Any], key: str | None) -> None:
        """Replace a stream's state; what has ended is null, for states are merged key by key."""
        state.clear()
        state["format"] = FORMAT
        if self.value is not None and key is not None:
            state |= {"replication_key": key, "replication_key_value": utc(self.value)}
        found = {
            "scope": self.scope or None,
            "version": self.version or None,
            "rows": self.rows,
            "sees": self.sees,
            "read_by": "records" if self.by_records else None,
        }
        state |= {name: value for name, value in found.items() if value is not None}
        state |= {
            "empty_since": None if self.empty_since is None else utc(self.empty_since),
            "extract": self.extract,
            "known_ids": None if self.known_ids is None else self.known_ids.pack(),
            "full_load": None if self.load is None else self.load.pack(),
        }

    def write_way(self, state: dict[str, Any]) -> bool:
        """Write that alone which holds beside a bookmark: the way to read; return whether."""
        if self.by_records:
            state |= {"format": FORMAT, "read_by": "records"}
        return self.by_records


def _refuse_foreign(state: dict[str, Any]) -> None:
    if state.get("format", FORMAT) != FORMAT:
        msg = f"its format is {state['format']}, this version knows {FORMAT}"
        raise ValueError(msg)
    if state.get("partitions"):
        msg = "it holds partitions, which this tap does not write"
        raise ValueError(msg)


def _load(found: dict[str, Any]) -> FullLoad:
    done = Spans()
    for after, through, *rows in found["done"]:
        done.add(FIRST_ID if after is None else int(after), int(through), *map(int, rows))
    return FullLoad(_instant(found["mark"]), int(found["version"]), str(found["scope"]), done)


def _instant(value: object) -> datetime:
    """An instant with offset; one without is taken as UTC."""
    moment = datetime.fromisoformat(str(value))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
