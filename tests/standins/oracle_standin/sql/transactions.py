"""SET TRANSACTION: what it says of the transaction that it begins.

Source: SQL Language Reference, SET TRANSACTION; errors 01453 and 01456 of the error messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .messages import error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .work import Work

_USUAL = (["READ", "WRITE"], ["ISOLATION", "LEVEL", "READ", "COMMITTED"])


def set_transaction(work: Work, words: Sequence[str]) -> None:
    """Begin a transaction as the words after SET TRANSACTION say.

    Queries of a READ ONLY transaction all see the data of one moment, and it can change none.

    Raises:
        OraError: where a transaction is under way, or is of a kind that is not imitated.
    """
    words = list(words)
    if "NAME" in words:
        words = words[: words.index("NAME")]
    if work.changed:
        raise error(1453)
    if words == ["READ", "ONLY"]:
        work.begin_read_only()
    elif words and words not in _USUAL:
        raise error(3001, "isolation level")
