"""Indexes, views, sequences, synonyms and comments."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from oracle_standin.sql.lexer import closing, literal, quoted, split_commas, string_value, words
from oracle_standin.sql.messages import error

from .keys import check_index, unique_index_tail

if TYPE_CHECKING:
    from oracle_standin.sql.lexer import Token

    from .statement import Statement

_MAX_SEQUENCE = 2**62
_VIEW_OPTION = re.compile(
    r"\s+WITH\s+(READ\s+ONLY|CHECK\s+OPTION)(\s+CONSTRAINT\s+\S+)?\s*$", re.IGNORECASE
)


_COMMENTED = {"r": "TABLE", "p": "TABLE", "v": "VIEW", "m": "MATERIALIZED VIEW"}


def create_index(s: Statement, i: int, prefixes: set[str]) -> None:
    if_not_exists, i = s.if_clause(i)
    schema, name, i = s.object_name(i)
    if s.word(i) != "ON":
        raise error(969)
    table_schema, table, i = s.object_name(i + 1)
    if (s.owner(table_schema), table) in s.dictionary.views:
        raise error(1702)
    oid = s.relation(table_schema, table, "rm")
    s.session.access.require_on(s.owner(table_schema), table, "INDEX", "CREATE ANY INDEX")
    if s.work.value(
        "SELECT 1 FROM pg_class WHERE relname = %s AND relnamespace = to_regnamespace(%s)",
        name,
        quoted(s.owner(schema)),
    ):
        if if_not_exists:
            return
        raise error(955)
    listed = split_commas(s.tokens[i + 1 : closing(s.tokens, i)])
    parts = [_index_part(s, part) for part in listed]
    if len(set(parts)) < len(parts):
        raise error(957)
    plain = _plain_columns(s, oid, listed)
    unique = "UNIQUE " if "UNIQUE" in prefixes else ""
    target = s.qualified(table_schema, table)
    tail = unique_index_tail(s, plain) if unique and plain else ""
    s.work.run(f"CREATE {unique}INDEX {quoted(name)} ON {target} ({', '.join(parts)}){tail}")
    _keep_expressions(s, s.qualified(table_schema, name), table_schema, table, listed)


def _plain_columns(s: Statement, oid: int, listed: list[list[Token]]) -> list[str]:
    """Check and return the columns of an index that has no expressions; none for any other."""
    if any(len(part) > 1 for part in listed):
        return []
    plain = [s.identifier(part[0]) for part in listed]
    check_index(s, oid, plain)
    return plain


def _keep_expressions(
    s: Statement, index: str, schema: str | None, table: str, listed: list[list[Token]]
) -> None:
    """Keep the expressions for the dictionary; a column in descending order is one, too."""
    columns = s.dictionary.columns(s.owner(schema), table)
    written = [
        None
        if len(part) == 1 or [t.word for t in part[1:]] == ["ASC"]
        else "".join(
            quoted(t.word) if t.kind == "id" and t.word in columns else t.word
            for t in part
            if t.word not in ("ASC", "DESC")
        )
        for part in listed
    ]
    s.work.run(f"COMMENT ON INDEX {index} IS {literal(json.dumps(written))}")


def _index_part(s: Statement, part: list[Token]) -> str:
    order = ""
    if part[-1].word in ("ASC", "DESC"):
        order = f" {part[-1].word}"
        part = part[:-1]
    if len(part) == 1:
        return quoted(s.identifier(part[0])) + order
    return f"({s.expression(part)}){order}"


def create_view(s: Statement, i: int, prefixes: set[str]) -> None:
    _, i = s.if_clause(i)
    schema, name, i = s.object_name(i)
    columns = ""
    if s.tokens[i].text == "(":
        end = closing(s.tokens, i)
        columns = f"({', '.join(map(quoted, s.name_list(s.tokens[i + 1 : end])))})"
        i = end + 1
    s.session.access.require_create(s.owner(schema), "VIEW")
    view = s.qualified(schema, name)
    if s.exists(schema, name):
        if "REPLACE" not in prefixes:
            raise error(955)
        s.work.run(f"DROP VIEW {view}")
    query = s.sql[s.tokens[i + 1].start :]
    option = _VIEW_OPTION.search(query)
    translation = s.session.translator.translate(query[: option.start()] if option else query)
    s.session.access.check(translation)
    text = translation.texts[0]
    checked = option is not None and option[1].upper().startswith("CHECK")
    s.work.run(f"CREATE VIEW {view} {columns} AS {text}{' WITH CHECK OPTION' * checked}")
    oid = s.relation(schema, name, "v")
    _keep_types(s, oid, text)
    s.save("INSERT INTO ora.viewtext VALUES (%s, %s)", oid, query)
    if option is not None and not checked:
        s.save("INSERT INTO ora.readonly VALUES (%s)", oid)


def _keep_types(s: Statement, oid: int, text: str) -> None:
    """Columns that a view takes straight from a table have the declared type of that table's."""
    found = s.work.conn.execute(f"SELECT * FROM ({text}) q LIMIT 0", prepare=False).pgresult
    for number in range(found.nfields if found else 0):
        source = found and (found.ftable(number), found.ftablecol(number))
        s.save(
            "INSERT INTO ora.col (relid, attnum, dtype, dlen, clen, cu, prec, scale) "
            "SELECT %s, %s, dtype, dlen, clen, cu, prec, scale FROM ora.col "
            "WHERE (relid, attnum) = (%s, %s)",
            *(oid, number + 1, *(source or ())),
        )


def create_materialized_view(s: Statement, i: int, _: set[str]) -> None:
    """Create a materialized view, which is filled once: nothing refreshes it."""
    schema, name, i = s.object_name(i + 1)
    s.session.access.require_create(s.owner(schema), "MATERIALIZED VIEW")
    if s.exists(schema, name):
        raise error(955)
    at = next((k for k in range(i, len(s.tokens)) if s.word(k) == "AS"), None)
    if at is None:
        raise error(905)
    text = s.query(s.tokens[at].end)
    s.work.run(f"CREATE MATERIALIZED VIEW {s.qualified(schema, name)} AS {text}")
    query = s.sql[s.tokens[at].end :].strip()
    oid = s.relation(schema, name, "m")
    s.save("INSERT INTO ora.viewtext VALUES (%s, %s)", oid, query)
    _keep_key(s, oid, s.qualified(schema, name), text)


def _keep_key(s: Statement, oid: int, view: str, text: str) -> None:
    """A materialized view WITH PRIMARY KEY, the default, has the key of its table."""
    found = s.work.conn.execute(f"SELECT * FROM ({text}) q LIMIT 0", prepare=False).pgresult
    count = found.nfields if found else 0
    sources = {(found.ftable(i), found.ftablecol(i)): i + 1 for i in range(count) if found}
    if len({table for table, _ in sources}) != 1:
        return
    table = next(iter(sources))[0]
    key = s.work.value(
        "SELECT conkey::int[] FROM pg_constraint WHERE conrelid = %s AND contype = 'p'", table
    )
    numbers = [sources.get((table, number)) for number in key or []]
    if not numbers or None in numbers:
        return
    name = s.work.value("SELECT 'SYS_C' || lpad(nextval('ora.sysc')::text, 8, '0')")
    s.save("INSERT INTO ora.mvkey VALUES (%s, %s, %s)", oid, name, numbers)
    listed = [quoted((found.fname(n - 1) or b"").decode()) for n in numbers if n and found]
    s.work.run(f"CREATE UNIQUE INDEX {quoted(name)} ON {view} ({', '.join(listed)})")


def create_sequence(s: Statement, i: int, _: set[str]) -> None:
    if_not_exists, i = s.if_clause(i)
    schema, name, i = s.object_name(i)
    if s.exists(schema, name):
        if if_not_exists:
            return
        raise error(955)
    s.session.access.require_create(s.owner(schema), "SEQUENCE")
    options = sequence_sql(sequence_options(s.tokens[i:]))
    s.work.run(f"CREATE SEQUENCE {s.qualified(schema, name)}{options}")


def sequence_options(tokens: list[Token]) -> dict[str, int]:
    """Parse START WITH, INCREMENT BY, MINVALUE, MAXVALUE and CACHE with their numbers, and CYCLE.

    CYCLE and ORDER are 1 where they are given; ORDER does nothing in a database of one instance.
    """
    given = words(tokens)
    found = re.findall(
        r"(START WITH|INCREMENT BY|MINVALUE|MAXVALUE|CACHE) (- )?(\d+)", " ".join(given)
    )
    options = {key: int(digits) * (-1 if minus else 1) for key, minus, digits in found}
    if "CYCLE" in given:
        descends = options.get("INCREMENT BY", 1) < 0
        kind, limit = ("descending", "MINVALUE") if descends else ("ascending", "MAXVALUE")
        if limit not in options:
            raise error(4015, kind, limit)
        options["CYCLE"] = 1
    return options | ({"ORDER": 1} if "ORDER" in given else {})


def sequence_sql(options: dict[str, int]) -> str:
    """Return the options for PostgreSQL, within its 64 bits."""
    return "".join(
        " CYCLE" if key == "CYCLE" else f" {key} {max(min(value, _MAX_SEQUENCE), -_MAX_SEQUENCE)}"
        for key, value in options.items()
        if key != "ORDER"
    )


def create_synonym(s: Statement, i: int, prefixes: set[str]) -> None:
    schema, name, i = s.object_name(i)
    if "PUBLIC" in prefixes:
        s.session.access.require("CREATE PUBLIC SYNONYM")
        schema = "PUBLIC"
    else:
        s.session.access.require_create(s.owner(schema), "SYNONYM")
    target_schema, target, i = s.object_name(i + 1)
    link = s.word(i + 1) if i < len(s.tokens) and s.tokens[i].text == "@" else None
    if s.exists(schema, name) and "REPLACE" not in prefixes:
        raise error(955)
    s.save(
        "INSERT INTO ora.syn VALUES (%s, %s, %s, %s, %s) ON CONFLICT (owner, name) DO UPDATE "
        "SET t_owner = excluded.t_owner, t_name = excluded.t_name, db_link = excluded.db_link",
        s.owner(schema),
        name,
        s.owner(target_schema),
        target,
        link,
    )


def comment(s: Statement) -> None:
    """Run COMMENT ON TABLE or COLUMN; an empty text removes the comment."""
    t = s.tokens
    at = next((k for k in range(3, len(t)) if t[k].word == "IS"), None)
    if at is None or at + 1 >= len(t):
        raise error(905)
    materialized = s.word(2) == "MATERIALIZED"
    listed = t[4 if materialized else 3 : at]
    parts = [s.identifier(x, "table") for x in listed if x.text != "."]
    on_table = materialized or s.word(2) == "TABLE"
    names = parts if on_table else parts[:-1]
    schema, table = s.dictionary.resolve(names[0] if len(names) > 1 else None, names[-1])
    oid = s.relation(schema, table, "m" if materialized else "rv")
    s.session.access.require_on(s.owner(schema), table, "COMMENT")
    kind = s.work.value("SELECT relkind::text FROM pg_class WHERE oid = %s", oid)
    word = "COLUMN" if not on_table else _COMMENTED[kind]
    target = ".".join(map(quoted, [s.owner(schema), table, *parts[len(names) :]]))
    value = string_value(t[at + 1].text)
    s.work.run(f"COMMENT ON {word} {target} IS {literal(value) if value else 'NULL'}")
