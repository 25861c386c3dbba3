"""Tables as the dictionary has them: made, completed, widened, refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.errors import NameClashError, TableError

from tests.target.conftest import Target, record, schema

if TYPE_CHECKING:
    from oracle_standin import OracleStandin

    from tests.conftest import OracleSchema


ID = {"id": {"type": "integer"}}


def execute(target: Target, *statements: str) -> None:
    with target.schema.connect() as connection:
        for statement in statements:
            connection.cursor().execute(statement)
        connection.commit()


def described(properties: dict[str, Any], **more: Any) -> Any:
    return schema("s", {**ID, **properties}, ["id"], **more)


def test_a_new_table_gets_its_key_comments_indexes_and_readers(target: Target) -> None:
    message = described(
        {"nbr": {"type": "string", "maxLength": 5, "description": "The customer's number"}},
        description="Orders",
    )
    streams = {"s": {"indexes": [["nbr"]]}}
    target.load(message, streams=streams, grant_select_to=["public"])
    query = target.schema.query
    assert query("select comments from user_tab_comments where table_name = 'S'") == [("Orders",)]
    assert query(
        "select column_name, comments from user_col_comments "
        "where table_name = 'S' and comments is not null"
    ) == [("NBR", "The customer's number")]
    indexed = query("select column_name from user_ind_columns where table_name = 'S' order by 1")
    assert indexed == [("ID",), ("NBR",)]
    made = "select privilege from user_tab_privs where table_name = 'S' and grantee = 'PUBLIC'"
    assert query(made) == [("SELECT",)]


def test_options_of_tables_follow_their_columns(
    oracle_schema: OracleSchema, oracle_server: OracleStandin
) -> None:
    target, options = Target(oracle_schema), "PCTFREE 0 COMPRESS TABLESPACE users"
    with oracle_server.faults.recorded() as calls:
        target.load(described({}), record("s", id=1), table_options=options)
    (made,) = [call for call in calls if call.startswith("CREATE TABLE")]
    assert made.endswith(f'PRIMARY KEY ("ID")) {options}')
    assert target.rows("S") == [(1,)]


def test_comments_are_left_out_when_they_are_not_wanted(target: Target) -> None:
    number = {"type": "string", "description": "The customer's number"}
    target.load(described({"nbr": number}, description="Orders"), add_comments=False)
    query = target.schema.query
    assert query("select comments from user_tab_comments where comments is not null") == []
    assert query("select comments from user_col_comments where comments is not null") == []


def test_an_index_like_the_key_is_there_already(target: Target) -> None:
    target.load(described({}), record("s", id=1), streams={"s": {"indexes": [["id"]]}})
    assert target.rows("S") == [(1,)]
    assert len(target.schema.query("select index_name from user_indexes")) == 1


def test_comments_that_another_schema_does_not_allow_are_left_out(
    oracle_schema: OracleSchema, oracle_server: OracleStandin, caplog: pytest.LogCaptureFixture
) -> None:
    owner = Target(oracle_schema)
    execute(owner, "create table s (id number primary key)")
    oracle_server.create_user("limited", "x", privileges=("CREATE SESSION",))
    try:
        execute(owner, "grant select, insert, update, alter on s to limited")
        limited = Target(oracle_schema, {"user": "limited", "password": "x"})
        commented = described({"v": {"type": "integer", "description": "The value"}})
        limited.load(commented, record("s", id=1, v=2), default_target_schema=oracle_schema.user)
    finally:
        oracle_server.drop_user("limited")
    assert owner.rows("S") == [(1, 2)]
    assert f'No right to comment on COLUMN "{oracle_schema.user}"."S"."V"' in caplog.text


def test_columns_are_added_all_at_once_with_their_comments(target: Target) -> None:
    target.load(described({}), record("s", id=1))
    added = {f"c{n}": {"type": "integer", "description": f"no. {n}"} for n in range(5)}
    target.load(described(added), record("s", id=2, c3=7))
    assert target.rows("S") == [(1, *[None] * 5), (2, None, None, None, 7, None)]
    comments = target.schema.query(
        "select comments from user_col_comments where comments like 'no%'"
    )
    assert len(comments) == 5


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ({"type": "string", "maxLength": 5}, {"type": "string", "maxLength": 9}, "VARCHAR2(9)"),
        ({"type": "string", "maxLength": 9}, {"type": "string", "maxLength": 5}, "VARCHAR2(9)"),
        ({"type": "integer"}, {"type": "number"}, "NUMBER(38,0)"),
        ({"type": "number"}, {"type": "integer"}, "NUMBER"),
    ],
)
def test_a_column_is_widened_and_never_narrowed(
    target: Target, before: dict[str, Any], after: dict[str, Any], kind: str
) -> None:
    target.load(described({"v": before}))
    target.load(described({"v": after}))
    assert target.types("S")["V"] == kind


def test_an_interrupted_change_to_clob_is_finished(target: Target) -> None:
    execute(target, "create table s (id number primary key, v varchar2(10))")
    execute(target, "insert into s values (1, 'old')")
    execute(target, 'alter table s add ("SDC$WIDER$V" clob)', 'update s set "SDC$WIDER$V" = v')
    execute(target, "alter table s drop column v")
    target.load(described({"v": {"type": "string"}}), record("s", id=2, v="x" * 5000))
    assert target.rows("S", '"ID", "V"') == [(1, "old"), (2, "x" * 5000)]


NEEDED = r'does not fit the stream; needed: ADD "W" NUMBER\(38,0\), MODIFY "V" VARCHAR2\(9 CHAR\)'


@pytest.mark.parametrize("settings", [{"on_schema_mismatch": "fail"}, {"auto_create": False}])
def test_a_table_that_does_not_fit_is_refused_with_what_it_needs(
    target: Target, settings: dict[str, Any]
) -> None:
    target.load(described({"v": {"type": "string", "maxLength": 5}}))
    wanted = described({"v": {"type": "string", "maxLength": 9}, "w": {"type": "integer"}})
    with pytest.raises(TableError, match=NEEDED):
        target.load(wanted, **settings)


def test_a_missing_table_is_refused_with_its_statement(target: Target) -> None:
    with pytest.raises(
        TableError, match=r"is missing and auto_create is off: CREATE TABLE .*\"ID\""
    ):
        target.load(described({}), auto_create=False)


def test_a_difference_may_be_ignored(target: Target) -> None:
    target.load(described({}))
    target.load(
        described({"v": {"type": "integer"}}), record("s", id=1, v=2), on_schema_mismatch="ignore"
    )
    assert target.rows("S") == [(1,)]


def test_too_many_columns_are_refused_before_anything_is_made(target: Target) -> None:
    many = {f"c{n}": {"type": "integer"} for n in range(1_000)}
    with pytest.raises(TableError, match="would have 1001 columns and Oracle allows 1,000"):
        target.load(described(many))
    assert target.schema.tables() == set()


def test_the_wms_layout_is_that_of_the_former_loader(target: Target) -> None:
    names = ["mod_ts", "order_nbr", "create_user", "id", "status_id"]
    message = schema("order_hdr", {name: {"type": "integer"} for name in names}, ["id"])
    target.load(message, record("order_hdr", id=1, mod_ts=2), table_layout="wms")
    assert list(target.types("WMS_ORDER_HDR")) == [
        "ID",
        "ORDER_NBR",
        "STATUS_ID",
        "CREATE_USER",
        "MOD_TS",
        "TK_DATE",
    ]
    assert target.rows("WMS_ORDER_HDR", '"ID", "MOD_TS"') == [(1, 2)]


def test_a_stream_may_be_given_column_names(target: Target) -> None:
    properties = {name: {"type": "integer"} for name in ("qty", "type", "at")}
    options = {"column_names": {"qty": "Ordered Qty", "id": "order_id"}, "indexes": [["qty"]]}
    streams = {"*": {"column_names": {"type": "kind"}}, "s": options}
    for number in (1, 2):
        target.load(described(properties), record("s", id=7, qty=number), streams=streams)
    assert list(target.types("S")) == ["ORDER_ID", "ORDERED_QTY", "TYPE", "AT"]
    assert target.rows("S", '"ORDER_ID", "ORDERED_QTY"') == [(7, 2)]
    indexed = target.schema.query("select column_name from user_ind_columns order by 1")
    assert indexed == [("ORDERED_QTY",), ("ORDER_ID",)]


@pytest.mark.parametrize(
    "settings",
    [
        {"streams": {"s": {"column_names": {"qty": "ID"}}}},
        {"add_record_metadata": True, "metadata_columns": {"_sdc_batched_at": "qty"}},
    ],
)
def test_a_name_that_another_property_has_is_refused(
    target: Target, settings: dict[str, Any]
) -> None:
    with pytest.raises(NameClashError, match=r"both become the column (ID|QTY)\. Rename one"):
        target.load(described({"qty": {"type": "integer"}}), **settings)
    assert target.schema.tables() == set()


def test_what_streams_names_and_the_schema_lacks_is_told(
    target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    options = {"column_names": {"idd": "x"}, "column_types": {"qtty": "NUMBER"}}
    target.load(described({}), streams={"s": options})
    assert "the schema lacks what `streams` names: idd, qtty" in caplog.text


def test_an_index_over_what_the_schema_lacks_is_left_out(
    target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    indexes = [["nbr"], ["nbr", "facility_id"]]
    target.load(
        described({"nbr": {"type": "string", "maxLength": 5}}), streams={"*": {"indexes": indexes}}
    )
    assert "the schema lacks what `streams` names: facility_id" in caplog.text
    assert target.schema.query(
        "select index_name from user_indexes where index_name like '%IX'"
    ) == [("S_NBR_IX",)]


def test_metadata_columns_take_other_names(target: Target) -> None:
    target.load(
        described({}),
        record("s", id=1),
        add_record_metadata=True,
        metadata_columns={"_sdc_batched_at": "TK_DATE"},
    )
    assert "TK_DATE" in target.types("S")
    assert "_SDC_BATCHED_AT" not in target.types("S")


TABLE_KEYS = [("id, nbr", ["id"]), ("id", ["id", "nbr"]), ("nbr", ["id"])]


@pytest.mark.parametrize(("of_table", "of_stream"), TABLE_KEYS)
def test_a_table_with_another_key_is_refused_before_anything_is_done(
    target: Target, of_table: str, of_stream: list[str]
) -> None:
    execute(target, f"create table s (id number, nbr varchar2(5 char), primary key ({of_table}))")
    text = {"type": "string"}
    wanted = schema("s", {**ID, "nbr": text, "more": text}, of_stream)
    with pytest.raises(TableError, match=rf"the key of table S is \({of_table.upper()}\) and that"):
        target.load(wanted, record("s", id=1, nbr="a", more="b"))
    assert list(target.types("S")) == ["ID", "NBR"]
    target.load(wanted, record("s", id=1, nbr="a", more="b"), on_schema_mismatch="ignore")
    assert target.rows("S") == [(1, "a")]


def test_a_key_that_the_database_fills_need_not_be_the_streams(target: Target) -> None:
    execute(
        target,
        "create table s (row_nbr number generated always as identity primary key, "
        "id number unique, v number)",
    )
    target.load(described({"v": {"type": "integer"}}), record("s", id=7, v=1))
    target.load(described({"v": {"type": "integer"}}), record("s", id=7, v=2))
    assert target.rows("S", "id, v") == [(7, 2)]
