"""Rows that only the database refuses are found one by one and rejected alone."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from target_oracle.errors import RecordError, TableError

from tests.target.conftest import record, schema, state
from tests.target.loading.orders import GOOD, ORDERS, loaded

if TYPE_CHECKING:
    from tests.target.conftest import Target


@pytest.fixture
def strict_table(target: Target) -> Target:
    """A table that demands a quantity, with a row of an earlier load."""
    with target.schema.connect() as connection, connection.cursor() as cursor:
        cursor.execute("create table orders (id number(38) primary key, qty number not null)")
        cursor.execute("insert into orders values (7, 7)")
        connection.commit()
    return target


LACKING = [record("orders", id=4), record("orders", id=5, qty=5), record("orders", id=1)]


@pytest.mark.parametrize("size", [2, 100])
@pytest.mark.parametrize("path", ["array", "direct"])
def test_an_overwrite_rejects_what_only_the_table_refuses(
    strict_table: Target, path: str, size: int
) -> None:
    settings = {"on_invalid": "reject", "load_method": "overwrite", "batch_size_rows": size}
    plain = schema("orders", {"id": {"type": "integer"}, "qty": {"type": ["null", "number"]}})
    plain["key_properties"] = ["id"]
    messages = [plain, *GOOD, *LACKING, state(1)]
    assert strict_table.load(*messages, load_path=path, **settings) == [1]
    assert loaded(strict_table) == [(1, 1), (2, 2), (3, 3), (5, 5)]
    found = strict_table.rows("REJECTS", '"REASON_CODE", "PAYLOAD"')
    assert sorted((code, json.loads(payload)["id"]) for code, payload in found) == [
        ("ORA-01400", 1),
        ("ORA-01400", 4),
    ]


@pytest.mark.parametrize("error", [1400, 1407], ids=["insert", "update"])
def test_what_the_table_refuses_does_not_take_a_value_along_that_only_needs_a_wider_column(
    target: Target, error: int
) -> None:
    target.limit(slice_rows=2)
    with target.schema.connect() as connection, connection.cursor() as cursor:
        cursor.execute("create table s (id number(38), qty number not null, v varchar2(5))")
        cursor.execute("insert into s values (4, 4, 'old')")
        connection.commit()
    strict = schema("s", {"id": {"type": "integer"}, "qty": {}, "v": {"type": "string"}}, ["id"])
    lacking = record("s", id=4 if error == 1407 else 5, qty=None, v="a")
    long = record("s", id=6, qty=6, v="x" * 4001)
    target.load(strict, record("s", id=1, qty=1, v="a"), lacking, long, on_invalid="reject")
    assert target.rows("S", '"ID", "V"')[-1] == (6, "x" * 4001)
    assert target.rows("REJECTS", '"REASON_CODE"') == [(f"ORA-0{error}",)]


def test_an_overwrite_that_fails_at_its_end_leaves_the_table_as_it_was(
    strict_table: Target,
) -> None:
    run = strict_table.run(ORDERS, *GOOD, *LACKING, state(1), load_method="overwrite")
    assert (run.code, run.states) == (1, [])
    (line,) = run.errors
    assert "Stream 'orders', record id=4: a column that must not be NULL got no value" in line
    assert loaded(strict_table) == [(7, 7)]
    assert strict_table.schema.tables() == {"ORDERS"}


def constrained(target: Target) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute(
            'create table orders ("ID" number primary key, "QTY" number check ("QTY" < 100))'
        )


@pytest.mark.parametrize("method", ["upsert", "append-only"])
@pytest.mark.parametrize("staged", [False, True], ids=["straight", "staged"])
def test_records_that_a_constraint_refuses_are_found_one_by_one(
    target: Target, method: str, *, staged: bool
) -> None:
    target.limit(straight_rows=0 if staged else 1000)
    constrained(target)
    many = [record("orders", id=n, qty=500 if n in {17, 40} else n) for n in range(1, 61)]
    target.load(ORDERS, *many, on_invalid="reject", on_schema_mismatch="ignore", load_method=method)
    assert loaded(target) == [(n, n) for n in range(1, 61) if n not in {17, 40}]
    rejected = target.rows("REJECTS", '"REASON_CODE", "PAYLOAD"')
    assert [code for code, _ in rejected] == ["ORA-02290"] * 2
    assert sorted(json.loads(payload)["id"] for _, payload in rejected) == [17, 40]


def test_a_record_that_a_constraint_refuses_is_named(target: Target) -> None:
    constrained(target)
    with pytest.raises(RecordError, match=r"^Stream 'orders', record id=2: a check constraint"):
        target.load(
            ORDERS,
            record("orders", id=1, qty=1),
            record("orders", id=2, qty=500),
            on_schema_mismatch="ignore",
        )
    assert loaded(target) == []


@pytest.mark.parametrize("path", ["array", "direct"])
@pytest.mark.parametrize(
    "number", ["1e200", "1e400", "1e1000000000", "9" * 300], ids=["e200", "e400", "e10^9", "long"]
)
def test_a_number_beyond_oracle_is_rejected(target: Target, number: str, path: str) -> None:
    line = f'{{"type": "RECORD", "stream": "orders", "record": {{"id": 9, "qty": {number}}}}}'
    target.load(ORDERS, *GOOD, line, on_invalid="reject", load_path=path, skip_unchanged=True)
    assert loaded(target) == [(1, 1), (2, 2), (3, 3)]
    ((code, payload),) = target.rows("REJECTS", '"REASON_CODE", "PAYLOAD"')
    assert code in {"DPY-4003", "DPY-4014"}
    assert json.loads(payload, parse_float=Decimal) == {"id": 9, "qty": Decimal(number)}


def test_a_number_beyond_a_double_is_rejected_and_not_infinite(target: Target) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute(
            "create table orders (id number, qty binary_double, part binary_float)"
        )
    numbers = {name: {"type": "number"} for name in ("qty", "part")}
    lines = [
        f'{{"type":"RECORD","stream":"orders","record":{{"id":{key},"qty":{qty},"part":{part}}}}}'
        for key, qty, part in [(1, "1e300", "1e38"), (2, "1e400", "1"), (3, "1", "1e39")]
    ]
    wide = schema("orders", {"id": {"type": "integer"}, **numbers}, ["id"])
    target.load(wide, *lines, on_invalid="reject")
    assert target.rows("ORDERS", "id, qty") == [(1, 1e300)]
    refused = target.rows("REJECTS", '"PROPERTY", "REASON_CODE"')
    assert refused == [("part", "type"), ("qty", "type")]


def test_what_the_table_refuses_is_kept_as_it_was_to_be_loaded(target: Target) -> None:
    constrained(target)
    line = (
        '{"type":"RECORD","stream":"orders","record":{"no":1,"qty":500.12345678901234567,"pin":4}}'
    )
    named = {"no": {"type": "integer"}, "qty": {"type": "number"}, "pin": {"type": "integer"}}
    maps = {"id": "no", "no": None, "pin": None, "__key_properties__": ["id"]}
    target.load(
        *(schema("orders", named, ["no"]), line),
        on_invalid="reject",
        stream_maps={"orders": maps},
    )
    ((payload,),) = target.rows("REJECTS", '"PAYLOAD"', order="rowid")
    exact = json.loads(payload, parse_float=Decimal)
    assert exact == {"qty": Decimal("500.12345678901234567"), "id": 1}


def test_a_value_too_large_is_rejected_where_columns_may_not_grow(target: Target) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute("create table orders (id number primary key, nbr varchar2(3))")
    named = schema("orders", {"id": {"type": "integer"}, "nbr": {"type": "string"}}, ["id"])
    target.load(
        named,
        record("orders", id=1, nbr="abc"),
        record("orders", id=2, nbr="abcd"),
        on_invalid="reject",
        on_schema_mismatch="ignore",
    )
    assert target.rows("ORDERS") == [(1, "abc")]
    assert target.rows("REJECTS", '"REASON_CODE", "PROPERTY"') == [("too-large", "NBR")]


def test_what_no_column_can_grow_to_take_is_rejected_and_the_rest_grows(target: Target) -> None:
    target.limit(slice_rows=1)
    with target.schema.connect() as connection:
        connection.cursor().execute(
            "create table orders (id varchar2(9) primary key, nbr varchar2(3), name nvarchar2(3))"
        )
    texts = {name: {"type": "string"} for name in ("id", "nbr", "name")}
    sent = [
        ("1", "a", "longer"),
        ("x" * 5000, "longer", "b"),
        ("2", "longer", "c"),
        ("10", "d", "d"),
    ]
    messages = [record("orders", id=key, nbr=nbr, name=name) for key, nbr, name in sent]
    target.load(schema("orders", texts, ["id"]), *messages, on_invalid="reject")
    assert target.rows("ORDERS") == [("10", "d", "d"), ("2", "longer", "c")]
    refused = target.rows("REJECTS", '"REASON_CODE", "PROPERTY"', order="2")
    assert refused == [("too-large", "ID"), ("too-large", "NAME")]
    with pytest.raises(RecordError, match=r"record id=x{40}: a value does not fit its column"):
        target.load(schema("orders", texts, ["id"]), *messages[1:])


REFUSES_NEGATIVES = (
    "create or replace trigger no_negatives before insert or update on orders for each row\n"
    "begin\n  if :new.qty < 0 then\n"
    "    raise_application_error(-20123, 'secret ' || :new.qty);\n  end if;\nend;"
)
PARTITIONED = (
    "create table orders (id number primary key, qty number) partition by range (qty) "
    "(partition low values less than (0), partition high values less than (100))"
)


@pytest.mark.parametrize("staged", [False, True], ids=["straight", "staged"])
def test_rows_that_a_trigger_refuses_are_found_without_a_word_of_its_message(
    target: Target, caplog: pytest.LogCaptureFixture, *, staged: bool
) -> None:
    target.limit(straight_rows=0 if staged else 1000)
    with target.schema.connect() as connection:
        connection.cursor().execute("create table orders (id number primary key, qty number)")
        connection.cursor().execute(REFUSES_NEGATIVES)
    many = [record("orders", id=n, qty=-n if n == 3 else n) for n in range(1, 6)]
    target.load(ORDERS, *many, on_invalid="reject", on_schema_mismatch="ignore")
    assert loaded(target) == [(n, n) for n in (1, 2, 4, 5)]
    ((code, message),) = target.rows("REJECTS", '"REASON_CODE", "MESSAGE"')
    assert (code, "a trigger of the table refuses" in message) == ("ORA-20123", True)
    assert "secret" not in caplog.text + message


@pytest.mark.parametrize("staged", [False, True], ids=["straight", "staged"])
def test_rows_for_which_there_is_no_partition_are_rejected(target: Target, *, staged: bool) -> None:
    target.limit(straight_rows=0 if staged else 1000)
    with target.schema.connect() as connection:
        connection.cursor().execute(PARTITIONED)
    first = [record("orders", id=n, qty=500 if n == 3 else n) for n in range(1, 4)]
    settings = {"on_invalid": "reject", "on_schema_mismatch": "ignore"}
    target.load(ORDERS, *first, **settings)
    target.load(ORDERS, record("orders", id=1, qty=-1), record("orders", id=2, qty=7), **settings)
    assert loaded(target) == [(1, 1), (2, 7)]
    assert target.rows("REJECTS", '"REASON_CODE"', "1") == [("ORA-14400",), ("ORA-14402",)]


BY_REGION = (
    "create table orders (id number primary key, region varchar2(5 char)) "
    "partition by list (region) "
    "(partition some values ('north', 'a'), partition others values (default))"
)


def test_a_column_that_partitions_go_by_is_never_widened(target: Target) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute(BY_REGION)
    keyed = {"id": {"type": "integer"}, "region": {"type": "string"}}
    wider = {**keyed, "region": {"type": "string", "maxLength": 10}}
    with pytest.raises(TableError, match=r"Stream 'orders'.* partitioned by .* \(ORA-14060\)"):
        target.load(schema("orders", wider, ["id"]), record("orders", id=1, region="a"))
    long = record("orders", id=2, region="southern")
    described = schema("orders", keyed, ["id"])
    with pytest.raises(RecordError, match=r"record id=2: .*the table is partitioned by the column"):
        target.load(described, record("orders", id=1, region="a"), long)
    target.load(described, record("orders", id=1, region="a"), long, on_invalid="reject")
    assert target.rows("ORDERS") == [(1, "a")]
    assert target.rows("REJECTS", '"REASON_CODE"') == [("too-large",)]


def test_a_partly_null_key_that_comes_twice_is_rejected(target: Target) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute(
            "create table orders (id number primary key, qty number, v varchar2(9), "
            "unique (qty, v))"
        )
    twice = [record("orders", id=n, qty=5) for n in (1, 2)]
    target.load(ORDERS, *twice, on_invalid="reject", on_schema_mismatch="ignore")
    assert loaded(target) == [(1, 5)]
    assert target.rows("REJECTS", '"REASON_CODE"') == [("ORA-00001",)]


@pytest.mark.parametrize("number", ["3.2e-145", "1e126", "1" * 41])
def test_a_number_that_no_column_holds_is_told_with_its_property(
    target: Target, number: str
) -> None:
    described = schema("t", {"id": {"type": "integer"}, "p": {"type": "number"}}, ["id"])
    with pytest.raises(RecordError, match=r"BINARY_DOUBLE by column_types .*property 'p'"):
        target.load(described, record("t", id=1, p=json.loads(number)))


def test_a_time_of_extraction_that_is_no_date_is_a_bad_record(target: Target) -> None:
    good, bad = record("orders", id=1, qty=1), record("orders", id=2, qty=2)
    bad["time_extracted"] = "2020-02-31T00:00:00Z"
    target.load(ORDERS, good, bad, add_record_metadata=True, on_invalid="reject")
    assert loaded(target) == [(1, 1)]
    ((code, message),) = target.rows("REJECTS", '"REASON_CODE", "MESSAGE"')
    assert (code, message) == ("type", "the message's time_extracted is no date-time")


def test_it_is_said_that_text_without_an_encoding_is_taken_for_base64(
    target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute("create table t (id number primary key, p blob, h blob)")
    text, digits = {"type": "string"}, {"type": "string", "contentEncoding": "base16"}
    described = schema("t", {"id": {"type": "integer"}, "p": text, "h": digits}, ["id"])
    target.load(described, record("t", id=1, p="AP8=", h="00FF"))
    assert target.rows("T", "p, h", "id") == [(b"\x00\xff", b"\x00\xff")]
    (said,) = [each for each in caplog.messages if "base64" in each]
    assert said.startswith(
        "Stream 't': property 'p': its text is taken for base64, as column P is a BLOB"
    )


def test_a_key_too_long_for_its_index_is_rejected_and_the_rest_grows(target: Target) -> None:
    text = {"type": "string"}
    keys = schema("t", {"a": text, "b": text, "v": text}, ["a", "b"])
    wide = {"t": {"column_types": {"v": "VARCHAR2(300 CHAR)"}}}
    target.load(keys, record("t", a="x", b="y", v="1"), streams=wide)
    long = record("t", a="a" * 1500, b="b" * 1500, v="2")
    grown = record("t", a="a" * 300, b="b", v="v" * 400)
    target.load(keys, long, grown, on_invalid="reject", streams=wide)
    assert target.rows("T", "length(a), length(v)") == [(1, 1), (300, 400)]
    ((code, message),) = target.rows("REJECTS", '"REASON_CODE", "MESSAGE"')
    assert (code, "an index on it" in message) == ("too-large", True)
