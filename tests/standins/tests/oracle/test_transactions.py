"""SET TRANSACTION: one moment for all queries, and no changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import oracledb
import pytest

if TYPE_CHECKING:
    from .conftest import Connect


def test_a_read_only_transaction_sees_one_moment(connect: Connect) -> None:
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("create table moment (id number)")
    cursor.execute("insert into moment values (1)")
    connection.commit()
    cursor.execute("set transaction read only")
    other = connect()
    other.cursor().execute("insert into moment values (2)")
    other.commit()
    assert cursor.execute("select count(*) from moment").fetchone() == (1,)
    with pytest.raises(oracledb.DatabaseError, match="ORA-01456"):
        cursor.execute("delete from moment")
    assert cursor.execute("select id from moment").fetchall() == [(1,)]
    connection.commit()
    assert cursor.execute("select count(*) from moment").fetchone() == (2,)
    cursor.execute("delete from moment")
    with pytest.raises(oracledb.DatabaseError, match="ORA-01453"):
        cursor.execute("set transaction read only")
    connection.rollback()
    with pytest.raises(oracledb.DatabaseError, match="ORA-03001"):
        cursor.execute("set transaction isolation level serializable")
