"""Bad records: refused, rejected into a table, or skipped."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.errors import RecordError

from tests.target.conftest import record, schema, state

if TYPE_CHECKING:
    from pathlib import Path

    from tests.target.conftest import Target

ORDERS = schema(
    "orders",
    {
        "id": {"type": ["null", "integer"]},
        "qty": {"type": ["null", "number"]},
        "at": {"type": ["null", "string"], "format": "date"},
    },
    ["id"],
)
GOOD = [record("orders", id=n, qty=n) for n in range(1, 4)]
BAD = {
    "schema": record("orders", id=9, qty="many"),
    "type": record("orders", id=9, at="someday"),
    "empty-key": record("orders", id=None),
    "missing-key": record("orders", qty=1),
}


def loaded(target: Target) -> list[tuple[Any, ...]]:
    return target.rows("ORDERS", '"ID", "QTY"')


@pytest.mark.parametrize("code", BAD)
def test_a_bad_record_goes_into_the_reject_table_with_its_reason(target: Target, code: str) -> None:
    before = datetime.now(UTC).replace(tzinfo=None)
    states = target.load(ORDERS, *GOOD, BAD[code], state(1), on_invalid="reject")
    assert loaded(target) == [(1, 1), (2, 2), (3, 3)]
    ((stream, reason, message, payload, at),) = target.rows(
        "REJECTS", '"STREAM", "REASON_CODE", "MESSAGE", "PAYLOAD", "REJECTED_AT"'
    )
    assert (stream, reason) == ("orders", code)
    assert message
    assert before <= at <= datetime.now(UTC).replace(tzinfo=None)
    assert json.loads(payload) == BAD[code]["record"]
    assert states == [1]


@pytest.mark.parametrize("value", ["many", {"a": 1}, [1], "NaN"])
def test_without_validation_a_value_of_another_type_is_still_found(
    target: Target, value: Any
) -> None:
    whole = schema("orders", {"id": {"type": "integer"}, "qty": {"type": "integer"}}, ["id"])
    messages = [record("orders", id=1, qty="7"), record("orders", id=2, qty=value)]
    target.load(whole, *messages, on_invalid="reject", validate_records=False)
    assert loaded(target) == [(1, 7)]
    assert target.rows("REJECTS", '"REASON_CODE", "PROPERTY"') == [("type", "qty")]


def test_a_skipped_record_leaves_nothing(target: Target) -> None:
    target.load(ORDERS, *GOOD, BAD["schema"], on_invalid="skip")
    assert loaded(target) == [(1, 1), (2, 2), (3, 3)]
    assert target.schema.tables() == {"ORDERS"}


def test_the_reject_table_takes_the_prefix(target: Target) -> None:
    target.load(ORDERS, BAD["type"], on_invalid="reject", table_prefix="wms_")
    assert target.rows("WMS_REJECTS", '"PROPERTY"') == [("at",)]


@pytest.mark.parametrize(
    "limits", [{"max_rejects": 1}, {"max_reject_ratio": 0.1}], ids=["count", "ratio"]
)
def test_too_many_rejects_fail_the_run_and_load_nothing(
    target: Target, limits: dict[str, Any]
) -> None:
    bad = [BAD["schema"], BAD["type"]]
    with pytest.raises(RecordError, match=r"(more|More) than"):
        target.load(ORDERS, *GOOD, *bad, state(1), on_invalid="reject", **limits)
    assert (loaded(target), target.rows("REJECTS")) == ([], [])


def test_rejects_within_the_limits_pass(target: Target) -> None:
    limits = {"max_rejects": 2, "max_reject_ratio": 0.5}
    target.load(ORDERS, *GOOD, BAD["schema"], BAD["type"], on_invalid="reject", **limits)
    assert len(target.rows("REJECTS")) == 2


IMPOSSIBLE = ["2024-13-01T00:00:00Z", "10000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "soon"]
DATED = schema(
    "s",
    {
        "id": {"type": "integer"},
        "at": {"type": ["string", "null"], "format": "date-time"},
        "on": {"type": ["string", "null"], "format": "date"},
    },
    ["id"],
)


@pytest.mark.parametrize(
    ("treatment", "at", "on"),
    [
        ("null", None, None),
        ("max", datetime(9999, 12, 31, 23, 59, 59, 999999), datetime(9999, 12, 31)),
    ],
)
def test_what_is_no_date_may_be_replaced_with_a_warning(
    target: Target,
    caplog: pytest.LogCaptureFixture,
    treatment: str,
    at: datetime | None,
    on: datetime | None,
) -> None:
    bad = [record("s", id=n, at=text, on=text) for n, text in enumerate(IMPOSSIBLE)]
    good = record("s", id=9, at="2024-01-02T03:04:05Z", on="2024-01-02")
    target.load(DATED, *bad, good, datetime_error_treatment=treatment)
    replaced = [(n, at, on) for n in range(len(IMPOSSIBLE))]
    dates = (9, datetime(2024, 1, 2, 3, 4, 5), datetime(2024, 1, 2))
    assert target.rows("S", '"ID", "AT", "ON"') == [*replaced, dates]
    told = [r.message for r in caplog.records if "what is no date is loaded as" in r.message]
    assert [each.partition(":")[0] for each in told] == [
        "Stream 's', property 'at'",
        "Stream 's', property 'on'",
    ]


@pytest.mark.parametrize("text", IMPOSSIBLE)
def test_what_is_no_date_is_a_bad_record_unless_something_else_is_asked(
    target: Target, text: str
) -> None:
    with pytest.raises(RecordError, match=r"id=1: the value is no TIMESTAMP\(6\) WITH TIME ZONE"):
        target.load(DATED, record("s", id=1, at=text))


@pytest.mark.parametrize("treatment", ["null", "max"])
def test_a_key_that_is_no_date_is_never_replaced(target: Target, treatment: str) -> None:
    keyed = {**DATED, "key_properties": ["at"]}
    with pytest.raises(RecordError, match=r"the value is no TIMESTAMP\(6\) \(property 'at'\)"):
        target.load(keyed, record("s", id=1, at="soon"), datetime_error_treatment=treatment)


def test_a_limit_counts_over_all_flushes(target: Target) -> None:
    messages = [GOOD[0], BAD["schema"], GOOD[1], BAD["type"]]
    with pytest.raises(RecordError, match=r"More than max_rejects \(1\)"):
        target.load(ORDERS, *messages, on_invalid="reject", max_rejects=1, batch_size_rows=2)
    assert loaded(target) == [(1, 1)]


# What only the database knows


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
    target: Target, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    monkeypatch.setattr("target_oracle.records.buffer.SLICE_ROWS", 2)
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
    target: Target, monkeypatch: pytest.MonkeyPatch, method: str, *, staged: bool
) -> None:
    monkeypatch.setattr("target_oracle.loading.loader.STRAIGHT_ROWS", 0 if staged else 1000)
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


def test_what_no_column_can_grow_to_take_is_rejected_and_the_rest_grows(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("target_oracle.records.buffer.SLICE_ROWS", 1)
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


# Business rules

POSITIVE = {"properties": {"qty": {"exclusiveMinimum": 0}}}
PACKED = {"x-at-most": {"packed": "allocated"}}


def test_a_rule_refuses_what_the_schema_allows(target: Target) -> None:
    streams = {"ord*": {"rules": [POSITIVE, {"required": ["at"]}]}}
    messages = [
        record("orders", id=1, qty=1, at="2024-01-01"),
        record("orders", id=2, qty=0, at="2024-01-01"),
        record("orders", id=3, qty=1),
    ]
    target.load(ORDERS, *messages, on_invalid="reject", streams=streams)
    assert loaded(target) == [(1, 1)]
    assert target.rows("REJECTS", '"REASON_CODE", "PROPERTY", "MESSAGE"', '"MESSAGE"') == [
        ("rule", None, '"at" is a required property'),
        ("rule", "qty", "the value is less than or equal to the minimum of 0"),
    ]


def test_rules_come_from_a_file_too(target: Target, tmp_path: Path) -> None:
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"orders": [POSITIVE]}))
    with pytest.raises(RecordError, match=r"record id=1: .*minimum of 0 \(property 'qty'\)"):
        target.load(ORDERS, record("orders", id=1, qty=-1), rules_file=str(file))


def test_a_rule_compares_two_properties(target: Target) -> None:
    packing = schema(
        "packing",
        {name: {"type": ["null", "integer"]} for name in ("id", "packed", "allocated")},
        ["id"],
    )
    messages = [
        record("packing", id=1, packed=2, allocated=2),
        record("packing", id=2, packed=3, allocated=2),
        record("packing", id=3, packed=3, allocated=None),
    ]
    target.load(packing, *messages, on_invalid="reject", streams={"packing": {"rules": [PACKED]}})
    assert target.rows("PACKING", '"ID"') == [(1,), (3,)]
    assert target.rows("REJECTS", '"MESSAGE"') == [("'packed' is more than 'allocated'",)]


def test_names_longer_than_the_columns_of_the_reject_table_are_cut(
    target: Target, tmp_path: Path
) -> None:
    long, file = "ö" * 300, tmp_path / "summary"
    described = schema(long, {long: {"type": "integer"}})
    settings = {"on_invalid": "reject", "summary_file": str(file)}
    assert target.load(described, record(long, **{long: "x"}), state(1), **settings) == [1]
    ((stream, name, payload),) = target.rows("REJECTS", '"STREAM", "PROPERTY", "PAYLOAD"')
    assert (stream, name, json.loads(payload)) == ("ö" * 255, "ö" * 255, {long: "x"})
    assert json.loads(file.read_text())["streams"][long]["rejected"] == 1


def test_the_reject_table_may_have_another_name(target: Target) -> None:
    target.load(ORDERS, BAD["type"], on_invalid="reject", reject_table="bad_rows")
    assert len(target.rows("BAD_ROWS")) == 1
