"""A translation is kept for all sessions, and serves only where the dictionary is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from oracle_standin.sql.translate.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Iterator

    import oracledb
    from oracle_standin import OracleStandin
    from oracle_standin.sql.translate import Translation
    from oracle_standin.sql.translate.asked import Asked

    from .conftest import Connect, Fails

PRIVILEGES = ("CREATE SESSION", "CREATE TABLE", "CREATE SYNONYM")
LONG = "N" * 100


@pytest.fixture
def other(server: OracleStandin, connect: Connect) -> Iterator[oracledb.Cursor]:
    """A session of another user, whose schema is empty, too."""
    server.create_user("other", "secret", privileges=PRIVILEGES)
    yield connect(user="other").cursor()
    server.drop_user("other")


@pytest.mark.parametrize(
    ("first", "second", "query", "answers"),
    [
        ("t (a number, b number invisible)", "t (a number, b number)", "t", ([(1,)], [(1, 2)])),
        ("t (a number, b number)", "t (b number, a number)", "t", ([(1, 2)], [(2, 1)])),
        (
            f"{LONG} (a number, b number)",
            f"{LONG} (b number, a number)",
            LONG,
            ([(1, 2)], [(2, 1)]),
        ),
    ],
    ids=["a hidden column", "another order", "a long name"],
)
def test_tables_of_one_name_are_told_apart(
    cur: oracledb.Cursor, other: oracledb.Cursor, first: str, second: str, query: str,
    answers: tuple[object, object],
) -> None:  # fmt: skip
    for cursor, table, answer in zip((cur, other), (first, second), answers, strict=True):
        cursor.execute(f"create table {table}")
        cursor.execute(f"insert into {query} (a, b) values (1, 2)")
        assert cursor.execute(f"select * from {query}").fetchall() == answer


def test_a_name_is_a_table_here_and_a_synonym_there(
    cur: oracledb.Cursor, other: oracledb.Cursor, fails: Fails
) -> None:
    cur.execute("create table t (a number)")
    cur.execute("insert into t values (1)")
    cur.execute("grant select on t to other")
    cur.connection.commit()
    assert cur.execute("select * from t").fetchall() == [(1,)]
    fails(942, other.execute, "select * from t")

    other.execute("create synonym t for app.t")
    assert other.execute("select * from t").fetchall() == [(1,)]
    fails(1031, other.execute, "delete from t")


def test_a_column_that_became_a_lob_takes_a_long_text(
    cur: oracledb.Cursor, fails: Fails, plain_fetch: None
) -> None:
    insert, text = "insert into t values (:1)", "é" * 40_000
    cur.execute("create table t (a varchar2(4000))")
    cur.execute(insert, ["short"])
    fails(1461, cur.execute, insert, [text])

    cur.execute("drop table t")
    cur.execute("create table t (a clob)")
    cur.execute(insert, [text])
    assert cur.execute("select a from t").fetchall() == [(text,)]


def test_a_statement_is_translated_once_for_sessions_that_see_the_same(
    server: OracleStandin, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    added: list[str] = []
    add = Kept.add

    def noted(self: Kept, sql: str, asked: Asked, translation: Translation) -> None:
        added.append(sql)
        add(self, sql, asked, translation)

    monkeypatch.setattr(Kept, "add", noted)
    connect().cursor().execute("create table once (a number)")
    for _ in range(3):
        connect().cursor().execute("select a, a + 1 from once")
    assert added.count("select a, a + 1 from once") == 1
    with server.switched(float_digits=False):
        connect().cursor().execute("select a, a + 1 from once")
    assert added.count("select a, a + 1 from once") == 2
