"""Blocks: declarations, IF, FOR, exception handlers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from oracle_standin.backend import Binds, Result
from oracle_standin.errors import OraError
from oracle_standin.sql.lexer import Token, paren_step, tokenize
from oracle_standin.sql.messages import error

from .scope import Scope
from .simple import NAMED_ERRORS, Action, simple_action

if TYPE_CHECKING:
    from oracle_standin.sql.parts import SessionParts


_USER_DEFINED = 6510  # what an exception of one's own without a code raises outside


def run_block(session: SessionParts, sql: str, binds: Binds) -> Result:
    """Run an anonymous block once per row of binds; gives the assigned binds of the last run."""
    out: dict[int, Any] = {}
    for row in binds.rows or [()]:
        variables = {":" + name: value for name, value in zip(binds.names, row, strict=False)}
        scope = Scope(session, sql, variables)
        parser = _Parser(scope)
        end, action = parser.block(0)
        parser.expect_end(end)
        action()
        out = {
            i: variables[":" + name]
            for i, name in enumerate(binds.names)
            if ":" + name in scope.assigned
        }
    return Result(out=out)


@dataclass
class _Block:
    """A parsed block, ready to run."""

    scope: Scope
    declared: list[tuple[str, list[Token]]] = field(default_factory=list)
    body: Action = lambda: None
    handlers: list[tuple[list[str], Action]] = field(default_factory=list)

    def run(self) -> None:
        for name, value in self.declared:
            self.scope.variables[name] = self.scope.evaluate(value) if value else None
        try:
            self.body()
        except OraError as exc:
            if not self._handle(exc):
                raise

    def _handle(self, exc: OraError) -> bool:
        for names, action in self.handlers:
            if "OTHERS" in names or exc.code in map(self._code, names):
                outer, self.scope.handling = self.scope.handling, exc
                try:
                    action()
                finally:
                    self.scope.handling = outer
                return True
        return False

    def _code(self, name: str) -> int | None:
        return self.scope.exceptions.get(name, NAMED_ERRORS.get(name))


class _Parser:
    """Parser of one block; its methods give the next index and an action."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.tokens = tokenize(scope.sql)

    def expect_end(self, i: int) -> None:
        if i < len(self.tokens) and self.tokens[i].text not in (";", "/"):
            raise self._unexpected(i)

    def _unexpected(self, i: int) -> OraError:
        found = self.tokens[i].text if i < len(self.tokens) else "end-of-file"
        return error(6550, found)

    def _word(self, i: int) -> str:
        if i >= len(self.tokens):
            raise self._unexpected(i)
        return self.tokens[i].word

    def _expect(self, i: int, word: str) -> int:
        if self._word(i) != word:
            raise self._unexpected(i)
        return i + 1

    def _until(self, i: int, stop: str) -> int:
        """Return the index of the stop word outside of parentheses."""
        depth = 0
        for k in range(i, len(self.tokens)):
            depth += paren_step(self.tokens[k])
            if depth == 0 and self.tokens[k].word == stop:
                return k
        raise self._unexpected(len(self.tokens))

    def block(self, i: int) -> tuple[int, Action]:
        out = _Block(self.scope)
        if self._word(i) == "DECLARE":
            i = self._declarations(i + 1, out)
        i, out.body = self._statements(self._expect(i, "BEGIN"))
        if self._word(i) == "EXCEPTION":
            i = self._handlers(i + 1, out)
        i = self._expect(i, "END")
        if i < len(self.tokens) and self.tokens[i].kind == "id":
            i += 1  # END name
        if i < len(self.tokens) and self.tokens[i].text == ";":
            i += 1
        return i, out.run

    def _declarations(self, i: int, out: _Block) -> int:
        while self._word(i) != "BEGIN":
            end = self._until(i, ";")
            part = self.tokens[i:end]
            if len(part) == 1 or part[1].text == ":=":  # a statement where BEGIN is missing
                raise self._unexpected(i + len(part) - 1)
            i = end + 1
            if self._declares_exception(part):
                continue
            marks = [k for k, t in enumerate(part) if t.text == ":=" or t.word == "DEFAULT"]
            out.declared.append((part[0].word, part[marks[0] + 1 :] if marks else []))
        return i

    def _declares_exception(self, part: list[Token]) -> bool:
        """Take `name EXCEPTION` and `PRAGMA EXCEPTION_INIT (name, -code)`."""
        words = [token.word for token in part]
        if words[0] == "PRAGMA":
            if words[1:3] != ["EXCEPTION_INIT", "("] or words[3] not in self.scope.exceptions:
                raise error(6550, words[1])
            self.scope.exceptions[words[3]] = int(words[-2])
        elif words[1] == "EXCEPTION":
            self.scope.exceptions[words[0]] = _USER_DEFINED
        return words[0] == "PRAGMA" or words[1] == "EXCEPTION"

    def _handlers(self, i: int, out: _Block) -> int:
        while self._word(i) == "WHEN":
            end = self._until(i, "THEN")
            names = [t.word for t in self.tokens[i + 1 : end] if t.word != "OR"]
            i, action = self._statements(end + 1)
            out.handlers.append((names, action))
        return i

    def _statements(self, i: int) -> tuple[int, Action]:
        actions: list[Action] = []
        while self._word(i) not in ("END", "EXCEPTION", "ELSE", "ELSIF", "WHEN"):
            i, action = self._statement(i)
            actions.append(action)
        if not actions:  # at least NULL must stand there
            raise self._unexpected(i)

        def run() -> None:
            for action in actions:
                action()

        return i, run

    def _statement(self, i: int) -> tuple[int, Action]:
        word = self._word(i)
        if word in ("BEGIN", "DECLARE"):
            return self.block(i)
        if word == "IF":
            return self._if(i)
        if word == "FOR":
            return self._for(i)
        end = self._until(i, ";")
        return end + 1, simple_action(self.scope, self.tokens[i:end])

    def _if(self, i: int) -> tuple[int, Action]:
        branches: list[tuple[list[Token], Action]] = []  # no condition: ELSE
        while self._word(i) in ("IF", "ELSIF"):
            then = self._until(i + 1, "THEN")
            condition = self.tokens[i + 1 : then]
            i, action = self._statements(then + 1)
            branches.append((condition, action))
        if self._word(i) == "ELSE":
            i, action = self._statements(i + 1)
            branches.append(([], action))
        end = self._expect(i + 1, "IF")
        return end + 1, lambda: self._run_branch(branches)

    def _run_branch(self, branches: list[tuple[list[Token], Action]]) -> None:
        for condition, action in branches:
            if not condition or self.scope.evaluate(condition, boolean=True):
                action()
                return

    def _for(self, i: int) -> tuple[int, Action]:
        variable = self._word(i + 1)
        loop = self._until(i + 3, "LOOP")
        bounds = self.tokens[i + 3 : loop]
        end, body = self._statements(loop + 1)
        over = self._over_rows if bounds[0].text == "(" else self._over_range
        return end + 3, lambda: over(variable, bounds, body)

    def _over_rows(self, variable: str, bounds: list[Token], body: Action) -> None:
        result = self.scope.run_sql(bounds[1:-1])
        names = [f"{variable}.{column.name}" for column in result.columns or ()]
        for row in result.rows:
            self.scope.variables.update(zip(names, row, strict=True))
            body()

    def _over_range(self, variable: str, bounds: list[Token], body: Action) -> None:
        low, _, high = self.scope.text(bounds).partition("..")
        first, last = (int(self.scope.evaluate(tokenize(text))) for text in (low, high))
        for number in range(first, last + 1):
            self.scope.variables[variable] = number
            body()
