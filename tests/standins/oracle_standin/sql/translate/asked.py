"""What a translation asks of a session's dictionary, so that it can serve other sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from oracle_standin.errors import OraError
from oracle_standin.sql.dictionary import Dictionary

if TYPE_CHECKING:
    from collections.abc import Callable

    from oracle_standin.sql.dictionary import TableColumn

Answer = TypeVar("Answer")
Answers = dict[tuple["Callable[..., Any]", tuple[str | None, ...]], Any]
"""Answers by what was asked of a dictionary, and of which name."""


class Asked:
    """A session's dictionary, which notes each question and its answer."""

    def __init__(self, dictionary: Dictionary) -> None:
        self.release = dictionary.release
        self.answers: Answers = {}
        self._dictionary = dictionary

    def short(self, name: str) -> str:
        short = self._dictionary.short(name)
        return short if short == name else self._ask(Dictionary.short, name)

    def full(self, name: str) -> str:
        return self._ask(Dictionary.full, name)

    def resolve(self, schema: str | None, name: str) -> tuple[str | None, str]:
        return self._ask(Dictionary.resolve, schema, name)

    def columns(self, schema: str | None, table: str) -> dict[str, TableColumn]:
        return self._ask(Dictionary.columns, schema, table)

    def is_temporary(self, table: str) -> bool:
        return self._ask(Dictionary.is_temporary, table)

    def type_name(self, name: str) -> str | None:
        return self._ask(Dictionary.type_name, name)

    def _ask(self, ask: Callable[..., Answer], *of: str | None) -> Answer:
        answer = self.answers[ask, of] = ask(self._dictionary, *of)
        return answer


def answers_alike(dictionary: Dictionary, answers: Answers) -> bool:
    """Tell whether a dictionary has the same answers, and have it know the same long names."""
    try:
        return all(_same(ask(dictionary, *of), known) for (ask, of), known in answers.items())
    except OraError:
        return False  # which a translation of its own raises in its place


def _same(answer: object, kept: object) -> bool:
    """Tell whether two answers are equal; columns must be in the same order, too."""
    if isinstance(answer, dict) and isinstance(kept, dict):
        return list(answer.items()) == list(kept.items())
    return answer == kept
