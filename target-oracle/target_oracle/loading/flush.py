"""One flush from lines to COMMIT: as a whole, or record by record to find the bad ones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import oracledb

from target_oracle.errors import advice
from target_oracle.loading.stage import DirectPathRefusedError
from target_oracle.loading.transaction import (
    SAVEPOINT,
    all_or_nothing,
    is_about_a_record,
    problem_of,
)
from target_oracle.observing import logs, telemetry
from target_oracle.records.rows import rows_of
from target_oracle.records.shaping import Shaper
from target_oracle.schema.conversion import fits_number
from target_oracle.schema.types import NUMERIC
from target_oracle.schema.widening import TooNarrowError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from target_oracle.database.session import Session
    from target_oracle.loading.commit_record import CommitRecord
    from target_oracle.loading.destination import Destination
    from target_oracle.loading.loader import Loader
    from target_oracle.loading.rejects import StreamRejects
    from target_oracle.records.buffer import Buffer
    from target_oracle.records.frames import Rows
    from target_oracle.records.shaping import Shaping
    from target_oracle.records.slices import Problem, Record

REFUSALS = (oracledb.Error, OverflowError)
"""Errors by which database or driver refuse a record; the last is for immense exponents."""


@dataclass
class Flush:
    """Loads what waits of one stream; where no column can grow, a value too large is a problem."""

    destination: Destination
    shaping: Shaping
    rejects: StreamRejects
    buffer: Buffer
    record: CommitRecord
    unknown: set[str] = field(default_factory=set)
    """Properties that records had and the schema lacks."""
    deleted: int = 0
    """Rows that were deleted, or marked so."""
    _gone: dict[Any, Any] = field(default_factory=dict)
    """The keys that an overwrite has seen deleted up to here; see `Shaper.deleted`."""

    @property
    def session(self) -> Session:
        """The session that the transaction is in."""
        return self.destination.worker.session

    @property
    def loader(self) -> Loader:
        """The loader in force: a wider column brings another one."""
        return self.destination.loader

    def attempt(self) -> None:
        """Load everything and COMMIT, unless an earlier attempt did; widen columns on the way.

        Raises:
            oracledb.Error: The database refuses; nothing of the flush is loaded.
            RecordError: A record is bad, and bad records are not allowed.
            LoadError: Nobody knows whether an earlier attempt was committed.
        """
        if self.record.is_committed():
            self._settle()
            return
        self.session.connection.action = self.destination.plan.stream[:32]
        try:
            self._load()
        except TooNarrowError as narrow:
            self.destination.widen(narrow.needed)
            self.attempt()

    def _load(self) -> None:
        """Load everything at once, or where a record is at fault piece by piece.

        Raises:
            TooNarrowError: A column must be widened first.
            oracledb.Error: No single record is at fault.
        """
        try:
            self._at_once()
        except TooNarrowError as narrow:
            if self.destination.can_grow(narrow.needed):
                raise
            self._transaction(self._piecewise)
        except REFUSALS as error:
            if not is_about_a_record(error):
                raise
            self._transaction(self._piecewise)

    def _at_once(self) -> None:
        try:
            self._transaction(self._whole)
        except DirectPathRefusedError:
            self._transaction(self._whole)

    def _transaction(self, work: Callable[[], None]) -> None:
        self.deleted, self._gone = 0, dict(self.loader.deleted)
        with all_or_nothing(self.record):
            work()
            self.rejects.write(self.session, len(self.buffer))
            self.record.write()
            with telemetry.span("commit"):
                self.session.commit()
        self._settle()

    def _settle(self) -> None:
        """Settle rejects and shadow after COMMIT."""
        self.rejects.all.settle()
        self.loader.stage.settle()
        self.loader.deleted = self._gone

    def _whole(self) -> None:
        shaper = self._new_shaper()
        # Closed at once also after a failure: another attempt must not meet the thread of this one.
        rows = (rows_of(shaper, each, self.buffer.step) for each in self.buffer.pieces())
        with closing(ahead(chain.from_iterable(rows))) as slices:
            self._load_all(slices)
        self._remove(shaper)
        self.unknown |= shaper.unknown

    def _new_shaper(self) -> Shaper:
        loader = self.loader
        return Shaper(
            self.shaping,
            loader.columns,
            self.rejects,
            unique=bool(loader.keys) and not self.destination.overwrites,
            newer=loader.conditions.newer,
            watch_deletes=loader.can_remove,
            keeps_deleted=not loader.hard_delete,
            deleted=dict(self._gone),
        )

    def _remove(self, shaper: Shaper) -> None:
        if self.destination.overwrites:
            self._gone = shaper.deleted  # from its rows at the end
        elif shaper.deleted:
            self.deleted += self.loader.remove(shaper.deleted)
        for turn in shaper.turns.all:
            self.deleted += self.loader.take(turn)

    def _load_all(self, slices: Iterator[Rows]) -> None:
        if self.destination.overwrites:
            self.loader.shadow(slices, len(self.buffer))
        elif self.loader.keys:
            self.loader.upsert(slices, len(self.buffer))
        else:
            self.loader.insert(slices)

    def _piecewise(self) -> None:
        self.loader.ready_for_pieces()
        for lines in self.buffer.slices():
            self._bisect(lines)

    def _bisect(self, lines: list[bytes]) -> None:
        """Load some lines; where that fails, each half of them, down to the record at fault.

        Raises:
            TooNarrowError: A column must be widened first.
            oracledb.Error: No single record is at fault.
        """
        self._execute(f"SAVEPOINT {SAVEPOINT}")
        rejects, deleted = self.rejects.all.pending, self.deleted
        try:
            self._load_piece(lines)
        except (*REFUSALS, TooNarrowError) as error:
            if not is_about_a_record(error) or self._is_curable(error):
                raise
            self._execute(f"ROLLBACK TO SAVEPOINT {SAVEPOINT}")
            self.rejects.all.forget(after=rejects)
            self.deleted = deleted
            if len(lines) == 1:
                (record,) = self._new_shaper().decoded(lines).records
                self.rejects.take(self._problem(error, record), record)
                return
            middle = len(lines) // 2
            self._bisect(lines[:middle])
            self._bisect(lines[middle:])

    def _problem(self, error: Exception, record: Record) -> Problem:
        """Return why a record is refused: a number with its property, a key with its limit."""
        problem = problem_of(error)
        fixed = self.destination.fixed
        if isinstance(error, TooNarrowError) and (held := error.needed.keys() & fixed):
            return replace(problem, reason=f"{problem.reason}: {advice(fixed[min(held)])}")
        if problem.code not in {"DPY-4003", "DPY-4014"}:
            return problem
        numbers = [each for each in self.loader.columns if each.type.name in NUMERIC]
        beyond = [each.source for each in numbers if not fits_number(record.get(each.source))]
        return replace(problem, source=", ".join(beyond))

    def _is_curable(self, error: Exception) -> bool:
        return isinstance(error, TooNarrowError) and self.destination.can_grow(error.needed)

    def _load_piece(self, lines: list[bytes]) -> None:
        shaper = self._new_shaper()
        rows = shaper.rows(lines)
        if self.destination.overwrites:
            self.loader.stage.fill_pending(rows)
        elif self.loader.keys:
            self.loader.upsert_piece(rows)
        else:
            self.loader.insert([rows])
        self._remove(shaper)

    def _execute(self, statement: str) -> None:
        with self.session.cursor() as cursor:
            cursor.execute(statement)


def ahead(slices: Iterator[Rows]) -> Generator[Rows]:
    """Yield slices, each made while the database loads the one before; to be closed after."""
    with ThreadPoolExecutor(1, "slices") as pool:
        following = logs.carried(next)
        coming = pool.submit(following, slices, None)
        while (rows := coming.result()) is not None:
            coming = pool.submit(following, slices, None)
            yield rows
