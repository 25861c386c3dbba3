"""Records that cannot be loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_oracle.errors import MissingKeyError, RecordError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEY_TEXT = 40  # characters of a key value that a message shows


@dataclass(frozen=True)
class Problem:
    """Why a record cannot be loaded: a code, the property ('' for the record), the reason."""

    code: str
    source: str
    reason: str


def rejected(
    stream: str, keys: Sequence[str], problem: Problem, record: Mapping[str, Any]
) -> RecordError:
    """The error for a record: stream, key and property, nothing else of the record."""
    name = ", ".join(f"{key}={str(record.get(key))[:KEY_TEXT]}" for key in keys)
    where = f" (property '{problem.source}')" if problem.source else ""
    error = MissingKeyError if problem.code == "missing-key" else RecordError
    return error(f"Stream '{stream}', record {name or '(no key)'}: {problem.reason}{where}.")
