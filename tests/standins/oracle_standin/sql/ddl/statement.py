"""A DDL statement: its tokens, and the names and objects they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oracle_standin.sql.lexer import RESERVED, Token, quoted, split_commas
from oracle_standin.sql.messages import error, invalid_identifier

if TYPE_CHECKING:
    from oracle_standin.sql.parts import SessionParts


class Statement:
    """One DDL statement in a session's transaction."""

    def __init__(self, session: SessionParts, sql: str, tokens: list[Token]) -> None:
        self.session = session
        self.work = session.work
        self.dictionary = session.dictionary
        self.sql = sql
        self.tokens = tokens

    def word(self, i: int) -> str:
        """Return the word at index i, which is empty behind the end."""
        return self.tokens[i].word if i < len(self.tokens) else ""

    # --- names
    def identifier(self, token: Token, kind: str = "column") -> str:
        if token.kind == "qid":
            name = token.text[1:-1]
        elif token.kind == "id" and token.word not in RESERVED:
            name = token.word
        else:
            raise error(903 if kind == "table" else 904)
        if not name:
            raise error(1741)
        return self.dictionary.short(name)

    def column_name(self, token: Token) -> str:
        """The name of a column that is to be made: in quotes, too, none is called ROWID."""
        name = self.identifier(token)
        if name == "ROWID" and self.session.release.rules.rowid_is_no_name:
            raise invalid_identifier(name)
        return name

    def object_name(self, i: int, tokens: list[Token] | None = None) -> tuple[str | None, str, int]:
        """Parse [schema.]name at index i; gives schema, name and the index after it."""
        t = self.tokens if tokens is None else tokens
        if i >= len(t):
            raise error(903)
        first = self.identifier(t[i], "table")
        if i + 2 < len(t) and t[i + 1].text == ".":
            return first, self.identifier(t[i + 2], "table"), i + 3
        return None, first, i + 1

    def name_list(self, tokens: list[Token]) -> list[str]:
        return [self.identifier(part[0]) for part in split_commas(tokens)]

    def owner(self, schema: str | None) -> str:
        return schema or self.session.settings.schema

    def qualified(self, schema: str | None, name: str) -> str:
        return f"{quoted(self.owner(schema))}.{quoted(name)}"

    def if_clause(self, i: int) -> tuple[bool, int]:
        """Parse IF [NOT] EXISTS, which came with 23ai."""
        if self.word(i) != "IF":
            return False, i
        negated = self.word(i + 1) == "NOT"
        if self.session.release.number < 23:
            raise error(922 if negated else 933)
        return True, i + (3 if negated else 2)

    # --- objects
    def relation(self, schema: str | None, name: str, kinds: str = "r", code: int = 942) -> int:
        """Return the oid of an existing object of one of the kinds."""
        rows = self.work.rows(
            "SELECT c.oid, c.relkind::text FROM pg_class c WHERE c.relname = %s AND "
            "(c.relnamespace = to_regnamespace(%s) OR c.relnamespace = pg_my_temp_schema()) "
            "ORDER BY c.relnamespace = pg_my_temp_schema()",
            name,
            quoted(self.owner(schema)),
        )
        if not rows or rows[0][1] not in kinds:
            where = self.dictionary.full(name)
            raise error(code, offset=max(self.sql.upper().find(where.upper()), 0))
        return int(rows[0][0])

    def table(self, schema: str | None, name: str, action: str, system: str | None = None) -> int:
        """Return the oid of a table on which the user may do something."""
        oid = self.relation(schema, name)
        self.session.access.require_on(self.owner(schema), name, action, system)
        return oid

    def exists(self, schema: str | None, name: str) -> bool:
        found = self.work.value(
            "SELECT 1 FROM pg_class WHERE relname = %s AND relnamespace = to_regnamespace(%s) "
            "AND relkind IN ('r', 'v', 'm', 'S')",
            name,
            quoted(self.owner(schema)),
        )
        code = "SELECT 1 FROM ora.code WHERE owner = %s AND name = %s"
        return (
            bool(found)
            or (self.owner(schema), name) in self.dictionary.synonyms
            or bool(self.work.value(code, self.owner(schema), name))
        )

    def column_names(self, oid: int) -> set[str]:
        rows = self.work.rows(
            "SELECT attname::text FROM pg_attribute WHERE attrelid = %s "
            "AND attnum > 0 AND NOT attisdropped",
            oid,
        )
        return {row[0] for row in rows}

    def has_rows(self, table: str, condition: str = "true") -> bool:
        return self.work.value(f"SELECT 1 FROM {table} WHERE {condition} LIMIT 1") is not None

    def system_name(self) -> str:
        number = self.work.value("SELECT nextval('ora.sysc')")
        return f"SYS_C{number:07d}"

    # --- text
    def text(self, tokens: list[Token]) -> str:
        """Return the tokens as they are written."""
        return self.sql[tokens[0].start : tokens[-1].end] if tokens else ""

    def expression(self, tokens: list[Token]) -> str:
        """Translate an expression to PostgreSQL's SQL."""
        return self.session.translator.expression(self.text(tokens))

    def query(self, start: int) -> str:
        """Translate the query from a position of the text to its end to PostgreSQL's SQL."""
        translation = self.session.translator.translate(self.sql[start:])
        self.session.access.check(translation)
        return translation.texts[0]

    def save(self, sql: str, *params: Any) -> None:
        """Write to our own tables beside PostgreSQL's catalog."""
        self.work.run(sql, params)
