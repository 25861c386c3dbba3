"""Questions about tables: names, limits, keys, and what the dictionary says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_oracle.commands.probe.asking import UnansweredError, outcome_of
from target_oracle.commands.probe.kinds import KEY, long_types, types
from target_oracle.database import ddl, statements
from target_oracle.database.dictionary import find
from target_oracle.database.session import EXTENDED, STANDARD
from target_oracle.schema.types import CLOB, NUMBER, OracleType

if TYPE_CHECKING:
    from target_oracle.commands.probe.asking import Asker
    from target_oracle.schema.tables import Table


def _found(asker: Asker, table: Table | str) -> Table:
    """Return what the dictionary says of a table.

    Raises:
        UnansweredError: It says nothing.
    """
    name = table if isinstance(table, str) else table.sql
    with asker.session.cursor() as cursor:
        found = find(cursor, asker.owner, name.rpartition('."')[2].rstrip('"'))
    if found is None:
        msg = "The dictionary knows no table that was made just now."
        raise UnansweredError(msg)
    return found


def dictionary(asker: Asker) -> list[str]:
    """The columns, and the key where it is another one."""
    kinds = types(asker.session) | {"LONG": long_types()["LONG"]}
    columns = {KEY: NUMBER, **{name: kind.type for name, kind in kinds.items()}}
    found = _found(asker, asker.table(columns, KEY))
    wrong = [name for name, each in columns.items() if found.columns[name].type != each]
    return wrong + (["the key"] if found.primary_key != (KEY,) else [])


def generated_columns(asker: Asker) -> bool:
    """By one of each kind."""
    identity = "I NUMBER GENERATED ALWAYS AS IDENTITY"
    table = asker.table_as(f"(A NUMBER, {identity}, V NUMBER GENERATED ALWAYS AS (A + 1) VIRTUAL)")
    columns = _found(asker, table).columns
    return {name: each.generated for name, each in columns.items()} == {
        "A": False,
        "I": True,
        "V": True,
    }


def hidden_columns(asker: Asker) -> bool:
    """By a row with a value in it."""
    table = asker.table_as("(A NUMBER, H NUMBER INVISIBLE)")
    names = list(_found(asker, table).columns)
    asker.run(statements.insert(table, sorted(names)), [1, 2])
    return asker.rows(f"SELECT A, H FROM {table}") == [(1, 2)]


def quoted_names(asker: Asker) -> bool:
    """By a table with such columns."""
    names = ["Id", "two words", "\u00e9", "select", "1st"]
    table = asker.table(dict.fromkeys(names, NUMBER), "Id", name="a \u00e9")
    asker.run(statements.insert(table.sql, names), [1, 2, 3, 4, 5])
    return list(_found(asker, table).columns) == names and asker.count(table.sql) == 1


def rowid_is_no_name(asker: Asker) -> bool:
    """By a table with one."""
    return asker.trial('("ROWID" NUMBER)') == "ORA-00904"


def _numbers(count: int) -> str:
    return ", ".join(f"C{number} NUMBER" for number in range(count))


def max_columns(asker: Asker) -> str:
    """What is answered."""
    return asker.trial(f"({_numbers(ddl.MAX_COLUMNS + 1)})")


def view_columns(asker: Asker) -> bool:
    """By one of a table's columns and one more."""
    table = asker.table_as(f"({_numbers(ddl.MAX_COLUMNS)})")
    one_more = f"SELECT t.*, ROW_NUMBER() OVER (ORDER BY C1) AS RN FROM {table} t"
    return asker.outcome(f"SELECT COUNT(*) FROM ({one_more})") == "ORA-01792"


def extended_lobs(asker: Asker) -> bool:
    """By what the dictionary says of LOBs.

    Raises:
        UnansweredError: No VARCHAR2 is so long.
    """
    if asker.session.dialect.max_string_bytes < EXTENDED:
        msg = "MAX_STRING_SIZE is STANDARD."
        raise UnansweredError(msg)
    table = asker.table({"V": OracleType("VARCHAR2", STANDARD + 1, in_bytes=True)})
    query = "SELECT COUNT(*) FROM sys.all_lobs WHERE owner = :1 AND table_name = :2"
    return bool(asker.value(query, [table.owner, table.name]))


def index_growth(asker: Asker) -> bool:
    """By a key of two texts."""
    text = OracleType("VARCHAR2", 3000, in_bytes=True)
    table = asker.table({"A": text, "B": text}, "A", "B")
    return asker.outcome(f"ALTER TABLE {table.sql} MODIFY (B VARCHAR2(3500 BYTE))") == "ORA-01404"


def key_refusals(asker: Asker) -> dict[str, str]:
    """What is answered by type, or by the bytes that an index entry would have."""
    zoned = "TIMESTAMP WITH TIME ZONE"
    return {
        "CLOB": _keyed(asker, CLOB),
        zoned: _keyed(asker, OracleType(zoned, scale=6)),
        "6,300 bytes": _keyed(asker, *_texts(6300)),
        "6,500 bytes": _keyed(asker, *_texts(6500)),
    }


def _texts(size: int) -> list[OracleType]:
    """Return texts of two columns whose entries in an index have so many bytes."""
    return [OracleType("VARCHAR2", each, in_bytes=True) for each in (3000, size - 3000 - 2 * 3)]


def _keyed(asker: Asker, *kinds: OracleType) -> str:
    columns = {f"K{number}": kind for number, kind in enumerate(kinds)}
    return outcome_of(lambda: asker.table(columns, *columns))


def partitions(asker: Asker) -> bool:
    """By a row beyond them, an UPDATE, and a key that grows."""
    table = asker.table_as(
        "(K VARCHAR2(5)) PARTITION BY LIST (K) (PARTITION P VALUES ('a'), PARTITION Q VALUES ('b'))"
    )
    asker.run(f"INSERT INTO {table} VALUES ('a')")
    refused = (
        f"INSERT INTO {table} VALUES ('c')",
        f"UPDATE {table} SET K = 'b'",
        f"ALTER TABLE {table} MODIFY (K VARCHAR2(9))",
    )
    answers = [asker.outcome(each) for each in refused]
    return answers == ["ORA-14400", "ORA-14402", "ORA-14060"]


def triggers(asker: Asker) -> bool:
    """By one that raises an error of its own."""
    table = asker.table_as("(ID NUMBER)")
    trigger = f"CREATE OR REPLACE TRIGGER {asker.name().sql} BEFORE INSERT ON {table} FOR EACH ROW"
    asker.run(f"{trigger} BEGIN RAISE_APPLICATION_ERROR(-20123, 'no'); END;")
    return asker.outcome(f"INSERT INTO {table} VALUES (1)") == "ORA-20123"


def not_null_of_queries(asker: Asker) -> bool:
    """By a row without a value."""
    source = asker.table_as("(V NUMBER NOT NULL)")
    table = asker.table_as(f"AS SELECT V FROM {source}")
    return asker.outcome(f"INSERT INTO {table} VALUES (NULL)") == "ORA-01400"
