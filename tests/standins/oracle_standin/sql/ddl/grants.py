"""GRANT and REVOKE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from oracle_standin.sql.access import OBJECT_PRIVILEGES, expand
from oracle_standin.sql.lexer import closing, split_commas, words
from oracle_standin.sql.messages import error
from oracle_standin.sql.users import grant_system

if TYPE_CHECKING:
    from oracle_standin.sql.lexer import Token

    from .statement import Statement


@dataclass
class Grant:
    """What is granted or revoked, on which object (None: system privileges), to whom."""

    privileges: list[str]
    relation: int | None
    grantees: list[str]


def grant(s: Statement) -> None:
    given = _read(s, "TO")
    for grantee in given.grantees:
        if given.relation is None:
            grant_system(s.work.conn, grantee, given.privileges)
        else:
            for privilege in _object_privileges(given):
                s.save(
                    "INSERT INTO ora.objgrant VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                    *(given.relation, grantee, privilege),
                )


def revoke(s: Statement) -> None:
    taken = _read(s, "FROM")
    for grantee in taken.grantees:
        if taken.relation is None:
            found = s.work.run(
                "DELETE FROM ora.sysgrant WHERE grantee = %s AND privilege = ANY(%s)",
                [grantee, list(expand(taken.privileges))],
            )
        else:
            found = s.work.run(
                "DELETE FROM ora.objgrant WHERE relid = %s AND grantee = %s AND "
                "privilege = ANY(%s)",
                [taken.relation, grantee, _object_privileges(taken)],
            )
        if not found:
            raise error(1927) if taken.relation else error(1952, grantee)


def _read(s: Statement, preposition: str) -> Grant:
    listed = words(s.tokens)
    if preposition not in listed:
        raise error(905)
    to = listed.index(preposition)
    on = listed.index("ON") if "ON" in listed[:to] else to
    privileges = [_privilege(part) for part in split_commas(s.tokens[1:on])]
    grantees = [_grantee(s, part) for part in split_commas(s.tokens[to + 1 :])]
    if on == to:
        s.session.access.require("GRANT ANY PRIVILEGE")
        return Grant(privileges, None, grantees)
    schema, name = s.dictionary.resolve(*s.object_name(on + 1)[:2])
    relation = s.relation(schema, name, "rvmS")
    if s.owner(schema) != s.session.user:
        s.session.access.require_on(
            s.owner(schema), name, "GRANT", system="GRANT ANY OBJECT PRIVILEGE"
        )
    return Grant(privileges, relation, grantees)


def _privilege(part: list[Token]) -> str:
    """CREATE TABLE, SELECT, UPDATE (column, ..): the columns are not kept apart."""
    texts = [token.text for token in part]
    if "(" in texts:
        part = part[: texts.index("(")] + part[closing(part, texts.index("(")) + 1 :]
    return " ".join(words(part))


def _grantee(s: Statement, part: list[Token]) -> str:
    name = part[0].text[1:-1] if part[0].kind == "qid" else part[0].word
    if name != "PUBLIC" and s.session.database.password(name) is None:
        raise error(1917, name)
    return name


def _object_privileges(given: Grant) -> list[str]:
    if given.privileges in (["ALL"], ["ALL PRIVILEGES"]):
        return sorted(OBJECT_PRIVILEGES)
    if not OBJECT_PRIVILEGES.issuperset(given.privileges):
        raise error(990)
    return given.privileges
