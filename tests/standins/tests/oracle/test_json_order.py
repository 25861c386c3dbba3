"""Where JSON stands among the binds of a statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import oracledb

if TYPE_CHECKING:
    from .conftest import Connect


def test_a_json_bind_is_read_in_its_place(connect23: Connect) -> None:
    cur = connect23().cursor()
    cur.execute("create table t (id number, doc json)")
    cur.execute("insert into t values (1, null)")
    cur.setinputsizes(oracledb.DB_TYPE_JSON, oracledb.DB_TYPE_NUMBER)
    cur.executemany("update t set doc = :1 where id = :2", [({"a": 1}, 1), (None, 2)])
    assert cur.execute("select doc from t").fetchall() == [({"a": 1},)]
