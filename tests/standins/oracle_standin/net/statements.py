"""Statements: execute, re-execute, define, fetch, and the values that come back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from oracle_standin import const as c
from oracle_standin.backend import Binds, EmptyBytes, EmptyText, Result
from oracle_standin.errors import OraError

from . import binds, responses, results
from .context import hooked
from .requests import Execute, read_execute
from .responses import End
from .state import Cursor
from .wire import ProtocolError, Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .requests import ColumnMeta
    from .session import Session

NO_MORE_ROWS, BATCH_ERRORS = 1403, 24381
_MOST_BATCH_ERRORS = 65535


def on_execute(s: Session) -> None:
    e = read_execute(s.r, s.fv)
    cur = _cursor(s, e)
    cur.flags = e.flags
    if e.binds is not None:
        cur.bind_metas = e.binds
    if e.options & c.OPT_DEFINE:
        return _define(s, cur, e)
    if cur.is_result and e.sql is None:
        return _reply_rows(s, Writer(), cur, e.iterations)
    execs = 1 if cur.scan.kind == "query" else max(e.num_execs, 1)
    moves = e.flags & c.FLAG_SCROLLABLE and not e.options & c.OPT_EXECUTE
    given = (
        read_binds(s, cur, execs)
        if e.binds and not moves  # which has them described, but without their values
        else Binds(num_rows=execs if e.options & c.OPT_EXECUTE else 0)
    )
    return _run(s, cur, given, e)


def _cursor(s: Session, e: Execute) -> Cursor:
    if not e.cursor_id or e.sql is not None:
        cur = Cursor(e.cursor_id or next(s.ids), e.sql or "")
        s.cursors[cur.number] = cur
        return cur
    if e.cursor_id in s.cursors:
        return s.cursors[e.cursor_id]
    if e.binds:  # rows of unknown layout may follow
        msg = "binds for a cursor that is not open"
        raise ProtocolError(msg)
    raise OraError(1001, "invalid cursor")


def on_reexecute(s: Session, fetch: int = 0) -> None:
    r = s.r
    number, iterations, _, options = r.uint(), r.uint(), r.uint(), r.uint()
    cur = s.cursors.get(number)
    if cur is None:
        msg = "re-execute of a cursor that is not open"
        raise ProtocolError(msg)
    execs = 1 if cur.scan.kind == "query" else max(iterations, 1)
    given = read_binds(s, cur, execs) if cur.bind_metas else Binds(num_rows=execs)
    commit = c.OPT_COMMIT if options & c.REEXEC_COMMIT else 0
    e = Execute(
        options=c.OPT_EXECUTE | fetch | commit,
        cursor_id=number,
        iterations=iterations,
        flags=cur.flags & c.FLAG_DML_ROWCOUNTS,
    )
    _run(s, cur, given, e)


def on_reexecute_fetch(s: Session) -> None:
    on_reexecute(s, c.OPT_FETCH)


def read_binds(s: Session, cur: Cursor, num_rows: int) -> Binds:
    """Read the bind rows of a request; RETURNING binds have a description but no rows."""
    metas, spots = cur.bind_metas, cur.scan.binds
    if len(spots) != len(metas):  # counted otherwise than the driver: by position
        spots = [(str(i), False) for i in range(len(metas))]
    ins = [meta for meta, spot in zip(metas, spots, strict=True) if not spot[1]]
    out = Binds(
        names=[name for name, returns in spots if not returns],
        types=[meta.ora_type for meta in ins],
        num_rows=num_rows,
        sizes=[meta.buffer_size for meta in ins],
    )
    if ins:
        out.columns = _read_columns(s, cur, ins, num_rows)
    if cur.scan.kind != "plsql" and any(meta.flags & binds.IS_ARRAY for meta in ins):
        raise OraError(1484, "arrays can only be bound to PL/SQL statements")
    if s.bad_locator:  # only now: the request is read completely
        s.bad_locator = False
        raise OraError(22275, "invalid LOB locator specified")
    return out


def _read_columns(
    s: Session, cur: Cursor, metas: list[ColumnMeta], num_rows: int
) -> Sequence[Sequence[Any]]:
    order = (
        list(range(len(metas)))
        if cur.scan.kind == "plsql"
        else binds.wire_order(metas, s.server.profile.max_string)
    )
    if all(x.ora_type in binds.SIMPLE_TYPES and not x.flags & binds.IS_ARRAY for x in metas):
        raw = binds.read_raw_columns(s.r, num_rows, len(metas))
        return binds.wire_columns(raw, metas, order)

    def lob_value(locator: bytes) -> str | bytes | None:
        lob = s.lobs.get(locator)
        s.bad_locator |= lob is None
        if lob is None:
            return None
        return lob.value() or (EmptyText() if lob.unit > 1 else EmptyBytes())

    known = binds.Known(lob_value, partial(results.ref_cursor, s), s.backend.shape)
    rows = binds.read_slow_rows(s.r, metas, order, num_rows, known)
    return [list(column) for column in zip(*rows, strict=True)]


def _run(s: Session, cur: Cursor, given: Binds, e: Execute) -> None:
    execute = bool(e.options & c.OPT_EXECUTE)
    if e.flags & c.FLAG_SCROLLABLE and cur.kept is not None and (not execute or e.position > 1):
        return _scroll(s, cur, e)
    if not execute and cur.scan.kind != "query":  # cursor.parse()
        return s.reply_end(end=End(cursor_id=cur.number))
    try:
        s.raise_late_error()
        hooked(s.server.before_execute, s, cur.sql, given)
        with s.struck(cur.sql):
            result = _work(s, cur, given, e)
    except OraError as exc:
        # The cursor stays open and its number is told: for all but integrity errors
        # the client forgets it and closes it with its next request.
        w = Writer()
        if e.flags & c.FLAG_DML_ROWCOUNTS:
            responses.write_parameter(w, exc.rowcounts)
        return s.reply_error(exc, cur.number, w)
    if result.columns is not None:
        return _reply_query(s, cur, result, e)
    return _reply_done(s, cur, result, e)


def _work(s: Session, cur: Cursor, given: Binds, e: Execute) -> Result:
    if s.server.discarded is not None and _is_bulk_insert(cur, given):
        s.server.discarded[cur.sql] += given.num_rows
        return Result(rowcount=given.num_rows)
    with s.watched():
        result = s.backend.execute(
            cur.sql,
            given,
            batch_errors=bool(e.options & c.OPT_BATCH_ERRORS),
            describe_only=not e.options & c.OPT_EXECUTE,
            row_counts=bool(e.flags & c.FLAG_DML_ROWCOUNTS),
        )
    results.check_arrays(cur.bind_metas, result.outs)
    if e.options & c.OPT_COMMIT and result.columns is None and not result.errors:
        s.commit()
    return result


def _is_bulk_insert(cur: Cursor, given: Binds) -> bool:
    return given.num_rows > 1 and cur.sql.lstrip()[:6].upper() == "INSERT"


def _reply_done(s: Session, cur: Cursor, result: Result, e: Execute) -> None:
    w = Writer()
    if result.returned is not None:
        _write_returned(s, w, cur, result.returned)
    elif cur.scan.kind == "plsql" and cur.bind_metas:
        results.write_out_binds(s, w, cur.bind_metas, result.outs)
    results.write_implicit_results(s, w, result.implicit)
    if e.flags & c.FLAG_DML_ROWCOUNTS:
        responses.write_parameter(w, result.rowcounts or [result.rowcount])
    elif cur.scan.kind == "dml":
        responses.write_parameter(w)
    s.reply_end(w, _end_of(cur, result))


def _end_of(cur: Cursor, result: Result) -> End:
    end = End(cursor_id=cur.number, rowcount=result.rowcount)
    if cur.scan.kind == "dml" and result.rowcount:
        end.rowid = (74001, 7, 135, 1)  # any: makes cursor.lastrowid work
    if result.errors:
        end.code, end.text = BATCH_ERRORS, f"ORA-{BATCH_ERRORS}: error(s) in array DML"
        end.errors = result.errors[:_MOST_BATCH_ERRORS]
    return end


def _reply_query(s: Session, cur: Cursor, result: Result, e: Execute) -> None:
    w = Writer()
    columns = result.columns or []
    if not cur.described or cur.columns != columns:
        cur.defines = responses.kept_strings(cur.columns, columns) if cur.described else None
        cur.columns, cur.described = columns, True
        responses.write_describe(w, cur.columns, s.fv)
    end = End(cursor_id=cur.number)
    if not e.options & c.OPT_EXECUTE:
        return s.reply_end(w, end)
    if e.flags & c.FLAG_SCROLLABLE:
        cur.scroll(result.rows)
    else:
        cur.open(result.rows)
    if not e.iterations or cur.needs_define:
        return s.reply_end(w, end)  # rows come after the define
    # Also where the client, whose columns are LOBs, does not ask for a fetch: its own tests of data
    # frames expect the first batch with that answer.
    return _reply_rows(s, w, cur, e.iterations)


def _define(s: Session, cur: Cursor, e: Execute) -> None:
    """Keep how the client wants each column, its answer to a description with LOBs."""
    cur.defines = e.defines
    if not cur.is_open:
        raise OraError(1002, "fetch out of sequence")
    if e.iterations:
        return _reply_rows(s, Writer(), cur, e.iterations)
    return s.reply_end(end=End(cursor_id=cur.number))


def _scroll(s: Session, cur: Cursor, e: Execute) -> None:
    """Move in the result set and give the rows from there.

    A fetch comes as an execute that is at a row beyond the first.
    """
    is_last = e.orientation & c.SCROLL_TO_LAST
    cur.move(max(len(cur.kept or ()), 1) if is_last else e.position)
    _reply_rows(s, Writer(), cur, e.iterations)


def on_fetch(s: Session) -> None:
    number, count = s.r.uint(), s.r.uint()
    cur = s.cursors.get(number)
    if cur is None:
        raise OraError(1001, "invalid cursor")
    if not cur.is_open:
        raise OraError(1002, "fetch out of sequence")
    _reply_rows(s, Writer(), cur, count)


def _reply_rows(s: Session, w: Writer, cur: Cursor, count: int) -> None:
    rows = cur.take(count)
    if rows:
        responses.write_row_header(w, len(rows))
        encode = responses.row_encoder(cur.columns, cur.defines, s.lobs, results.column_encoders(s))
        w.raw(b"".join([encode(row) for row in rows]))
    end = End(cursor_id=cur.number, rowcount=cur.fetched)
    if not cur.is_open:
        end.code, end.text = NO_MORE_ROWS, "ORA-01403: no data found"
    s.reply_end(w, end)


def _write_returned(
    s: Session, w: Writer, cur: Cursor, returned: list[list[Sequence[Any]]]
) -> None:
    """Write the values of RETURNING INTO: per iteration and variable a row count and values."""
    count = sum(returns for _, returns in cur.scan.binds)
    encoders = [results.returning_encoder(s, meta) for meta in cur.bind_metas[-count:]]
    responses.write_row_header(w, len(returned))
    for rows in returned:
        w.ub1(c.MSG_ROW_DATA)
        for i, encode in enumerate(encoders):
            w.uint(len(rows))
            for row in rows:
                w.raw(encode(row[i]))
