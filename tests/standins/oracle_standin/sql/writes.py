"""DML: one row, many at once, or one by one with each failure undone by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import psycopg

from oracle_standin import const as c
from oracle_standin.backend import Binds, Result
from oracle_standin.errors import OraError
from oracle_standin.net.columns import WireColumn

from .copying import Copy
from .copytext import NeedsInsertError, copy_column
from .messages import error
from .nested import with_parts
from .values import is_null, parameter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .parts import SessionParts
    from .translate.result import Translation

_LOB_BINDS = frozenset((c.T_CLOB, c.T_BLOB, c.T_JSON))
_LONG_BINDS = frozenset((c.T_LONG, c.T_LONG_RAW))
_SIZED_BINDS = frozenset((c.T_VARCHAR, c.T_CHAR, c.T_RAW))
_PLAIN_INSERT = re.compile(
    r'INSERT INTO ((?:"[^"]+"\.)?"[^"]+")(?: AS "[^"]+")?\s*(\((?:"[^"]+"(?:, )?)+\))?\s*'
    r"VALUES \(((?:%\(b\d+\)s(?:, )?)+)\)"
)


class Write:
    """One execute of a DML statement."""

    def __init__(
        self, session: SessionParts, translation: Translation, sql: str, binds: Binds
    ) -> None:
        self.session = session
        self.work = session.work
        self.translation = translation
        self.sql = sql
        self.binds = binds

    def run(self, *, batch_errors: bool, row_counts: bool) -> Result:
        check_long_binds(self.translation, self.binds, self.session.release.max_varchar)
        if self.session.release.rules.lob_binds_last:
            check_bind_order(self.translation, self.binds, self.session.release.max_varchar)
        if self.binds.num_rows > 1 and len(self.translation.texts) == 1:
            plain = _PLAIN_INSERT.fullmatch(self.translation.texts[0])
            if plain and not self._into_view(plain[1]):
                return self._copied(plain, batch_errors=batch_errors, row_counts=row_counts)
            if not self.translation.num_returning:
                return self._together(row_counts=row_counts) or self._one_by_one(batch_errors)
        return self._one_by_one(batch_errors)

    def _into_view(self, target: str) -> bool:
        *schema, name = re.findall(r'"([^"]+)"', target)
        owner = schema[0] if schema else self.session.settings.schema
        return (owner, name) in self.session.dictionary.views

    def _copied(self, plain: re.Match[str], *, batch_errors: bool, row_counts: bool) -> Result:
        """Run INSERT .. VALUES with many rows as COPY; what COPY cannot convert is inserted."""
        target, listed, placeholders = plain.groups()
        order = [int(i) for i in re.findall(r"b(\d+)", placeholders)]
        if len(self.binds.columns) < self.translation.num_binds:
            raise error(1008)
        parts = re.findall(r'"([^"]+)"', target)
        columns = self.session.dictionary.columns(parts[0] if len(parts) > 1 else None, parts[-1])
        names = re.findall(r'"([^"]+)"', listed or "") or list(columns)
        try:
            texts = [
                copy_column(
                    self.binds.columns[i], columns[name].postgres if name in columns else ""
                )
                for name, i in zip(names, order, strict=False)
            ]
        except (NeedsInsertError, OraError):
            return self._together(row_counts=row_counts) or self._one_by_one(batch_errors)
        copy = Copy(self.work, target, names, texts)
        counts = [1] * len(copy.lines)
        out = Result(rowcounts=counts)
        self.work.changed = True
        for bad, exc in copy.all_good():
            done = None if batch_errors else counts[:bad]
            out.errors.append((bad, self._failed(exc, bad, done)))
            counts[bad] = 0
        out.rowcount = sum(counts)
        return out

    def _failed(self, exc: psycopg.Error, row: int, done: list[int] | None) -> OraError:
        """Keep the error of one row, or raise it with the counts of the rows before it."""
        mapped = self.session.mapped(exc, self.translation.head, self.sql)
        if not isinstance(mapped, OraError):
            raise mapped from None
        if done is not None:
            mapped.row, mapped.rowcounts = row, done
            raise mapped from None
        return mapped

    def _together(self, *, row_counts: bool) -> Result | None:
        """Run all iterations in one pipeline; gives None when one of them fails."""
        try:
            with self.work.savepoint():
                self.work.changed = True
                cursor = self.work.conn.cursor()
                text, params = self.translation.texts[0], list(self._parameters())
                cursor.executemany(text, params, returning=row_counts)
                if not row_counts:
                    return Result(rowcount=cursor.rowcount)
                counts = [cursor.rowcount]
                while cursor.nextset():
                    counts.append(cursor.rowcount)
                return Result(rowcount=sum(counts), rowcounts=counts)
        except psycopg.errors.QueryCanceled:
            raise
        except psycopg.Error:
            return None

    def _one_by_one(self, batch_errors: bool) -> Result:
        """Run each iteration by itself: an error undoes only its own row, as in Oracle."""
        counts: list[int] = []
        out = Result(rowcounts=counts, returned=[] if self.translation.num_returning else None)
        for row, params in enumerate(self._parameters()):
            returned: list[Sequence[Any]] = []
            try:
                count = self._iteration(params, returned)
            except psycopg.Error as exc:
                done = None if batch_errors else counts
                out.errors.append((row, self._failed(exc, row, done)))
                count = 0
            counts.append(count)
            if out.returned is not None:
                out.returned.append(returned)
        out.rowcount = sum(counts)
        return out

    def _iteration(self, params: dict[str, Any], returned: list[Sequence[Any]]) -> int:
        count = 0
        with self.work.savepoint():
            self.work.changed = True
            for text in self.translation.texts:
                # Not prepared: after a failed batch the driver may believe that the text still is.
                cursor = self.work.conn.execute(text, params or None, prepare=False)
                count += max(cursor.rowcount, 0)
                if self.translation.num_returning:
                    returned += with_parts(cursor.fetchall(), self.session.units.seen_shape)
        return count

    def _parameters(self) -> Iterator[dict[str, Any]]:
        return parameters(self.translation, self.binds)


def parameters(translation: Translation, binds: Binds) -> Iterator[dict[str, Any]]:
    """Return the parameters of each iteration."""
    count = translation.num_binds
    if len(binds.columns) < count:
        raise error(1008)
    if not count:
        yield from ({} for _ in range(max(binds.num_rows, 1)))
        return
    names = [f"b{i}" for i in range(count)]
    types = binds.types or [0] * count
    for row in zip(*binds.columns[:count], strict=True):
        yield {
            name: parameter(value, kind)
            for name, value, kind in zip(names, row, types, strict=False)
        }


def check_long_binds(translation: Translation, binds: Binds, limit: int) -> None:
    """ORA-01461: what is over ``limit`` bytes may only be the whole value of a LOB column."""
    for i, (column, kind) in enumerate(zip(binds.columns, binds.types, strict=False)):
        if i in translation.long_binds or kind in _LOB_BINDS:
            continue
        if isinstance(column, WireColumn) and column.longest <= limit:
            continue
        for row, value in enumerate(column):
            if _is_long(value, limit):
                exc = error(1460 if translation.is_query else 1461)
                exc.row = row
                raise exc


def check_bind_order(translation: Translation, binds: Binds, limit: int) -> None:
    """ORA-24816: what is declared over ``limit`` bytes may not come after a LONG or LOB bind.

    The driver sends the values of both kinds at the end of a row, in the order of the statement.
    """
    behind_lob = False
    for i, (kind, size) in enumerate(zip(binds.types, binds.sizes, strict=False)):
        into_lob = i in translation.long_binds
        if kind in _LOB_BINDS or kind in _LONG_BINDS or (into_lob and size > limit):
            behind_lob = True
        elif behind_lob and size > limit and kind in _SIZED_BINDS and not _is_void(binds, i):
            raise error(24816)


def _is_void(binds: Binds, i: int) -> bool:
    """Whether all values of a bind are NULL, which no rule of lengths concerns."""
    return i < len(binds.columns) and all(map(is_null, binds.columns[i]))


def _is_long(value: Any, limit: int) -> bool:
    if type(value) is str:
        return len(value) * 4 > limit and len(value.encode()) > limit
    return type(value) is bytes and len(value) > limit
