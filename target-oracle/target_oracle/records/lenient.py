"""RECORD lines that are not quite JSON: what can be read of them, and what is wrong with each.

Machines write NaN and Infinity, halves of surrogate pairs, and bytes that are no UTF-8. Such a
record is a bad one, whose property can be named, and no reason to take the line for no message.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from target_oracle.records.slices import Message, Problem
from target_oracle.sdk import InvalidInputLine

CODE = "json"
NOT_A_NUMBER = "NaN and Infinity are no values of JSON"
SURROGATE = "it has a lone surrogate, which is half a character"
NOT_UTF_8 = "its bytes are no UTF-8"
TOO_DEEP = "it is nested too deep to be read"
_REPLACEMENT = "\ufffd"


def read(line: bytes) -> tuple[Message, Problem]:
    """Return the message with what is wrong replaced, and its first problem.

    Raises:
        InvalidInputLine: when it is no JSON in any reading.
    """
    text = line.decode("utf-8", "replace")
    try:
        found = json.loads(text, parse_float=Decimal)
    except RecursionError:
        return Message({}), Problem(CODE, "", TOO_DEEP)
    except ValueError as error:
        msg = f"A RECORD message cannot be read: {error}."
        raise InvalidInputLine(msg) from None
    record = found.get("record") if isinstance(found, dict) else None
    if not isinstance(record, dict):
        msg = "A RECORD message cannot be read: its record is no object."
        raise InvalidInputLine(msg)
    damaged = _REPLACEMENT if text.count(_REPLACEMENT) > line.count(b"\xef\xbf\xbd") else None
    reader = _Reader(damaged)
    clean = {reader.clean(name, name): reader.clean(name, value) for name, value in record.items()}
    message = Message(clean, _text(found.get("time_extracted")), _whole(found.get("version")))
    return message, reader.problem or Problem(CODE, "", NOT_UTF_8 if damaged else SURROGATE)


class _Reader:
    """Replaces what no JSON value can hold, and keeps the first problem."""

    def __init__(self, damaged: str | None) -> None:
        self.problem: Problem | None = None
        self._damaged = damaged

    def clean(self, name: str, value: Any) -> Any:
        """Return the value of a property without what JSON cannot express."""
        if isinstance(value, float):  # other numbers are int and Decimal
            return self._note(name, NOT_A_NUMBER, None)
        if isinstance(value, str):
            return self._clean_text(name, value)
        if isinstance(value, list):
            return [self.clean(name, each) for each in value]
        if isinstance(value, dict):
            return {self.clean(name, k): self.clean(name, each) for k, each in value.items()}
        return value

    def _clean_text(self, name: str, text: str) -> str:
        clean = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if clean != text:
            return str(self._note(name, SURROGATE, clean))
        if self._damaged and self._damaged in text:
            return str(self._note(name, NOT_UTF_8, text))
        return text

    def _note(self, name: str, reason: str, value: Any) -> Any:
        self.problem = self.problem or Problem(CODE, name, reason)
        return value


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) else None
