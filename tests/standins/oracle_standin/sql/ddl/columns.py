"""Columns and constraints, as CREATE TABLE and ALTER TABLE write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oracle_standin.sql.lexer import closing, literal, paren_step, quoted, tokenize, words
from oracle_standin.sql.messages import error
from oracle_standin.sql.types import ColumnType, parse_type

from .keys import COMPANION, check_count, check_key, check_width, unique_index_tail
from .objects import sequence_options, sequence_sql
from .stored import ColumnDef, column_type, length_check, save_columns, save_json

if TYPE_CHECKING:
    from oracle_standin.sql.lexer import Token

    from .statement import Statement

CONSTRAINT_WORDS = frozenset(("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK"))
_AFTER_DEFAULT = frozenset(
    (
        *("NOT", "NULL", "CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "REFERENCES", "ENABLE"),
        *("INVISIBLE", "VISIBLE"),
    )
)
_IGNORED_STATES = frozenset(
    ("ENABLE", "DISABLE", "VALIDATE", "NOVALIDATE", "VIRTUAL", "VISIBLE", "RELY", "NULL")
)


class Body:
    """The columns and constraints of one table."""

    def __init__(self, s: Statement, schema: str | None, table: str) -> None:
        self.s = s
        self.schema = schema
        self.table = table
        self.columns: list[ColumnDef] = []
        self.constraints: list[str] = []
        self._keys: list[list[str]] = []
        self._companions: dict[str, list[str]] = {}  # columns by UNIQUE constraint
        self._json: set[str] = set()  # columns that are checked to be JSON
        self._checks: dict[str, str] = {}  # conditions by constraint, as written

    def add(
        self, parts: list[list[Token]], present: dict[str, tuple[str, int]] | None = None
    ) -> None:
        """Read the parts; ``present`` are the columns that the table has already."""
        for part in parts:
            if not part:
                raise error(904)
            if part[0].kind == "id" and part[0].word in CONSTRAINT_WORDS:
                self.constraints.append(self.constraint(part))
            else:
                self._add_column(part)
        present = present or {}
        self._settle_virtual(present, self.s.qualified(self.schema, self.table))
        types = dict(present)
        types.update({col.name: (col.ctype.name, col.ctype.length) for col in self.columns})
        check_count(len(types))
        for key in self._keys:
            check_width(key)
            check_key(key, types)

    def key(self, kind: str, columns: list[str]) -> str:
        """Write a PRIMARY KEY or UNIQUE on some columns, and keep it for the checks."""
        self._keys.append(columns)
        return f"{kind} ({', '.join(map(quoted, columns))})"

    def _add_column(self, part: list[Token]) -> None:
        name = self.s.column_name(part[0])
        if any(col.name == name for col in self.columns):
            raise error(957)
        if len(part) > 1 and part[1].word in ("GENERATED", "AS"):
            ctype, used = ColumnType("NUMBER", "numeric"), 0
        else:
            ctype, used = column_type(self.s, part[1:])
        col = ColumnDef(name, ctype, length_check(self.s, self.schema, self.table, name, ctype))
        col.typed = used > 0
        ColumnClauses(self, col, part[1 + used :]).read()
        self.columns.append(col)

    def _settle_virtual(self, present: dict[str, tuple[str, int]], source: str) -> None:
        """Give virtual columns their type, and PostgreSQL their expressions."""
        plain = [
            f"CAST(NULL AS {col.ctype.postgres}) AS {quoted(col.name)}"
            for col in self.columns
            if not col.virtual_sql
        ]
        for col in self.columns:
            if not col.virtual_sql:
                continue
            if not col.typed:
                row = f"SELECT {', '.join(['*'] * bool(present) + plain) or '1'}"
                row += f" FROM {source}" if present else ""
                col.ctype = self._type_of(f"SELECT ({col.virtual_sql}) FROM ({row}) x LIMIT 0")
            value = f"CAST(({col.virtual_sql}) AS {col.ctype.postgres})"
            col.text = f" GENERATED ALWAYS AS ({value}) STORED{col.text}"

    def _type_of(self, query: str) -> ColumnType:
        session = self.s.session
        result = self.s.work.conn.execute(query).pgresult
        dtype = session.expression_types.get(result.ftype(0) if result else 0, "VARCHAR2")
        if dtype in ("VARCHAR2", "CHAR", "RAW"):
            longest = {"VARCHAR2": session.release.max_varchar, "CHAR": 2000}
            dtype += f"({longest.get(dtype, session.release.max_raw)})"
        return parse_type(tokenize(dtype), session.release)[0]

    def constraint(self, part: list[Token]) -> str:
        """Read a constraint of the table."""
        s, i = self.s, 0
        name = None
        if part[0].word == "CONSTRAINT":
            name, i = s.identifier(part[1]), 2
        name = name or s.system_name()
        head = f"CONSTRAINT {quoted(name)} "
        word = part[i].word if i < len(part) else ""
        if word in ("PRIMARY", "UNIQUE"):
            i += 2 if word == "PRIMARY" else 1
            end = closing(part, i)
            kind = "PRIMARY KEY" if word == "PRIMARY" else "UNIQUE"
            columns, deferred = s.name_list(part[i + 1 : end]), deferral(part[end:])
            if kind == "UNIQUE" and not deferred:
                self._companions[name] = columns
            return head + self.key(kind, columns) + deferred
        if word == "CHECK":
            return head + self.check(name, part[i + 2 : closing(part, i + 1)])
        if word == "FOREIGN":
            end = closing(part, i + 2)
            columns = s.name_list(part[i + 3 : end])
            listed = ", ".join(map(quoted, columns))
            text, end = self.references(part, end + 1)
            return f"{head}FOREIGN KEY ({listed}) {text}{deferral(part[end:])}"
        raise error(904)

    def check(self, name: str, condition: list[Token]) -> str:
        self._checks[name] = self.s.text(condition)
        if words(condition[1:3]) == ["IS", "JSON"] and len(condition) == 3:
            self._json.add(self.s.identifier(condition[0]))
        return f"CHECK ({self.s.expression(condition)})"

    def references(self, t: list[Token], i: int) -> tuple[str, int]:
        """Parse REFERENCES [schema.]table [(columns)] [ON DELETE ...]; gives the index after it."""
        s = self.s
        schema, table, j = s.object_name(i + 1, t)
        if (s.owner(schema), table) != (
            s.owner(self.schema),
            self.table,
        ):  # a table may name itself
            s.relation(schema, table)
        text = f"REFERENCES {s.qualified(schema, table)}"
        if j < len(t) and t[j].text == "(":
            end = closing(t, j)
            text += f" ({', '.join(map(quoted, s.name_list(t[j + 1 : end])))})"
            j = end + 1
        if j + 2 < len(t) and t[j].word == "ON":
            cascade = t[j + 2].word == "CASCADE"
            text += " ON DELETE " + ("CASCADE" if cascade else "SET NULL")
            j += 3 if cascade else 4
        return text, j

    def save(self, oid: int, target: str) -> None:
        """Keep what PostgreSQL's catalog does not have: declared types, CHECKs as written."""
        save_columns(self.s, oid, self.columns, target)
        save_json(self.s, oid, self._json)
        self.save_checks(target)
        self.make_companions(target)

    def make_companions(self, target: str) -> None:
        """Beside each UNIQUE of several columns, the index that sees partly NULL keys."""
        for name, columns in self._companions.items():
            tail = unique_index_tail(self.s, columns)
            if tail and "." in target:  # private temporary tables have none
                listed = ", ".join(map(quoted, columns))
                index = quoted(COMPANION + name)
                self.s.work.run(f"CREATE UNIQUE INDEX {index} ON {target} ({listed}){tail}")

    def save_checks(self, target: str) -> None:
        for name, condition in self._checks.items():
            self.s.work.run(
                f"COMMENT ON CONSTRAINT {quoted(name)} ON {target} IS {literal(condition)}"
            )


class ColumnClauses:
    """The clauses after a column's type."""

    def __init__(self, body: Body, col: ColumnDef, tokens: list[Token]) -> None:
        self.body = body
        self.s = body.s
        self.col = col
        self.t = tokens
        self._constraint_name: str | None = None

    def read(self) -> None:
        i = 0
        while i < len(self.t):
            i = self._clause(i)

    def _clause(self, i: int) -> int:
        """Read the clause at index i; gives the index after it."""
        word = self.t[i].word
        if word == "CONSTRAINT":
            self._constraint_name = self.s.identifier(self.t[i + 1])
            return i + 2
        if word in _IGNORED_STATES:
            end = i + 1
        elif word in ("USING", "COLLATE"):
            end = i + 3
        elif word == "IS" and self.t[i + 1 : i + 2] and self.t[i + 1].word == "JSON":
            end = i + 2
        elif word in _CLAUSES:
            end = _CLAUSES[word](self, i)
        else:
            raise error(907)
        self._constraint_name = None
        return end

    def _invisible(self, i: int) -> int:
        self.col.hidden = True
        return i + 1

    def default(self, i: int) -> int:
        col, t, start = self.col, self.t, i + 1
        if t[start : start + 1] and t[start].word == "ON":
            col.on_null = True
            start += 2
        end, depth = start, 0
        while end < len(t):
            if depth == 0 and end > start and t[end].word in _AFTER_DEFAULT:
                break
            depth += paren_step(t[end])
            end += 1
        col.default = self.s.text(t[start:end])
        col.default_sql = f"CAST({self.s.expression(t[start:end])} AS {col.ctype.postgres})"
        col.text += f" DEFAULT {col.default_sql}"
        return end

    def _not_null(self, i: int) -> int:
        if words(self.t[i + 1 : i + 2]) != ["NULL"]:
            raise error(907)
        self.col.text += " NOT NULL"
        self.col.not_null = True
        return i + 2

    def _constraint(self, text: str) -> None:
        name = self._constraint_name or self.s.system_name()
        self.body.constraints.append(f"CONSTRAINT {quoted(name)} {text}")

    def _primary(self, i: int) -> int:
        self._constraint(self.body.key("PRIMARY KEY", [self.col.name]))
        return i + 2

    def _unique(self, i: int) -> int:
        self._constraint(self.body.key("UNIQUE", [self.col.name]))
        return i + 1

    def _check(self, i: int) -> int:
        end = closing(self.t, i + 1)
        self._constraint_name = self._constraint_name or self.s.system_name()
        self._constraint(self.body.check(self._constraint_name, self.t[i + 2 : end]))
        return end + 1

    def _references(self, i: int) -> int:
        text, end = self.body.references(self.t, i)
        self._constraint(f"FOREIGN KEY ({quoted(self.col.name)}) {text}")
        return end

    def _deferrable(self, i: int) -> int:
        """Read the state of the constraint just read."""
        self.body.constraints[-1] += deferral(self.t[i:])
        end = i + 1
        while end < len(self.t) and self.t[end].word in ("INITIALLY", "DEFERRED", "IMMEDIATE"):
            end += 1
        return end

    def _generated(self, i: int) -> int:
        """Read GENERATED .. AS IDENTITY, or AS (expression)."""
        col, ahead = self.col, words(self.t[i : i + 8])
        if "IDENTITY" in ahead:
            return self._identity(i, ahead)
        start = next((k for k in range(i, len(self.t)) if self.t[k].text == "("), None)
        if start is None:
            raise error(907)
        end = closing(self.t, start)
        col.virtual_sql = self.s.expression(self.t[start + 1 : end])
        col.default = self.s.text(self.t[start + 1 : end])
        return end + 1

    def _identity(self, i: int, ahead: list[str]) -> int:
        s, col = self.s, self.col
        if col.identity or any(other.identity for other in self.body.columns):
            raise error(30669)
        col.identity = "ALWAYS" if ahead[1] == "ALWAYS" or ahead[0] == "AS" else "BY DEFAULT"
        col.on_null = "ON" in ahead[: ahead.index("IDENTITY")]
        col.not_null = True
        i += ahead.index("IDENTITY") + 1
        options: dict[str, int] = {"START WITH": 1, "INCREMENT BY": 1}
        if i < len(self.t) and self.t[i].text == "(":
            end = closing(self.t, i)
            options.update(sequence_options(self.t[i + 1 : end]))
            i = end + 1
        col.identity_options = _identity_options(options)
        full = s.dictionary.full
        name = s.dictionary.short(f"ISEQ$$_{full(self.body.table)[:90]}_{full(col.name)[:20]}")
        col.sequence = s.qualified(self.body.schema, name)
        s.work.run(f"CREATE SEQUENCE {col.sequence} AS bigint{sequence_sql(options)}")
        col.default = f"{col.sequence}.nextval"
        col.default_sql = f"nextval({literal(col.sequence)})::numeric"
        col.text += f" DEFAULT {col.default_sql} NOT NULL"
        return i


_CLAUSES = {
    "DEFAULT": ColumnClauses.default,
    "NOT": ColumnClauses._not_null,
    "INVISIBLE": ColumnClauses._invisible,
    "PRIMARY": ColumnClauses._primary,
    "UNIQUE": ColumnClauses._unique,
    "CHECK": ColumnClauses._check,
    "REFERENCES": ColumnClauses._references,
    "DEFERRABLE": ColumnClauses._deferrable,
    "GENERATED": ColumnClauses._generated,
    "AS": ColumnClauses._generated,
}


def deferral(state: list[Token]) -> str:
    """Find DEFERRABLE INITIALLY DEFERRED among the states of a constraint."""
    given = " ".join(words(state))
    if "DEFERRABLE" not in given or "NOT DEFERRABLE" in given:
        return ""
    return " DEFERRABLE" + (" INITIALLY DEFERRED" if "DEFERRED" in given else "")


def _identity_options(options: dict[str, int]) -> str:
    """Return IDENTITY_OPTIONS as the dictionary has it."""
    return (
        f"START WITH: {options['START WITH']}, INCREMENT BY: {options['INCREMENT BY']}, "
        f"MAX_VALUE: {options.get('MAXVALUE', 9999999999999999999999999999)}, "
        f"MIN_VALUE: {options.get('MINVALUE', 1)}, "
        f"CYCLE_FLAG: {'Y' if 'CYCLE' in options else 'N'}, "
        f"CACHE_SIZE: {options.get('CACHE', 20)}, "
        f"ORDER_FLAG: {'Y' if 'ORDER' in options else 'N'}, "
        "SCALE_FLAG: N, EXTEND_FLAG: N, SESSION_FLAG: N, KEEP_VALUE: N"
    )
