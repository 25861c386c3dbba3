"""Questions about the ways to load: arrays, the direct path, MERGE, overwrites."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from target_oracle.commands.probe.asking import MODULE, Values, outcome_of
from target_oracle.commands.probe.kinds import (
    KEY,
    failing,
    long_types,
    national,
    require_json,
    sizes,
    types,
)
from target_oracle.config.limits import DEFAULT
from target_oracle.database import ddl, statements
from target_oracle.database.binds import execute_many
from target_oracle.loading.commit_record import CommitRecord
from target_oracle.loading.destination import Destination
from target_oracle.loading.rejects import StreamRejects
from target_oracle.loading.stage import MESSAGE_ROWS
from target_oracle.loading.swap import Swap
from target_oracle.loading.workers import Shared, Worker
from target_oracle.schema.periods import Periods
from target_oracle.schema.plan import Plan
from target_oracle.schema.tables import Conditions
from target_oracle.schema.types import CLOB, LARGE, NUMBER, TIMESTAMP, OracleType

if TYPE_CHECKING:
    from target_oracle.commands.probe.asking import Asker
    from target_oracle.commands.probe.kinds import Kind

MARK = "MARK"
TEXT = OracleType("VARCHAR2", 3)


def array_types(asker: Asker) -> dict[str, str]:
    """What is wrong, by type."""
    return failing(asker, types(asker.session))


def staged_types(asker: Asker) -> dict[str, str]:
    """What is wrong, by type."""
    return failing(asker, types(asker.session), staged=True)


def direct_types(asker: Asker) -> dict[str, str]:
    """What is wrong, by type."""
    asker.require_direct_path()
    return failing(asker, types(asker.session), path="direct", staged=True)


def long_columns(asker: Asker) -> dict[str, str]:
    """What is wrong, by type."""
    found: dict[str, str] = {}
    for name, kind in long_types().items():
        found |= failing(asker, {name: kind})
    return found


def json_in_merge(asker: Asker) -> bool:
    """By both ways."""
    kinds = {"JSON": require_json(asker)}
    return not failing(asker, kinds) and not failing(asker, kinds, staged=True)


def array_sizes(asker: Asker) -> dict[str, str]:
    """What is wrong, by size."""
    return failing(asker, sizes(asker.session) | national(2000))


def direct_sizes(asker: Asker) -> dict[str, str]:
    """What is wrong, by size."""
    asker.require_direct_path()
    return failing(asker, sizes(asker.session), path="direct", staged=True)


def direct_national(asker: Asker) -> dict[str, str]:
    """What is wrong, by length."""
    asker.require_direct_path()
    return failing(asker, national(1000), path="direct", staged=True)


def direct_names(asker: Asker) -> bool:
    """By a table whose staging has the same names."""
    asker.require_direct_path()
    table = asker.table({"Id": NUMBER, "two words": TEXT, "\u00e9": TEXT}, "Id", name="a B")
    loader = asker.loader(table, "direct")
    loader.stage.table = asker.name("c D")
    asker.upsert(loader, [{"Id": 1, "two words": "a", "\u00e9": "b"}], staged=True)
    return asker.rows(f"SELECT * FROM {table.sql}") == [(1, "a", "b")]


def direct_commits(asker: Asker) -> bool:
    """By a load of three rows, and one that fails after the first message of many."""
    asker.require_direct_path()
    stage = asker.loader(asker.table({"V": TEXT}), "direct").stage
    stage.make()
    stage.fill([("a",), ("b",), ("c",)])
    before = asker.count(stage.table.sql, asker.other)
    refused = outcome_of(lambda: stage.fill([("d",)] * MESSAGE_ROWS + [("e" * 13,)]))
    return (before, refused) == (3, "DPY-8000") and asker.count(stage.table.sql) == 3


def direct_path_unchecked(asker: Asker) -> bool:
    """By a number with a digit too many."""
    asker.require_direct_path()
    table = asker.table({"V": OracleType("NUMBER", precision=5, scale=2)})
    rows = [(Decimal("1.239"),)]
    asker.direct.connection.direct_path_load(table.owner, table.name, ["V"], rows)
    return asker.rows(f"SELECT V FROM {table.sql}") == rows


def lob_binds_last(asker: Asker) -> bool:
    """By a LOB in front of a wide text, both bound as the target binds them."""
    wide = OracleType("VARCHAR2", asker.session.dialect.max_string_bytes)
    table = asker.table({"C": CLOB, "V": wide})

    def load() -> None:
        with asker.session.cursor() as cursor:
            insert = statements.insert(table.sql, ["C", "V"])
            execute_many(cursor, insert, [("a", "b" * 4000)], [CLOB.bind, wide.bind])

    return outcome_of(load) == "ORA-24816"


def thousand_columns(asker: Asker) -> bool:
    """By two rows."""
    names = [f"C{number}" for number in range(1, ddl.MAX_COLUMNS)]
    table = asker.table({KEY: NUMBER, **dict.fromkeys(names, NUMBER)}, KEY)
    rows: list[Values] = [{KEY: number, **dict.fromkeys(names, number)} for number in (1, 2)]
    asker.upsert(asker.loader(table), rows, staged=False)
    last = f"SELECT {KEY}, {names[-1]} FROM {table.sql} ORDER BY {KEY}"
    return asker.rows(last) == [(1, 1), (2, 2)]


def last_of_a_key(asker: Asker) -> bool:
    """By a key in two slices of a flush."""
    table = asker.table({KEY: NUMBER, "V": TEXT, "C": CLOB}, KEY)
    loader = asker.loader(table)
    first, last = "a" * 5000, "b" * 5000
    slices = [[{KEY: 1, "V": "a", "C": first}], [{KEY: 1, "V": "b", "C": last}]]
    asker.upsert(loader, *slices, staged=True)
    return asker.rows(f"SELECT V, C FROM {table.sql}") == [("b", last)]


def unchanged_rows(asker: Asker) -> list[str]:
    """By a row that comes again, and one of nothing but NULL; the columns, each alone if any."""
    kinds = types(asker.session)
    if _unchanged(asker, kinds):
        return []
    return [name for name, kind in kinds.items() if not _unchanged(asker, {name: kind})] or ["all"]


def _unchanged(asker: Asker, kinds: dict[str, Kind]) -> bool:
    first = {name: kind.first for name, kind in kinds.items()}
    marks = _marks(asker, kinds, [{KEY: 1, **first}, {KEY: 2}], [{KEY: 1, **first}, {KEY: 2}])
    return marks == [1, 1]


def changed_rows(asker: Asker) -> list[str]:
    """By rows of which each differs in one column, and others that have or lose a value there."""
    kinds = types(asker.session)
    first = {name: kind.first for name, kind in kinds.items()}
    before: list[Values] = []
    after: list[Values] = []
    for name, kind in kinds.items():
        before += [first, first, {name: None}]
        after += [first | {name: kind.second}, first | {name: None}, {name: kind.first}]
    marks = _marks(asker, kinds, _numbered(before), _numbered(after))
    seen = {name: marks[3 * at : 3 * at + 3] for at, name in enumerate(kinds)}
    return [name for name, found in seen.items() if found != [2, 2, 2]]


def _numbered(rows: list[Values]) -> list[Values]:
    return [{KEY: number, **row} for number, row in enumerate(rows, 1)]


def _marks(
    asker: Asker, kinds: dict[str, Kind], before: list[Values], after: list[Values]
) -> list[int]:
    """Load rows over others with `skip_unchanged`: 2 for those that were updated, 1 for others."""
    columns = {KEY: NUMBER, MARK: NUMBER, **{name: kind.type for name, kind in kinds.items()}}
    conditions = Conditions(
        tuple(name for name, kind in kinds.items() if kind.type.name not in LARGE),
        tuple(name for name, kind in kinds.items() if kind.type.name in LARGE),
    )
    table = asker.table(columns, KEY)
    loader = asker.loader(table, conditions=conditions)
    for mark, rows in ((1, before), (2, after)):
        asker.upsert(loader, [{**row, MARK: mark} for row in rows], staged=True)
    found = asker.rows(f"SELECT {MARK} FROM {table.sql} ORDER BY {KEY}")
    return [int(mark) for (mark,) in found]


def older_rows(asker: Asker) -> bool:
    """By rows that are older, as old, and newer than what is there."""
    noon, hour = datetime(2026, 1, 2, 12), timedelta(hours=1)  # noqa: DTZ001 - as it is bound
    table = asker.table({KEY: NUMBER, "T": TIMESTAMP, MARK: NUMBER}, KEY)
    loader = asker.loader(table, conditions=Conditions(newer="T"))
    before = [{KEY: number, "T": noon, MARK: 1} for number in (1, 2, 3)]
    after = [{KEY: n, "T": noon + (n - 2) * hour, MARK: 2} for n in (1, 2, 3)]
    asker.upsert(loader, before, staged=True)
    asker.upsert(loader, after, staged=True)
    marks = asker.rows(f"SELECT {MARK} FROM {table.sql} ORDER BY {KEY}")
    return marks == [(1,), (2,), (2,)]


def merge_refusals(asker: Asker) -> dict[str, str]:
    """Return the errors of MERGE statements that Oracle must refuse."""
    table = asker.table({KEY: NUMBER, "V": NUMBER}, KEY).sql
    asker.run(f"INSERT INTO {table} VALUES (1, 1)")
    one, two = (f"SELECT 1 AS {KEY}, {number} AS V FROM sys.dual" for number in (2, 3))
    twice = statements.merge(table, f"({one} UNION ALL {two})", [KEY, "V"], [KEY])
    set_ = (
        f"MERGE INTO {table} t USING ({one}) s ON (t.{KEY} = s.{KEY}) "
        f"WHEN MATCHED THEN UPDATE SET t.{KEY} = s.{KEY}"
    )
    return {"twice": asker.outcome(twice), "set": asker.outcome(set_)}


def periods(asker: Asker) -> bool:
    """By versions of two rows, one of which was deleted in between."""
    names = (KEY, "T", "GONE", "SINCE", "UNTIL")
    table = asker.table({KEY: NUMBER, **dict.fromkeys(names[1:], TIMESTAMP)}, KEY, "T")
    first, *_, last = days = [datetime(2026, 1, day) for day in range(1, 6)]  # noqa: DTZ001
    versions = [(1, days[2], days[3]), (1, last, None), (1, first, None), (2, first, None)]
    with asker.session.cursor() as cursor:
        binds = [NUMBER.bind, TIMESTAMP.bind, TIMESTAMP.bind]
        execute_many(cursor, statements.insert(table.sql, names[:3]), versions, binds)
        merge = statements.follow_periods(
            table.sql, table.sql, Periods((KEY,), "T", "SINCE", "UNTIL", TIMESTAMP, "GONE")
        )
        written = [cursor.execute(merge) or cursor.rowcount for _ in range(2)]
    found = asker.rows(f"SELECT SINCE, UNTIL FROM {table.sql} ORDER BY {KEY}, T")
    ends = [(first, days[2]), (days[2], days[3]), (last, None), (first, None)]
    return (found, written) == (ends, [4, 0])


def overwrite(asker: Asker) -> bool:
    """By an overwrite of three rows, of which a key comes twice, over others."""
    stream = asker.name("O").name
    schema = {"properties": {"id": {"type": "integer"}, "v": {"type": "string", "maxLength": 9}}}
    session, dialect = asker.session, asker.session.dialect
    plan = Plan(asker.settings, stream, session.user, dialect, schema, ["id"], None)
    worker = Worker(Shared(asker.settings, DEFAULT, MODULE, session), session)
    worker.own_tables = asker.own_tables
    destination = Destination(plan, worker)
    destination.prepare()
    table = destination.table.sql
    asker.run(f"INSERT INTO {table} VALUES (1, 'old')")
    session.commit()
    destination.loader.shadow([[(2, "b"), (3, "c")], [(2, "d")]], 3)
    session.commit()
    unseen = asker.rows(f"SELECT * FROM {table}", session=asker.other) == [(1, "old")]
    rejects = StreamRejects(worker.rejects, stream, plan.keys)
    Swap(destination, rejects, CommitRecord(stream, worker, 1, only_inserts=False)).attempt()
    replaced = asker.rows(f"SELECT * FROM {table} ORDER BY 1", session=asker.other)
    return unseen and replaced == [(2, "d"), (3, "c")]
