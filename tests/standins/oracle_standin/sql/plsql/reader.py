"""Walking over the tokens of PL/SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oracle_standin.sql.lexer import Token, paren_step
from oracle_standin.sql.messages import error

if TYPE_CHECKING:
    from oracle_standin.errors import OraError


class TokenReader:
    """Tokens, and where words are among them."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens

    def expect_end(self, i: int) -> None:
        if i < len(self.tokens) and self.tokens[i].text not in (";", "/"):
            raise self.unexpected(i)

    def unexpected(self, i: int) -> OraError:
        found = self.tokens[i].text if i < len(self.tokens) else "end-of-file"
        return error(6550, found)

    def word(self, i: int) -> str:
        if i >= len(self.tokens):
            raise self.unexpected(i)
        return self.tokens[i].word

    def expect(self, i: int, word: str) -> int:
        if self.word(i) != word:
            raise self.unexpected(i)
        return i + 1

    def until(self, i: int, *stops: str) -> int:
        """Return the index of the first stop word outside of parentheses."""
        depth = 0
        for k in range(i, len(self.tokens)):
            depth += paren_step(self.tokens[k])
            if depth == 0 and self.tokens[k].word in stops:
                return k
        raise self.unexpected(len(self.tokens))

    def behind_block(self, i: int) -> int:
        """Return the index behind the END of the body whose declarations begin at ``i``."""
        k = self._behind_subprograms(i)
        depth = 0
        while True:
            word = self.word(k)
            if word in ("BEGIN", "CASE") or (word in ("IF", "LOOP") and self.word(k - 1) != "END"):
                depth += 1
            elif word == "END":
                depth -= 1
                if depth == 0:
                    return self.until(k, ";") + 1
            k += 1

    def _behind_subprograms(self, k: int) -> int:
        """Return the index of the BEGIN behind declarations, with what is declared within them."""
        while self.word(k) != "BEGIN":
            if self.word(k) in ("PROCEDURE", "FUNCTION"):
                k = self.until(k, ";", "IS", "AS")
                k = k + 1 if self.word(k) == ";" else self.behind_block(k + 1)
            else:
                k += 1
        return k
