"""Names that are no tables of their own: synonyms, private and public, and views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.errors import LoadError, RecordError, TableError

from tests.target.conftest import Target, record, schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import oracledb
    from oracle_standin import OracleStandin

    from tests.conftest import OracleSchema

PROPERTIES = {"id": {"type": "integer"}, "v": {"type": "string", "maxLength": 10}}
S = schema("s", PROPERTIES, ["id"])
METHODS = ("upsert", "append-only", "overwrite", "history")


def execute(connected: Target, *statements: str) -> None:
    with connected.schema.connect() as connection:
        for statement in statements:
            connection.cursor().execute(statement)
        connection.commit()


@pytest.fixture
def far(oracle_schema: OracleSchema, oracle_server: OracleStandin) -> Iterator[oracledb.Cursor]:
    """The cursor of FAR, who owns the table ORDERS_."""
    oracle_server.create_user("far", "x")
    connection = type(oracle_schema)("FAR", "x", oracle_schema.dsn).connect()
    cursor = connection.cursor()
    cursor.execute("create table orders_ (id number primary key, v varchar2(10 char))")
    yield cursor
    connection.close()
    oracle_server.drop_user("far")


@pytest.fixture
def public(far: oracledb.Cursor) -> Iterator[Callable[[str, str], None]]:
    """public(name, table) makes a public synonym for the time of the test."""
    made: list[str] = []

    def make(name: str, table: str) -> None:
        far.execute(f"create public synonym {name} for {table}")
        made.append(name)

    yield make
    for name in made:
        far.execute(f"drop public synonym {name}")


def test_a_private_synonym_is_loaded_as_its_table(target: Target) -> None:
    execute(
        target,
        "create table base (id number primary key, v varchar2(3 char))",
        "create synonym near for base",
        "create synonym s for near",
    )
    target.load(S, record("s", id=1, v="old"), record("s", id=2, v="too long"))
    wider = schema("s", {**PROPERTIES, "w": {"type": "integer"}}, ["id"])
    target.load(wider, record("s", id=1, v="new", w=5))
    assert target.rows("BASE") == [(1, "new", 5), (2, "too long", None)]
    assert target.types("BASE")["V"] == "VARCHAR2(10)"
    assert target.schema.tables() == {"BASE"}


@pytest.mark.parametrize("method", METHODS)
def test_every_method_goes_through_a_synonym_for_another_schemas_table(
    oracle_schema: OracleSchema, far: oracledb.Cursor, method: str
) -> None:
    target = Target(oracle_schema, {"load_method": method})
    far.execute("insert into orders_ values (9, 'there')")
    if method == "history":
        far.execute("alter table orders_ drop primary key")  # which knows no versions
    far.connection.commit()
    far.execute(f"grant select, insert, update, delete on orders_ to {oracle_schema.user}")
    execute(target, "create synonym s for far.orders_")
    versioned = {**S, "bookmark_properties": ["v"]}
    target.load(versioned, record("s", id=1, v="a"), record("s", id=2, v="b"))
    there = [] if method == "overwrite" else [(9, "there")]
    found = far.execute("select * from orders_ order by id").fetchall()
    assert found == [(1, "a"), (2, "b"), *there]
    assert oracle_schema.tables() == set()


def test_a_public_synonym_is_loaded_as_its_table(
    oracle_schema: OracleSchema, far: oracledb.Cursor, public: Callable[[str, str], None]
) -> None:
    target = Target(oracle_schema)
    public("s", "far.orders_")
    far.execute("grant select, insert, update on orders_ to public")
    target.load(S, record("s", id=1, v="a"))
    assert far.execute("select * from orders_").fetchall() == [(1, "a")]
    assert oracle_schema.tables() == set()


def test_a_schema_that_is_named_has_no_public_synonyms(
    oracle_schema: OracleSchema, far: oracledb.Cursor, public: Callable[[str, str], None]
) -> None:
    target = Target(oracle_schema, {"default_target_schema": oracle_schema.user})
    public("s", "far.orders_")
    target.load(S, record("s", id=1, v="a"))
    assert target.rows("S") == [(1, "a")]
    assert far.execute("select * from orders_").fetchall() == []


@pytest.mark.parametrize("name", ["all_tab_cols", "dual", "all_tables", "session_privs"])
def test_a_stream_may_be_called_like_a_view_of_oracles_own(target: Target, name: str) -> None:
    stream = schema(name, PROPERTIES, ["id"])
    for value in "ab":
        target.load(stream, record(name, id=1, v=value))
    assert target.rows(name.upper()) == [(1, "b")]


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (["synonym s for nowhere"], r"\"S\" is a synonym for \"\w+\".\"NOWHERE\", which does not"),
        (["synonym s for t", "synonym t for s"], r"\"S\" is a synonym that leads back to itself"),
        (["synonym s for t@elsewhere"], r"is a synonym for a table of another database"),
        (["sequence s"], r"\"S\" is a sequence and cannot be loaded: give the stream another"),
    ],
)
def test_a_name_that_leads_to_no_table_is_told(
    oracle_schema: OracleSchema, made: list[str], says: str
) -> None:
    target = Target(oracle_schema)
    execute(target, *(f"create {each}" for each in made))
    with pytest.raises(TableError, match=says):
        target.load(S, record("s", id=1, v="a"))
    assert oracle_schema.tables() == set()


def test_two_streams_that_reach_one_table_by_two_names_are_refused(target: Target) -> None:
    execute(
        target, "create table t (id number primary key, v varchar2(10))", "create synonym s for t"
    )
    other = schema("t", PROPERTIES, ["id"])
    with pytest.raises(TableError, match="The streams 's' and 't' both load table"):
        target.load(S, other)


@pytest.mark.parametrize("rows", [2, 2_000])
@pytest.mark.parametrize("method", METHODS)
def test_a_view_of_one_table_takes_rows_by_every_method(
    target: Target, method: str, rows: int
) -> None:
    execute(
        target,
        "create table base (id number primary key, v varchar2(10), hidden number default 7)",
        "create view s as select id, v from base",
        "insert into base (id, v) values (1, 'old')"
        if method != "append-only"
        else "select 1 from sys.dual",
    )
    versioned = {**S, "bookmark_properties": ["v"]} if method == "history" else S
    records = [record("s", id=n, v="old") for n in range(1, rows + 1)]
    target.load(versioned, *records, load_method=method)
    found = target.rows("BASE", "count(*), min(v), max(v), min(hidden), max(id)")
    assert found == [(rows, "old", "old", 7, rows)]


def test_a_view_is_loaded_without_merge_which_triggers_and_joins_refuse(
    oracle_schema: OracleSchema, oracle_server: OracleStandin
) -> None:
    target = Target(oracle_schema)
    execute(
        target,
        "create table base (id number primary key, v varchar2(10))",
        "create view s as select id, v from base",
    )
    oracle_server.faults.raise_error(38106, "MERGE not supported", matching="^merge")
    target.load(S, *(record("s", id=n, v="a") for n in range(2_000)), max_retries=0)
    oracle_server.faults.clear()
    assert target.rows("BASE", "count(*)") == [(2_000,)]


def test_a_view_is_never_changed(target: Target) -> None:
    execute(
        target,
        "create table base (id number primary key, v varchar2(3 char))",
        "create view s as select id, v from base",
    )
    wide = schema("s", {**PROPERTIES, "w": {"type": "integer"}}, ["id"])
    with pytest.raises(TableError, match=r"View \"\w+\".\"S\" lacks the columns W, and a view is"):
        target.load(wide, record("s", id=1, v="a", w=1))
    target.load(wide, record("s", id=1, v="a", w=1), on_schema_mismatch="ignore")
    with pytest.raises(RecordError, match=r"id=2: a value does not fit its column"):
        target.load(S, record("s", id=2, v="too long"))
    target.load(S, record("s", id=2, v="too long"), record("s", id=3, v="b"), on_invalid="skip")
    assert target.rows("BASE") == [(1, "a"), (3, "b")]


def test_unchanged_rows_are_skipped_in_a_view_too(target: Target) -> None:
    execute(
        target,
        "create table base (id number primary key, v varchar2(10 char))",
        "create view s as select id, v from base",
    )
    target.load(S, record("s", id=1, v="a"), skip_unchanged=True)
    target.load(S, record("s", id=1, v="b"), record("s", id=2, v="c"), skip_unchanged=True)
    assert target.rows("BASE") == [(1, "b"), (2, "c")]


READ_ONLY = "create view s as select id, v from base with read only"
JOINED = "create view s as select b.id, b.v from base b join base c on c.id = b.id"
GROUPED = "create view s as select id, max(v) v from base group by id"
COMPUTED = "create view s as select id, v || 'x' v from base"


@pytest.mark.parametrize(
    ("view", "settings", "says"),
    [
        (READ_ONLY, {}, r"the view is read-only: load its table \(ORA-42399\)"),
        (GROUPED, {}, r"the view takes no rows, .* \(ORA-01732\)"),
        (COMPUTED, {}, r"a column of the view is an expression .* \(ORA-01733\)"),
        (JOINED, {"skip_unchanged": True}, r"the view joins tables or has a .* \(ORA-38106\)"),
    ],
)
def test_a_view_that_takes_no_rows_is_told(
    oracle_schema: OracleSchema, view: str, settings: dict[str, Any], says: str
) -> None:
    target = Target(oracle_schema)
    execute(target, "create table base (id number primary key, v varchar2(10))", view)
    with pytest.raises(LoadError, match=f"cannot load table S: {says}"):
        target.load(S, record("s", id=1, v="a"), **settings)
    assert target.rows("BASE") == []


def test_a_row_that_a_view_would_not_show_is_a_bad_record(target: Target) -> None:
    execute(
        target,
        "create table base (id number primary key, v varchar2(10))",
        "create view s as select id, v from base where id < 10 with check option",
    )
    target.load(S, record("s", id=9, v="a"), record("s", id=10, v="b"), on_invalid="reject")
    assert target.rows("BASE") == [(9, "a")]
    assert target.rows("REJECTS", "REASON_CODE") == [("ORA-01402",)]
