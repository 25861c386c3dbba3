"""Blocks and the bodies of subprograms: statements with statements in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from oracle_standin.errors import OraError
from oracle_standin.shapes import Instance
from oracle_standin.sql.lexer import Token, tokenize

from .calls import ReturnedError
from .cursors import CURSOR_STATEMENTS, rows_of
from .declarations import Declarations
from .expressions import compile_expression
from .reader import TokenReader
from .scope import Scope, name_of
from .simple import NAMED_ERRORS, Action, simple_action

if TYPE_CHECKING:
    from collections.abc import Callable


class _LeftError(Exception):
    """EXIT or CONTINUE."""

    def __init__(self, *, goes_on: bool) -> None:
        super().__init__()
        self.goes_on = goes_on


@dataclass
class _Block:
    """A parsed block, ready to run."""

    scope: Scope
    initial: list[Callable[[], None]] = field(default_factory=list)
    body: Action = lambda: None
    handlers: list[tuple[list[str], Action]] = field(default_factory=list)

    def run(self) -> None:
        for assign in self.initial:
            assign()
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
        declared = self.scope.exception(name)
        return NAMED_ERRORS.get(name) if declared is None else declared


class BlockReader(TokenReader):
    """Reads one block; its methods give the next index and an action."""

    def __init__(self, scope: Scope, tokens: list[Token]) -> None:
        super().__init__(tokens)
        self.scope = scope

    def block(self, i: int) -> tuple[int, Action]:
        if self.word(i) != "DECLARE":
            return self.behind_declarations(i, _Block(self.scope))
        outer = self.scope
        self.scope = outer.inner(outer)
        try:
            return self.declared(i + 1)
        finally:
            self.scope = outer

    def declared(self, i: int) -> tuple[int, Action]:
        """Read declarations and the block behind them."""
        declarations = Declarations(self.scope, self.tokens, prepared)
        i = declarations.read(i, "BEGIN")
        return self.behind_declarations(i, _Block(self.scope, declarations.initial))

    def behind_declarations(self, i: int, out: _Block) -> tuple[int, Action]:
        i, out.body = self.statements(self.expect(i, "BEGIN"))
        if self.word(i) == "EXCEPTION":
            i = self._handlers(i + 1, out)
        i = self.expect(i, "END")
        if i < len(self.tokens) and self.tokens[i].kind in ("id", "qid"):
            i += 1  # END name
        if i < len(self.tokens) and self.tokens[i].text == ";":
            i += 1
        return i, out.run

    def _handlers(self, i: int, out: _Block) -> int:
        while self.word(i) == "WHEN":
            end = self.until(i, "THEN")
            names = [t.word for t in self.tokens[i + 1 : end] if t.word != "OR"]
            i, action = self.statements(end + 1)
            out.handlers.append((names, action))
        return i

    def statements(self, i: int) -> tuple[int, Action]:
        actions: list[Action] = []
        while self.word(i) not in ("END", "EXCEPTION", "ELSE", "ELSIF", "WHEN"):
            i, action = self._statement(i)
            actions.append(action)
        if not actions:  # at least NULL must stand there
            raise self.unexpected(i)

        def run() -> None:
            for action in actions:
                action()

        return i, run

    def _statement(self, i: int) -> tuple[int, Action]:
        word = self.word(i)
        if word in ("BEGIN", "DECLARE"):
            return self.block(i)
        if word in _COMPOUND:
            return _COMPOUND[word](self, i)
        end = self.until(i, ";")
        return end + 1, self._simple(self.tokens[i:end])

    def _simple(self, part: list[Token]) -> Action:
        word = part[0].word
        if word in ("EXIT", "CONTINUE"):
            return self._leave(part, goes_on=word == "CONTINUE")
        if word == "RETURN":
            return self._return(part)
        if word in CURSOR_STATEMENTS and len(part) > 1 and part[1].kind in ("id", "qid", "bind"):
            return CURSOR_STATEMENTS[word](self.scope, part)
        return simple_action(self.scope, part)

    def _condition(self, part: list[Token]) -> Callable[[], Any]:
        return compile_expression(self.scope, part, boolean=True).value

    def _leave(self, part: list[Token], *, goes_on: bool) -> Action:
        if len(part) > 1 and part[1].word != "WHEN":
            raise self.unexpected(self.tokens.index(part[1]))
        condition = self._condition(part[2:]) if len(part) > 1 else lambda: True

        def run() -> None:
            if condition():
                raise _LeftError(goes_on=goes_on)

        return run

    def _return(self, part: list[Token]) -> Action:
        value = compile_expression(self.scope, part[1:]).value if len(part) > 1 else lambda: None

        def run() -> None:
            raise ReturnedError(value())

        return run

    def if_(self, i: int) -> tuple[int, Action]:
        branches: list[tuple[Callable[[], Any], Action]] = []
        while self.word(i) in ("IF", "ELSIF"):
            then = self.until(i + 1, "THEN")
            condition = self._condition(self.tokens[i + 1 : then])
            i, action = self.statements(then + 1)
            branches.append((condition, action))
        if self.word(i) == "ELSE":
            i, action = self.statements(i + 1)
            branches.append((lambda: True, action))
        i = self.expect(i, "END")
        end = self.expect(i, "IF")

        def run() -> None:
            for condition, action in branches:
                if condition():
                    action()
                    break

        return end + 1, run

    # --- loops
    def loop(self, i: int) -> tuple[int, Action]:
        return self._looped(i, lambda: True)

    def while_(self, i: int) -> tuple[int, Action]:
        loop = self.until(i, "LOOP")
        return self._looped(loop, self._condition(self.tokens[i + 1 : loop]))

    def _looped(self, i: int, condition: Callable[[], Any]) -> tuple[int, Action]:
        end, body = self._loop_body(i)

        def run() -> None:
            while condition() and _turn(body):
                pass

        return end, run

    def _loop_body(self, i: int) -> tuple[int, Action]:
        """Read the statements behind LOOP; gives the index behind END LOOP;."""
        end, body = self.statements(i + 1)
        return self.until(self.expect(self.expect(end, "END"), "LOOP"), ";") + 1, body

    def for_(self, i: int) -> tuple[int, Action]:
        variable = name_of(self.tokens[i + 1])
        loop = self.until(i + 3, "LOOP")
        bounds = self.tokens[i + 3 : loop]
        outer = self.scope
        values = self._range(bounds) if _is_range(bounds) else rows_of(outer, bounds)
        self.scope = outer.inner(outer)
        self.scope.declare(variable, None, Instance(None) if not _is_range(bounds) else 0)
        inner = self.scope
        try:
            end, body = self._loop_body(loop)
        finally:
            self.scope = outer

        def run() -> None:
            for value in values():
                inner.variables[variable] = value
                if not _turn(body):
                    break

        return end, run

    def _range(self, bounds: list[Token]) -> Callable[[], Any]:
        """Read [REVERSE] low .. high."""
        is_reverse = bounds[0].word == "REVERSE"
        bounds = bounds[is_reverse:]
        low, high = (compile_expression(self.scope, part).value for part in _bounds(bounds))

        def values() -> Any:
            numbers = range(int(low()), int(high()) + 1)
            return reversed(numbers) if is_reverse else numbers

        return values


def _dots(bounds: list[Token]) -> int:
    """The index of the two dots of a range, of which the second may begin a number."""
    pairs = range(len(bounds) - 1)
    return next(
        (k for k in pairs if bounds[k].text == "." and bounds[k + 1].text.startswith(".")), -1
    )


def _bounds(part: list[Token]) -> tuple[list[Token], list[Token]]:
    """The texts on both sides of the dots."""
    dots = _dots(part)
    second = part[dots + 1]
    rest = part[dots + 2 :]
    if second.text != ".":
        rest = [Token("num", second.text[1:], second.start + 1, second.end), *rest]
    return part[:dots], rest


def _is_range(bounds: list[Token]) -> bool:
    return _dots(bounds) >= 0


def _turn(body: Action) -> bool:
    """Run the body of a loop once; gives whether the loop goes on."""
    try:
        body()
    except _LeftError as left:
        return left.goes_on
    return True


_COMPOUND: dict[str, Callable[[BlockReader, int], tuple[int, Action]]] = {
    "IF": BlockReader.if_,
    "LOOP": BlockReader.loop,
    "WHILE": BlockReader.while_,
    "FOR": BlockReader.for_,
}


def prepared(tokens: list[Token], i: int) -> Callable[[Scope], Action]:
    """What reads the body of a subprogram whose declarations begin at an index."""
    return lambda inner: BlockReader(inner, tokens).declared(i)[1]


def read_block(scope: Scope) -> Action:
    """Read the block that is a scope's whole text."""
    reader = BlockReader(scope, tokenize(scope.sql))
    end, action = reader.block(0)
    reader.expect_end(end)
    return action
