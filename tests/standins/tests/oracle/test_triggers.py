"""Triggers in their minimal form: they raise, assign, or are invalid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import oracledb
    from oracle_standin import OracleStandin

    from .conftest import Fails

REFUSES = (
    "create or replace trigger no_twos before insert or update on t for each row\n"
    "begin\n  if :new.v = 2 then\n    raise_application_error(-20001, 'no ' || :new.v);\n"
    "  elsif :new.w is null then\n    :new.w := upper('x') || :new.v;\n  end if;\nend;"
)


@pytest.fixture
def table(cur: oracledb.Cursor) -> oracledb.Cursor:
    cur.execute("create table t (id number, v number, w varchar2(9))")
    cur.execute("create table s (id number, v number)")
    cur.execute("insert into s values (1, 2)")
    return cur


def test_a_trigger_refuses_rows(table: oracledb.Cursor, fails: Fails) -> None:
    table.execute(REFUSES)
    found = fails(20001, table.execute, "insert into t (id, v) values (1, 2)")
    assert found.message.startswith('ORA-20001: no 2\nORA-06512: at "APP.NO_TWOS"')
    assert "ORA-04088: error during execution of trigger 'APP.NO_TWOS'" in found.message
    table.executemany(
        "insert into t (id, v) values (:1, :2)", [(1, 1), (2, 2), (3, 3)], batcherrors=True
    )
    assert [(each.offset, each.code) for each in table.getbatcherrors()] == [(1, 20001)]
    merge = (
        "merge into t using s on (t.id = s.id) when matched then update set t.v = s.v "
        "when not matched then insert (id, v) values (s.id, s.v)"
    )
    fails(20001, table.execute, merge)
    assert table.execute("select id, v, w from t order by id").fetchall() == [
        (1, 1, "X1"),
        (3, 3, "X3"),
    ]


def test_triggers_are_known_switched_and_dropped(table: oracledb.Cursor, fails: Fails) -> None:
    table.execute(REFUSES)
    table.execute(REFUSES)
    fails(4081, table.execute, REFUSES.replace("or replace", "", 1))
    known = "select trigger_name, trigger_type, triggering_event, table_name, status from "
    known += "user_triggers"
    head = ("NO_TWOS", "BEFORE EACH ROW", "INSERT OR UPDATE", "T")
    assert table.execute(known).fetchall() == [(*head, "ENABLED")]
    table.execute("alter trigger no_twos disable")
    assert table.execute(known).fetchall() == [(*head, "DISABLED")]
    table.execute("insert into t (v) values (2)")
    table.execute("alter trigger no_twos enable")
    fails(20001, table.execute, "insert into t (v) values (2)")
    table.execute("drop trigger no_twos")
    fails(4080, table.execute, "drop trigger no_twos")
    table.execute("insert into t (v) values (2)")


def test_an_invalid_trigger_lets_no_row_in(table: oracledb.Cursor, fails: Fails) -> None:
    table.execute("create trigger broken after insert on t for each row begin gone; end;")
    found = fails(4098, table.execute, "insert into t (v) values (1)")
    assert "trigger 'APP.BROKEN' is invalid and failed re-validation" in found.message


def test_a_condition_and_columns_narrow_a_trigger(table: oracledb.Cursor, fails: Fails) -> None:
    table.execute(
        "create trigger w_stays before update of w on t for each row when (old.w = 'a') "
        "begin raise_application_error(-20999, 'stays'); end;"
    )
    table.execute("insert into t values (1, 1, 'a')")
    table.execute("insert into t values (2, 1, 'b')")
    table.execute("update t set v = 2")
    table.execute("update t set w = 'c' where id = 2")
    fails(20999, table.execute, "update t set w = 'c' where id = 1")


def test_direct_path_loads_fire_no_trigger(table: oracledb.Cursor) -> None:
    table.execute(REFUSES)
    table.connection.direct_path_load("APP", "T", ["ID", "V"], [(1, 2)])
    assert table.execute("select v, w from t").fetchall() == [(2, None)]


def test_bodies_beyond_the_minimal_form_are_refused(
    server: OracleStandin, table: oracledb.Cursor, fails: Fails
) -> None:
    head = "create trigger x before insert on t for each row "
    fails(3001, table.execute, head + "begin insert into s values (1, 2); end;")
    fails(3001, table.execute, head + "declare n number; begin null; end;")
    fails(3001, table.execute, "create trigger x instead of insert on t begin null; end;")
    with server.switched(triggers=False):
        fails(3001, table.execute, REFUSES)
