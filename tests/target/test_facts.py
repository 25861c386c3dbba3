"""What Oracle does to loaders, row by row of FACTS.md, where no other test shows it."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import oracledb
import pytest
from oracle_standin import OracleStandin
from target_oracle.commands.check import check
from target_oracle.commands.status import status
from target_oracle.config.sources import load
from target_oracle.database.session import Session
from target_oracle.errors import LoadError, TableError
from target_oracle.schema.names import Naming
from target_oracle.schema.types import BLOB, CLOB

from tests.conftest import OracleSchema
from tests.oracle_rules import SWITCHED_OFF

from .conftest import Target, record, schema, state

if TYPE_CHECKING:
    from collections.abc import Iterator

FACTS = Path(__file__).with_name("FACTS.md").read_text(encoding="utf-8")
ID = {"id": {"type": "integer"}}
TEXT = {"type": ["null", "string"]}
S = schema("s", {**ID, "v": TEXT}, ["id"])
DDL = ("CREATE", "ALTER", "DROP", "TRUNCATE", "GRANT", "COMMENT")


def execute(target: Target, *statements: str) -> None:
    with target.schema.connect() as connection:
        for statement in statements:
            connection.cursor().execute(statement)
        connection.commit()


def rows_of(table: str) -> list[tuple[str, str, str]]:
    """Number, fact and answer of a table in FACTS.md."""
    section = FACTS.partition(f"## {table}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \|$", section, re.MULTILINE)
    return [(number, fact, answer) for number, fact, answer in found]


@pytest.mark.parametrize(("table", "count"), [("Complaints", 25), ("Behaviour", 40)])
def test_every_fact_has_a_test_or_a_reason(table: str, count: int) -> None:
    rows = rows_of(table)
    assert [int(number) for number, _, _ in rows] == list(range(1, count + 1))
    for number, _, answer in rows:
        assert "::" in answer or answer.startswith("does not apply: "), f"{table} {number}"


def test_every_test_that_the_facts_name_exists() -> None:
    named = re.findall(r"`([\w/]+\.py)`::(\w+)", FACTS)
    assert len(named) > 60
    for file, name in named:
        text = (Path(__file__).parents[1] / file).read_text(encoding="utf-8")
        assert re.search(rf"^ *def {name}\(", text, re.MULTILINE), f"{file}::{name}"


# Names


@pytest.fixture(scope="module")
def old() -> Iterator[Target]:
    """A server whose COMPATIBLE is below 12.2 and whose strings may be long."""
    with OracleStandin(
        {"app": "secret"},
        identifier_bytes=30,
        max_string_size="EXTENDED",
        rules=SWITCHED_OFF,
    ) as server:
        yield Target(OracleSchema("APP", "secret", server.dsn))


def test_names_have_thirty_bytes_where_the_server_wants_it(old: Target) -> None:
    names = ["quantity_ordered_by_the_customer_first", "quantity_ordered_by_the_customer_later"]
    stream = "orders_of_all_customers_of_the_company"
    described = schema(stream, {**ID, **dict.fromkeys(names, TEXT)}, ["id"])
    settings = {"on_invalid": "reject", "table_prefix": "a_prefix_of_twenty_four_"}
    others = set(old.schema.tables())
    for value in "ab":
        old.load(described, record(stream, id=1, **dict.fromkeys(names, value)), **settings)
    naming = Naming(limit=30)
    table = naming.table(stream, settings["table_prefix"])
    columns = [naming.identifier(name) for name in names]
    assert all(len(name) == 30 for name in (table, *columns))
    assert old.rows(table, ", ".join(f'"{name}"' for name in columns)) == [("b", "b")]
    rejects = naming.table("rejects", settings["table_prefix"])
    assert set(old.schema.tables()) - others == {table, rejects}


def test_the_tables_beside_the_load_log_have_thirty_bytes_too(old: Target) -> None:
    before, naming = set(old.schema.tables()), Naming(limit=30)
    given = {"load_log_table": "load_log_of_thirty_one_bytes_xx"}
    for properties in ({**ID, "v": TEXT}, ID):
        old.load(schema("logged", properties, ["id"]), record("logged", id=1), **given)
    log, fields = (naming.table(f"{given['load_log_table']}{end}") for end in ("", "_FIELDS"))
    assert set(old.schema.tables()) - before == {"LOGGED", log, fields}
    changes = old.rows(log, '"STATUS", "SCHEMA_CHANGES"', order='"STARTED_AT"')
    assert changes == [("finished", None), ("finished", "gone: v")]
    assert status(load({**old.config, **given})[0]).problems == []


def test_a_shortened_name_is_told_once(target: Target, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    long = "quantity_" * 20
    described = schema("s", {**ID, long: TEXT}, ["id"])
    target.load(described, record("s", id=1), described, record("s", id=2))
    (told,) = [each.message for each in caplog.records if "renamed" in each.message]
    assert told == (
        f"Stream 's': property '{long}' is renamed to column {Naming().identifier(long)}"
    )


def test_what_the_server_allows_is_asked_without_a_privilege(old: Target) -> None:
    with old.schema.connect() as connection:
        cursor = connection.cursor()
        cursor.execute("create user plain identified by x")
        cursor.execute("grant create session to plain")
    session = Session(load({**old.config, "user": "plain", "password": "x"})[0])
    assert session.dialect.max_name_bytes == 30
    assert session.dialect.max_string_bytes == 32767
    session.drop()


def test_text_is_no_lob_within_before_a_value_asks_for_it(old: Target) -> None:
    described = schema("e", {**ID, "v": TEXT}, ["id"])
    hidden = "select column_name from user_lobs where table_name = 'E'"
    old.load(described, record("e", id=1, v="x" * 4000))
    assert old.schema.query(hidden) == []
    old.load(described, record("e", id=2, v="é" * 2001))
    assert old.types("E")["V"] == "VARCHAR2(4000)"
    assert old.rows("E", '"V"', '"ID"') == [("x" * 4000,), ("é" * 2001,)]


def test_long_strings_stay_strings_on_an_extended_server(old: Target) -> None:
    described = schema("t", {**ID, "v": {"type": "string", "maxLength": 20_000}}, ["id"])
    old.load(described, record("t", id=1, v="é" * 15_000))
    assert old.types("T")["V"] == "VARCHAR2(20000)"
    assert old.rows("T") == [(1, "é" * 15_000)]


LONG_TEXT = "VARCHAR2(1000 CHAR)"


def test_a_key_too_long_for_an_index_is_told_and_nothing_is_made(target: Target) -> None:
    long = {"type": "string", "maxLength": 1000}
    described = schema("s", {"a": long, "b": long}, ["a", "b"])
    with pytest.raises(
        TableError, match=r"too long for an index: give them a maxLength \(ORA-01450"
    ):
        target.load(described, streams={"s": {"column_types": dict.fromkeys("ab", LONG_TEXT)}})
    assert target.schema.tables() == set()


def test_keys_of_long_texts_share_what_an_index_holds(target: Target) -> None:
    long = {"type": "string", "maxLength": 1000}
    target.load(schema("s", {"a": long, "b": long, "n": {"type": "integer"}}, ["a", "b", "n"]))
    assert target.types("S") == {
        "A": "VARCHAR2(783) NOT NULL",
        "B": "VARCHAR2(783) NOT NULL",
        "N": "NUMBER(38,0) NOT NULL",
    }


def test_a_schema_that_does_not_exist_is_never_made(oracle_schema: OracleSchema) -> None:
    target = Target(oracle_schema, {"default_target_schema": "nobody"})
    with pytest.raises(TableError, match=r"the schema does not exist: .* \(ORA-01918\)"):
        target.load(S)
    users = oracle_schema.query("select username from sys.all_users where username = 'NOBODY'")
    assert users == []


# Statements


@pytest.mark.parametrize("path", ["array", "direct"])
@pytest.mark.parametrize("method", ["upsert", "append-only", "overwrite", "history"])
def test_no_ddl_comes_between_the_rows_and_their_commit(
    oracle_schema: OracleSchema, oracle_server: OracleStandin, method: str, path: str
) -> None:
    target = Target(oracle_schema, {"load_method": method, "load_path": path})
    versioned = {**S, "bookmark_properties": ["v"]}
    rows = [record("s", id=n, v="a") for n in range(3_000)]
    with oracle_server.faults.recorded() as calls:
        target.load(versioned, *rows, batch_size_rows=1_500)
    pending = False
    for call in calls:
        if call.startswith(("INSERT", "UPDATE", "MERGE", "DELETE")):
            pending = True
        elif call == "COMMIT":
            pending = False
        assert not (pending and call.startswith(DDL)), call
    assert not [call for call in calls if "/*+" in call]  # ORA-12838 comes of APPEND
    dropped = [call for call in calls if call.startswith("DROP TABLE")]
    assert dropped
    assert all(call.endswith(" PURGE") for call in dropped)


@pytest.mark.parametrize("path", ["array", "direct"])
@pytest.mark.parametrize("settings", [{}, {"skip_unchanged": True}])
def test_long_text_passes_through_a_merge(
    target: Target, path: str, settings: dict[str, Any]
) -> None:
    described = schema("s", {**ID, "v": {"type": "string", "maxLength": 100_000}}, ["id"])
    for letter in "ab":
        rows = [record("s", id=n, v=letter * (9_000 if n % 100 == 0 else 3)) for n in range(1_500)]
        target.load(described, *rows, load_path=path, **settings)
    found = target.rows("S", '"ID", "V"')
    assert found == [(n, "b" * (9_000 if n % 100 == 0 else 3)) for n in range(1_500)]


def test_large_values_are_bound_inline_and_never_as_lobs() -> None:
    assert (CLOB.bind, BLOB.bind) == (oracledb.DB_TYPE_LONG, oracledb.DB_TYPE_LONG_RAW)


def test_a_constraint_that_speaks_at_commit_leaves_nothing_and_no_state(target: Target) -> None:
    execute(
        target,
        "create table p (id number primary key)",
        "create table s (id number primary key, v varchar2(9), p_id number "
        "references p (id) deferrable initially deferred)",
    )
    described = schema("s", {**ID, "p_id": {"type": "integer"}}, ["id"])
    with pytest.raises(LoadError, match=r"a foreign key of the table refuses .* \(ORA-02291\)"):
        target.load(described, record("s", id=1, p_id=9), state(1))
    assert target.rows("S") == []


def test_sessions_say_which_program_loads_which_stream(
    oracle_schema: OracleSchema, oracle_server: OracleStandin
) -> None:
    seen = set()

    def note(session: Any, sql: str, _: object) -> None:
        if sql.startswith(("INSERT", "MERGE")):
            seen.add((session.attrs.get("module"), session.attrs.get("action")))

    oracle_server.listener.before_execute = note
    try:
        Target(oracle_schema).load(S, record("s", id=1, v="a"))
    finally:
        oracle_server.listener.before_execute = None
    assert seen == {("target-oracle", "s")}


# Tables


def test_a_required_property_is_added_to_a_table_with_rows(target: Target) -> None:
    target.load(schema("s", ID, ["id"]), record("s", id=1))
    required = schema("s", {**ID, "v": {"type": "string"}}, ["id"], required=["id", "v"])
    target.load(required, record("s", id=2, v="a"))
    assert target.rows("S") == [(1, None), (2, "a")]


def test_a_table_that_another_run_makes_at_the_same_time_is_completed(
    oracle_schema: OracleSchema, oracle_server: OracleStandin
) -> None:
    target = Target(oracle_schema)
    made: list[str] = []

    def first(_: object, sql: str, __: object) -> None:
        if sql.startswith("CREATE TABLE") and not made:
            made.append(sql)
            execute(target, "create table s (id number primary key)")

    oracle_server.listener.before_execute = first
    try:
        target.load(S, record("s", id=1, v="a"))
    finally:
        oracle_server.listener.before_execute = None
    assert made
    assert target.rows("S", '"ID", "V"') == [(1, "a")]


def test_a_column_that_another_run_adds_at_the_same_time_is_found(
    oracle_schema: OracleSchema, oracle_server: OracleStandin
) -> None:
    target = Target(oracle_schema)
    target.limit(first_wait=0.001)
    target.load(schema("s", ID, ["id"]), record("s", id=1))
    added: list[str] = []

    def first(_: object, sql: str, __: object) -> None:
        if "ADD (" in sql and not added:
            added.append(sql)
            execute(target, "alter table s add (v varchar2(5 char))")

    oracle_server.listener.before_execute = first
    try:
        both = schema("s", {**ID, "v": TEXT, "w": {"type": "integer"}}, ["id"])
        target.load(both, record("s", id=2, v="a", w=3))
    finally:
        oracle_server.listener.before_execute = None
    assert added
    assert target.rows("S", '"ID", "V", "W"') == [(1, None, None), (2, "a", 3)]


def test_overwrite_keeps_all_that_hangs_on_the_table(target: Target) -> None:
    target.load(S, record("s", id=1, v="a"))
    execute(
        target,
        "create view w as select v from s",
        "create index by_v on s (v)",
        "grant select on s to public",
        "comment on table s is 'mine'",
    )
    target.load(S, record("s", id=2, v="b"), load_method="overwrite")
    query = target.schema.query
    assert query("select v from w") == [("b",)]
    assert query("select index_name from user_indexes where index_name = 'BY_V'") == [("BY_V",)]
    assert query("select comments from user_tab_comments where table_name = 'S'") == [("mine",)]


# Types


def test_national_and_byte_columns_take_what_fits_and_grow_where_they_can(target: Target) -> None:
    execute(
        target,
        "create table s (id number primary key, n nvarchar2(4), m nclob, b varchar2(4 byte))",
    )
    described = schema("s", {**ID, "n": TEXT, "m": TEXT, "b": TEXT}, ["id"])
    target.load(described, record("s", id=1, n="😀é€"[:2], m="😀" * 5_000, b="éé"))
    target.load(described, record("s", id=2, n="a", m="é", b="ééé"))
    assert target.rows("S") == [(1, "😀é", "😀" * 5_000, "éé"), (2, "a", "é", "ééé")]


def test_another_character_set_is_told_and_gets_no_direct_path(
    oracle_schema: OracleSchema, oracle_server: OracleStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Session, "charset", "WE8MSWIN1252")
    target = Target(oracle_schema)
    (problem,) = check(load(target.config)[0]).problems
    assert problem.startswith("The database character set is WE8MSWIN1252: characters outside")
    with oracle_server.faults.recorded() as calls:
        target.load(S, *(record("s", id=n, v="a") for n in range(6_000)))
    assert not [call for call in calls if call.startswith("DIRECT PATH")]
    assert target.rows("S", "count(*)") == [(6_000,)]
