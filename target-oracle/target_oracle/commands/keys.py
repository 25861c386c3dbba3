"""`target-oracle --keys`: the keys and replication key values that the tables hold, in key order.

The answer is lines of JSON, described in `docs/reconcile.md`: a KEYS line for each stream, BLOCK
lines with its rows, an END line with their number, and an EOF line at the end of it all. Whoever
reads it can so tell a whole answer from one that broke off.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

import msgspec
import oracledb

from target_oracle.commands.keyed_table import KeyedTable
from target_oracle.commands.planned import plan_of_names, plans_of
from target_oracle.database import dictionary, load_log
from target_oracle.errors import TableError, TargetError, code
from target_oracle.schema.place import Place
from target_oracle.schema.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from singer_sdk.mapper import PluginMapper

    from target_oracle.database.session import Session
    from target_oracle.schema.tables import Table

logger = logging.getLogger("target-oracle")

VERSION = 1
RUNS = 30
"""Runs of each stream that are looked at in the load log."""
BLOCK_ROWS = 10_000
"""The most rows in a line, and in the client's memory."""
_GLOB = frozenset("*?[")
_encoder = msgspec.json.Encoder(decimal_format="number")


class KeyWriter:
    """Writes the keys of streams as lines of JSON, one table in one snapshot."""

    def __init__(self, session: Session, output: IO[bytes]) -> None:
        self._session = session
        self._output = output

    def write(self, keyed: KeyedTable) -> None:
        """Write one stream.

        Raises:
            TableError: when the table cannot be read.
        """
        try:
            with self._session.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
                self._write(cursor, keyed)
        except oracledb.DatabaseError as error:
            raise TableError(_told(keyed, code(error))) from error
        finally:
            self._session.rollback()

    def close(self, streams: int) -> None:
        """Write the line that says that nothing is missing."""
        self._line({"type": "EOF", "streams": streams})
        self._output.flush()

    def _write(self, cursor: oracledb.Cursor, keyed: KeyedTable) -> None:
        count, query = keyed.queries
        stream = keyed.plan.stream
        (rows,) = cursor.execute(count).fetchone()
        (now,) = cursor.execute("SELECT SYS_EXTRACT_UTC(SYSTIMESTAMP) FROM sys.dual").fetchone()
        self._line(
            {
                "type": "KEYS",
                "version": VERSION,
                "stream": stream,
                "table": f"{keyed.table.owner}.{keyed.table.name}",
                "key_properties": list(keyed.keys),
                "replication_key": keyed.plan.replication_key,
                "rows": int(rows),
                "now": now.replace(tzinfo=UTC),
                "loaded_until": keyed.loaded_until,
                "load_method": keyed.plan.method,
            }
        )
        written = 0
        for block in self._blocks(cursor, query, keyed):
            self._line({"type": "BLOCK", "stream": stream, **block})
            written += len(block["keys"])
        self._line({"type": "END", "stream": stream, "rows": written})

    @staticmethod
    def _blocks(
        cursor: oracledb.Cursor, query: str, keyed: KeyedTable
    ) -> Iterator[dict[str, Sequence[Any]]]:
        cursor.arraysize = cursor.prefetchrows = BLOCK_ROWS
        cursor.outputtypehandler = _exact
        width = len(keyed.keys)
        cursor.execute(query)
        while rows := cursor.fetchmany(BLOCK_ROWS):
            columns = [_plain(column) for column in zip(*rows, strict=True)]
            keys: Sequence[Any] = (
                columns[0] if width == 1 else list(zip(*columns[:width], strict=True))
            )
            yield {"keys": keys} | ({"values": columns[-1]} if keyed.version else {})

    def _line(self, content: dict[str, Any]) -> None:
        self._output.write(_encoder.encode(content) + b"\n")


def _exact(cursor: oracledb.Cursor, found: oracledb.FetchInfo) -> oracledb.Var | None:
    """NUMBER columns that may hold fractions are fetched with all their digits."""
    if found.type_code is oracledb.DB_TYPE_NUMBER and (found.scale or not found.precision):
        return cursor.var(oracledb.DB_TYPE_VARCHAR, 60, cursor.arraysize, outconverter=_number)
    return None


def _number(text: str) -> Any:
    return int(text) if text.lstrip("-").isdigit() else Decimal(text)


def _plain(column: Sequence[Any]) -> Sequence[Any]:
    """Instants with their zone, which the target keeps as UTC; bytes as hexadecimal digits."""
    kinds = {type(value) for value in islice(column, 100)}
    if datetime in kinds:
        return [value and value.replace(tzinfo=UTC) for value in column]
    if bytes in kinds:
        return [value and value.hex().upper() for value in column]
    return column


def _told(keyed: KeyedTable, error: str) -> str:
    reasons = {
        "ORA-01555": "the rows changed while they were read: enlarge the undo retention, or "
        "ask for fewer streams at a time",
        "ORA-00942": "the user may not read it: grant SELECT",
        "ORA-01031": "the user may not read it: grant SELECT",
    }
    reason = reasons.get(error, "the database refuses")
    return (
        f"Stream '{keyed.plan.stream}': the keys of {keyed.table.sql} cannot be read: {reason} "
        f"({error})."
    )


def write_keys(
    session: Session,
    mapper: PluginMapper,
    globs: Sequence[str],
    catalog: str | None,
    output: IO[bytes],
) -> None:
    """Write the keys of the streams that the globs choose, or of all that are known.

    They are known from the catalog, else from the load log; one that is named and not known is
    looked for under its usual name, and its primary key is asked of the dictionary.

    Raises:
        TargetError: when nothing is chosen, or a table cannot be read.
    """
    writer = KeyWriter(session, output)
    written, logged = 0, _logged(session)
    for place in _chosen(session, mapper, globs, catalog, logged):
        keyed = _keyed(session, place)
        if keyed is not None:
            told = logged.get(place.stream)
            writer.write(replace(keyed, loaded_until=told.bookmark if told else None))
            written += 1
    writer.close(written)


def _chosen(
    session: Session,
    mapper: PluginMapper,
    globs: Sequence[str],
    catalog: str | None,
    logged: Mapping[str, Logged],
) -> list[Place]:
    known = (
        [
            plan_of_names(session.settings, name, told.keys, told.replication_key)
            for name, told in logged.items()
            if told.keys
        ]
        if catalog is None
        else plans_of(session.settings, mapper, catalog)
    )
    names = {plan.stream for plan in known}
    if not (known or globs):
        msg = (
            "--keys: no stream is known: give --catalog, set `load_log_table` and load once, "
            "or name the streams."
        )
        raise TargetError(msg)
    globbed = [glob for glob in globs if _GLOB & {*glob}]
    if idle := [glob for glob in globbed if not any(fnmatchcase(name, glob) for name in names)]:
        among = "those of --catalog" if catalog else "those that `load_log_table` has"
        msg = (
            f"--keys: no stream matches {', '.join(idle)}: globs choose among {among}, which are "
            f"{len(names)} streams. Without such a list give the names in full."
        )
        raise TargetError(msg)
    chosen: list[Place] = [
        plan for plan in known if not globs or any(fnmatchcase(plan.stream, g) for g in globs)
    ]
    named = [glob for glob in globs if glob not in globbed and glob not in names]
    chosen += [Place(session.settings, name, session.user, session.dialect) for name in named]
    chosen.sort(key=lambda place: place.stream)
    return [replace(each, user=session.user, dialect=session.dialect) for each in chosen]


@dataclass
class Logged:
    """What the last runs of a stream tell of it."""

    keys: list[str] = field(default_factory=list)
    replication_key: str | None = None
    """The last one: a run that reads everything may have none."""
    bookmark: str | None = None


def _logged(session: Session) -> dict[str, Logged]:
    """Read from the load log which streams there are.

    Raises:
        oracledb.DatabaseError: The load log is there, but cannot be read.
    """
    if not session.settings.load_log_table:
        return {}
    try:
        rows = load_log.read(session, RUNS)
    except oracledb.DatabaseError as error:
        if code(error) in {"ORA-00942", "ORA-00904"}:  # not there yet, or another table
            return {}
        raise
    found: dict[str, Logged] = {}
    for row in rows:
        if row["stream"]:
            told = found.setdefault(row["stream"], Logged())
            told.keys = json.loads(row["key_properties"] or "[]") or told.keys
            told.replication_key = row["replication_key"] or told.replication_key
            told.bookmark = row["bookmark_after"] or told.bookmark
    return found


def _keyed(session: Session, place: Place) -> KeyedTable | None:
    """Find the table of a stream; None, with a warning, where it has no key to go by.

    Raises:
        TableError: There is no such table.
    """
    with session.cursor() as cursor:
        table = dictionary.find(cursor, place.owner, place.table_name, public=place.public)
    if table is None:
        msg = (
            f"Stream '{place.stream}': there is no table {place.table_name} in schema "
            f"{place.owner}, or the user may not see it."
        )
        raise TableError(msg)
    plan = place if isinstance(place, Plan) and place.keys else _planned(place, table)
    if plan is None:
        logger.warning("Stream '%s': table %s has no key; it is left out.", place.stream, table.sql)
        return None
    return KeyedTable(plan, table)


def _planned(place: Place, table: Table) -> Plan | None:
    """Plan a stream by the primary key of its table; None where that has none.

    Raises:
        TableError: Only the replication key tells the key of a history.
    """
    version = place.options.replication_key
    keys = _properties(place, table.primary_key)
    if keys and place.method == "history":
        if version is None:
            msg = (
                f"Stream '{place.stream}': the key of a history is not known without its "
                "replication key: set its `replication_key` in `streams`, or give --catalog."
            )
            raise TableError(msg)
        keys = [key for key in keys if key != version]
    if not keys:
        return None
    plan = plan_of_names(place.settings, place.stream, keys, version)
    return replace(plan, user=place.user, dialect=place.dialect)


def _properties(place: Place, columns: Sequence[str]) -> list[str]:
    """Properties whose columns these are, as most taps spell them."""
    return [each.lower() for each in columns] if place.naming.policy == "upper" else [*columns]
