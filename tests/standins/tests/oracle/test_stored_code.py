"""Stored procedures, functions, packages and types, and what comes back of them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import oracledb
import pytest

if TYPE_CHECKING:
    from .conftest import Fails


def test_a_procedure_takes_in_out_and_named_arguments(cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute(
        "create or replace procedure p(a varchar2, b in out number, c out number) as begin "
        "b := b * length(a); c := length(a); end;"
    )
    out = cur.var(int)
    assert cur.callproc("p", ("hi", 5, out)) == ["hi", 10, 2]
    assert cur.callproc("p", ("hi", 5), {"c": out}) == ["hi", 10]
    for wrong in (("hi", 5), ("hi", 5, out, 1)):
        assert "PLS-00306" in fails(6550, cur.callproc, "p", wrong).message
    cur.execute("drop procedure p")
    assert "PLS-00201" in fails(6550, cur.callproc, "p", ("hi", 5, out)).message
    fails(4043, cur.execute, "drop procedure p")


def test_a_function_returns_and_a_procedure_does_not(cur: oracledb.Cursor, fails: Fails) -> None:
    cur.execute(
        "create or replace function f(a number default 1, b boolean default false) return number "
        "is n number(3) := 7; begin if b then return null; end if; return a + n; end f;"
    )
    assert cur.callfunc("f", int) == 8
    assert cur.callfunc("f", int, [5]) == 12
    assert cur.callfunc("f", int, [5, True]) is None
    assert "character to number" in fails(6502, cur.callfunc, "f", int, ["x"]).message
    assert "PLS-00306" in fails(6550, cur.callfunc, "f", int, [True]).message
    assert "PLS-00221" in fails(6550, cur.callproc, "f", [5]).message
    fails(955, cur.execute, "create function f return number is begin return 1; end;")
    cur.execute("create or replace function g return number is begin null; end;")
    fails(6503, cur.callfunc, "g", int)


PACKAGE = """
create or replace package stack as
    type numbers is table of number index by binary_integer;
    kept numbers;
    procedure push(n number);
    procedure push(ns numbers);
    function total return number;
end;
"""
BODY = """
create or replace package body stack as
    procedure push(n number) is begin kept(kept.count + 1) := n; end;
    procedure push(ns numbers) is
        i pls_integer := ns.first;
    begin
        while i is not null loop
            push(ns(i));
            i := ns.next(i);
        end loop;
    end;
    function total return number is
        n number := 0;
        function twice(m number) return number is begin return m * 2; end;
    begin
        for i in reverse 1..kept.count loop
            continue when kept(i) = 3;
            exit when kept(i) < 0;
            n := n + twice(kept(i));
        end loop;
        return n;
    end;
end;
"""


def test_a_package_keeps_its_variables_and_tells_overloads_apart(
    cur: oracledb.Cursor, fails: Fails
) -> None:
    cur.execute(PACKAGE)
    fails(4067, cur.execute, "begin stack.push(1); end;")
    cur.execute(BODY)
    cur.callproc("stack.push", [-1])
    cur.callproc("stack.push", [cur.arrayvar(int, [2, 3, 4])])
    assert cur.callfunc("stack.total", int) == 12
    cur.execute("select type_name, coll_type, elem_type_name from user_plsql_coll_types")
    assert cur.fetchall() == [("NUMBERS", "PL/SQL INDEX TABLE", "NUMBER")]
    fails(6550, cur.execute, "begin stack.twice(1); end;")


def test_arrays_of_a_block_come_back(cur: oracledb.Cursor, fails: Fails) -> None:
    array = cur.arrayvar(str, 3)
    array.setvalue(0, ["a", "bb"])
    cur.execute("begin :a(1) := upper(:a(1)); :a(3) := :a(2) || '!'; end;", a=array)
    assert array.getvalue() == ["A", "bb", "bb!"]
    fails(6513, cur.execute, "begin :a(4) := 'x'; end;", a=array)


def test_each_run_of_many_gives_its_own_values(cur: oracledb.Cursor) -> None:
    doubled = cur.var(int, arraysize=3)
    cur.setinputsizes(doubled, int)
    cur.executemany("begin :1 := :2 * 2; end;", [(None, n) for n in (5, 6, 7)])
    assert [doubled.getvalue(i) for i in range(3)] == [10, 12, 14]


def test_cursors_are_values(cur: oracledb.Cursor, fails: Fails) -> None:
    opened = cur.connection.cursor()
    cur.execute(
        "begin open :c for select level n from dual connect by level <= :m; end;", c=opened, m=300
    )
    assert [column.name for column in opened.description or ()] == ["N"]
    assert [n for (n,) in opened] == list(range(1, 301))
    mine = cur.connection.cursor()
    mine.prefetchrows = 0
    mine.execute("select 'x' from dual union all select 'y' from dual")
    first = cur.var(str)
    block = (
        "declare r sys_refcursor := :c; begin loop fetch r into :v; exit when r%notfound; end "
        "loop; close r; end;"
    )
    cur.execute(block, c=mine, v=first)
    assert first.getvalue() == "y"
    fails(1001, cur.execute, "declare r sys_refcursor; s varchar2(9); begin fetch r into s; end;")


def test_implicit_results_come_in_order(cur: oracledb.Cursor) -> None:
    cur.execute(
        "declare a sys_refcursor; b sys_refcursor; begin open a for select 1 from dual; "
        "open b for 'select 2, :x from dual' using 'two'; dbms_sql.return_result(a); "
        "dbms_sql.return_result(b); end;"
    )
    assert [each.fetchall() for each in cur.getimplicitresults()] == [[(1,)], [(2, "two")]]


@pytest.fixture
def types(cur: oracledb.Cursor) -> oracledb.Cursor:
    whole = "name char(4), r raw(3), parts parts_t, one part_t"
    swap = "x whole_t := w; begin x.one := w.parts(2); x.name := 'ab'; return x; end;"
    cur.execute("create or replace type part_t as object (n number(5, 2), s varchar2(9), d date)")
    cur.execute("create or replace type parts_t as varray(3) of part_t")
    cur.execute(f"create or replace type whole_t as object ({whole})")
    cur.execute(f"create or replace function swap(w whole_t) return whole_t is {swap}")
    return cur


def test_objects_and_collections_go_both_ways(types: oracledb.Cursor, fails: Fails) -> None:
    connection = types.connection
    part, parts, whole = (connection.gettype(name) for name in ("PART_T", "PARTS_T", "WHOLE_T"))
    assert [(a.name, a.precision, a.scale, a.max_size) for a in part.attributes] == [
        ("N", 5, 2, None),
        ("S", None, None, 9),
        ("D", None, None, None),
    ]
    value = whole.newobject()
    value.R = b"\x01\x02"
    value.PARTS = parts.newobject([part.newobject(), None])
    second = part.newobject()
    second.N, second.S, second.D = 1.25, "Ä", dt.datetime(2024, 2, 29, 1, 2, 3)
    value.PARTS.append(second)
    value.PARTS.setelement(1, second)
    back = types.callfunc("swap", whole, [value])
    assert (back.NAME, back.R, back.ONE.N, back.ONE.S) == ("ab  ", b"\x01\x02", 1.25, "Ä")
    assert dt.datetime(2024, 2, 29, 1, 2, 3) == back.ONE.D
    assert back.PARTS.getelement(0).S is None
    assert value.ONE is None
    with pytest.raises(oracledb.DatabaseError, match="DPY-2035"):
        connection.gettype("NO_SUCH_T")


def test_types_are_in_the_dictionary(types: oracledb.Cursor) -> None:
    types.execute("select type_name, typecode, attributes from user_types order by 1")
    assert types.fetchall() == [
        ("PARTS_T", "COLLECTION", 0),
        ("PART_T", "OBJECT", 3),
        ("WHOLE_T", "OBJECT", 4),
    ]
    types.execute(
        "select attr_name, attr_type_name, length, precision, scale from user_type_attrs "
        "where type_name = 'PART_T' order by attr_no"
    )
    assert types.fetchall() == [
        ("N", "NUMBER", None, 5, 2),
        ("S", "VARCHAR2", 9, None, None),
        ("D", "DATE", None, None, None),
    ]


def test_variables_take_what_fits_them(cur: oracledb.Cursor, fails: Fails) -> None:
    out = cur.var(str)
    cur.execute(
        "declare a number(4, 1) := '12.25'; b varchar2(3); c char(4) := 'x'; d boolean; "
        "begin b := 7; declare b number := 5; begin a := a + b; end; d := a > 17 and b = '7' "
        "or null; if d then :o := a || '|' || b || '|' || c || '|'; end if; end;",
        o=out,
    )
    assert out.getvalue() == "17.3|7|x   |"
    for body in (
        "b varchar2(2) := 'abc'; begin",
        "n number(2) := 100; begin",
        "d boolean := 1; begin",
    ):
        assert "06502" in fails(6502, cur.execute, f"declare {body} null; end;").message


def test_what_is_beyond_the_interpreter_is_refused(cur: oracledb.Cursor, fails: Fails) -> None:
    for text in (
        "create procedure p is begin goto x; end;",
        "create procedure p is begin forall i in 1..2 delete from dual; end;",
        "create type t as object (n number, member function f return number)",
        "create type body t as member function f return number is begin return 1; end; end;",
        "create function f return number result_cache is begin return 1; end;",
    ):
        fails(3001, cur.execute, text)


def test_dbms_output_keeps_lines_while_it_is_enabled(cur: oracledb.Cursor) -> None:
    line, status = cur.var(str), cur.var(int)
    cur.callproc("dbms_output.put_line", ["lost"])
    cur.callproc("dbms_output.enable")
    cur.execute("begin dbms_output.put_line('kept ' || 1); end;")
    cur.callproc("dbms_output.get_line", (line, status))
    assert (line.getvalue(), status.getvalue()) == ("kept 1", 0)
    cur.callproc("dbms_output.get_line", (line, status))
    assert (line.getvalue(), status.getvalue()) == (None, 1)
