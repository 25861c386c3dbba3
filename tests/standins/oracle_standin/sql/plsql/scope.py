"""Variables of a block, and the SQL and expressions that use them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from oracle_standin.backend import Binds, Result
from oracle_standin.sql.lexer import Token, bind_name, split_commas, string_value
from oracle_standin.sql.messages import error

if TYPE_CHECKING:
    from oracle_standin.errors import OraError
    from oracle_standin.sql.parts import SessionParts


class Scope:
    """The variables of one run of a block; binds have a colon in front."""

    def __init__(self, session: SessionParts, sql: str, variables: dict[str, Any]) -> None:
        self.session = session
        self.sql = sql
        self.variables = variables
        self.assigned: set[str] = set()
        self.exceptions: dict[str, int] = {}  # declared ones, with their codes
        self.handling: OraError | None = None  # the error an exception handler works on

    def text(self, part: list[Token]) -> str:
        """Return the tokens as they are written."""
        return self.sql[part[0].start : part[-1].end]

    def assign(self, target: Token, value: Any) -> None:
        key = _key(target)
        self.variables[key] = value
        self.assigned.add(key)

    def assign_row(self, targets: list[Token], result: Result) -> None:
        """Assign the values of INTO, which takes exactly one row."""
        rows = list(result.rows)
        if len(rows) != 1:
            raise error(1422 if rows else 1403)
        for target, value in zip(split_commas(targets), rows[0], strict=False):
            self.assign(target[0], value)

    def run_sql(self, part: list[Token]) -> Result:
        sql, values = self._substitute(part)
        return self.session.execute(sql, row_binds(values))

    def evaluate(self, part: list[Token], *, boolean: bool = False) -> Any:
        if len(part) == 1 and part[0].is_literal:
            return string_value(part[0].text)
        text, values = self._substitute(part)
        if boolean:
            text = f"CASE WHEN {text} THEN 1 ELSE 0 END"
        result = self.session.execute(f"SELECT {text} FROM dual", row_binds(values))
        return next(iter(result.rows))[0]

    def _substitute(self, part: list[Token]) -> tuple[str, list[Any]]:
        """Return the text of a part with placeholders for PL/SQL variables, and their values."""
        text: list[str] = []
        values: list[Any] = []
        k = 0
        while k < len(part):
            key, used = self._variable(part, k)
            if key is None:
                plain, used = self._plain(part, k)
                text.append(plain)
            else:
                if key not in self.variables:
                    raise error(1008)
                values.append(self.variables[key])
                text.append(f":V{len(values)}")
            k += used
        return re.sub(r" \. ", ".", " ".join(text)), values

    def _variable(self, part: list[Token], k: int) -> tuple[str | None, int]:
        """Return the variable at index k, if there is one, and the tokens it takes."""
        token = part[k]
        if token.kind == "bind":
            return _key(token), 1
        if token.kind != "id":
            return None, 1
        if k + 2 < len(part) and part[k + 1].text == ".":
            dotted = f"{token.word}.{part[k + 2].word}"
            if dotted in self.variables:
                return dotted, 3
        of_another = k > 0 and part[k - 1].text == "."
        return (token.word if token.word in self.variables and not of_another else None), 1

    def _plain(self, part: list[Token], k: int) -> tuple[str, int]:
        """Return the text of what is no variable, and the tokens it takes."""
        token = part[k]
        word = token.word if token.kind == "id" else ""
        if word == "SQLCODE":
            return str(-(self.handling.code if self.handling else 0)), 1
        if word == "SQLERRM":
            message = self.handling.text if self.handling else ""
            return "'" + message.replace("'", "''") + "'", 1
        if word == "DBMS_TRANSACTION":  # local_transaction_id(..)
            end = next((i for i in range(k, len(part)) if part[i].text == ")"), len(part))
            return "'1.1.1'", end + 1 - k
        return ("<>" if token.text in ("!=", "^=") else token.text), 1


def _key(token: Token) -> str:
    return ":" + bind_name(token.text) if token.kind == "bind" else token.word


def row_binds(values: list[Any]) -> Binds:
    """Name one row of binds V1, V2 and so on."""
    return Binds(
        names=[f"V{i}" for i in range(1, len(values) + 1)],
        types=[0] * len(values),
        columns=[[value] for value in values],
        num_rows=1,
    )
