"""Translations that are kept for all sessions: most statements come again, from other sessions."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from .asked import Asked, answers_alike
from .translator import Translator

if TYPE_CHECKING:
    from oracle_standin.sql.dictionary import Dictionary

    from .asked import Answers
    from .result import Translation

STATEMENTS = 2000
"""How many statements have their translations kept, at most."""
FORMS = 16
"""How many translations of one statement are kept, at most: tables of one name differ."""


class Kept:
    """Translations of statements under the rules in force, each with the answers it rests on."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._forms: OrderedDict[_Key, list[tuple[Answers, Translation]]] = OrderedDict()

    def find(self, sql: str, dictionary: Dictionary) -> Translation | None:
        with self._lock:
            forms = list(self._forms.get(_key(sql, dictionary), ()))
        return next((form for answers, form in forms if answers_alike(dictionary, answers)), None)

    def add(self, sql: str, asked: Asked, translation: Translation) -> None:
        key = _key(sql, asked)
        with self._lock:
            forms = self._forms.setdefault(key, [])
            forms.insert(0, (asked.answers, translation))
            del forms[FORMS:]
            self._forms.move_to_end(key)
            if len(self._forms) > STATEMENTS:
                self._forms.popitem(last=False)


_Key = tuple[str, tuple[bool, ...]]


def _key(sql: str, names: Dictionary | Asked) -> _Key:
    return sql, tuple(vars(names.release.rules).values())


class Translations:
    """Translates the statements of one session."""

    def __init__(self, dictionary: Dictionary, kept: Kept) -> None:
        self.dictionary = dictionary
        self.kept = kept

    def translate(self, sql: str) -> Translation:
        found = self.kept.find(sql, self.dictionary)
        if found is None:
            asked = Asked(self.dictionary)
            found = Translator(asked).translate(sql)
            self.kept.add(sql, asked, found)
        return found

    def expression(self, sql: str) -> str:
        """Translate one expression without binds: a DEFAULT, a CHECK condition, an index column."""
        return Translator(Asked(self.dictionary)).expression(sql)
