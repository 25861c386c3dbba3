"""One flush from lines to COMMIT: as a whole, or record by record to find the bad ones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

import oracledb

from target_oracle.loading.stage import DirectPathRefusedError
from target_oracle.loading.transaction import (
    SAVEPOINT,
    all_or_nothing,
    is_about_a_record,
    problem_of,
)
from target_oracle.observing import logs, telemetry
from target_oracle.records.rows import rows_of
from target_oracle.schema.widening import TooNarrowError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from target_oracle.config.choices import LoadMethod
    from target_oracle.database.session import Session
    from target_oracle.loading.loader import Loader
    from target_oracle.loading.rejects import Rejects
    from target_oracle.records.buffer import Buffer
    from target_oracle.records.frames import Rows
    from target_oracle.records.shaping import Shaper
    from target_oracle.schema.types import OracleType

REFUSALS = (oracledb.Error, OverflowError)  # the last by the driver, of exponents without measure


@dataclass
class Flush:
    """Loads one batch; `note` is told, in the same transaction, how many rows were deleted.

    Where no column `can_grow`, a value too large for one is a bad record.
    """

    stream: str
    keys: Sequence[str]
    method: LoadMethod
    session: Session
    loader: Loader
    new_shaper: Callable[[], Shaper]
    rejects: Rejects
    batch: Buffer
    note: Callable[[int], None]
    can_grow: Callable[[Mapping[str, OracleType]], bool]
    unknown: set[str] = field(default_factory=set)
    deleted: int = 0
    _gone: dict[Any, Any] = field(default_factory=dict)  # of an overwrite up to here

    def once(self) -> None:
        """One transaction; nothing of it stays when it fails. TooNarrowError, oracledb.Error."""
        try:
            self._at_once()
        except TooNarrowError as narrow:
            if self.can_grow(narrow.needed):
                raise
            self._transaction(self._piecemeal)
        except REFUSALS as error:
            if not is_about_a_record(error):
                raise
            self._transaction(self._piecemeal)

    def _at_once(self) -> None:
        try:
            self._transaction(self._whole)
        except DirectPathRefusedError:
            self._transaction(self._whole)

    def _transaction(self, work: Callable[[], None]) -> None:
        self.deleted, self._gone = 0, dict(self.loader.deleted)
        with all_or_nothing(self.session, self.rejects):
            work()
            self.rejects.check_ratio(self.stream, len(self.batch))
            with self.session.cursor() as cursor:
                self.rejects.write(cursor)
            self.note(self.deleted)
            with telemetry.span("commit"):
                self.session.commit()
        self.settle()

    def settle(self) -> None:
        """COMMIT took place."""
        self.rejects.settle()
        self.loader.stage.settle()
        self.loader.deleted = self._gone

    def _whole(self) -> None:
        shaper = self._shaper()
        # Closed at once also after a failure: another attempt must not meet the worker of this one.
        rows = (rows_of(shaper, each, self.batch.step) for each in self.batch.pieces())
        with closing(ahead(chain.from_iterable(rows))) as slices:
            self._load_all(slices)
        self._remove(shaper)
        self.unknown |= shaper.unknown

    def _shaper(self) -> Shaper:
        shaper = self.new_shaper()
        shaper.deleted = dict(self._gone)
        return shaper

    def _remove(self, shaper: Shaper) -> None:
        if self.method == "overwrite":
            self._gone = shaper.deleted  # from its rows at the end
        elif shaper.deleted:
            self.deleted += self.loader.remove(shaper.deleted)

    def _load_all(self, slices: Iterator[Rows]) -> None:
        if self.method == "overwrite":
            self.loader.shadow(slices, len(self.batch))
        elif self.loader.keys:
            self.loader.upsert(slices, len(self.batch))
        else:
            self.loader.insert(slices)

    def _piecemeal(self) -> None:
        self.loader.ready_for_pieces()
        for lines in self.batch.slices():
            self._piece(lines)

    def _piece(self, lines: list[bytes]) -> None:
        """Load some lines; where that fails, each half of them, down to the record at fault."""
        self._execute(f"SAVEPOINT {SAVEPOINT}")
        rejects, deleted = self.rejects.pending, self.deleted
        try:
            self._load(lines)
        except (*REFUSALS, TooNarrowError) as error:
            if not is_about_a_record(error) or self._is_curable(error):
                raise
            self._execute(f"ROLLBACK TO SAVEPOINT {SAVEPOINT}")
            self.rejects.forget(after=rejects)
            self.deleted = deleted
            self._divide(lines, error)

    def _is_curable(self, error: Exception) -> bool:
        return isinstance(error, TooNarrowError) and self.can_grow(error.needed)

    def _load(self, lines: list[bytes]) -> None:
        shaper = self._shaper()
        rows = shaper.rows(lines)
        if self.method == "overwrite":
            self.loader.stage.fill_pending(rows)
        elif self.loader.keys:
            self.loader.upsert_piece(rows)
        else:
            self.loader.insert([rows])
        self._remove(shaper)

    def _divide(self, lines: list[bytes], error: Exception) -> None:
        if len(lines) > 1:
            middle = len(lines) // 2
            self._piece(lines[:middle])
            self._piece(lines[middle:])
        else:
            (record,) = self.new_shaper().decoded(lines).records
            self.rejects.take(self.stream, self.keys, problem_of(error), record)

    def _execute(self, statement: str) -> None:
        with self.session.cursor() as cursor:
            cursor.execute(statement)


def ahead(slices: Iterator[Rows]) -> Generator[Rows]:
    """The slices, each made while the database works on the one before. Close it when done."""
    with ThreadPoolExecutor(1, "slices") as pool:
        following = logs.carried(next)
        coming = pool.submit(following, slices, None)
        while (rows := coming.result()) is not None:
            coming = pool.submit(following, slices, None)
            yield rows
