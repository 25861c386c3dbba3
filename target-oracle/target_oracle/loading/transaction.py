"""Transactions of a flush and of a swap."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import oracledb

from target_oracle.errors import RejectLimitError, Treatment, advice, code, treatment
from target_oracle.records.slices import Problem
from target_oracle.schema.widening import TooNarrowError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_oracle.database.session import Session
    from target_oracle.loading.rejects import Rejects

SAVEPOINT = "SDC_PIECE"
"""Name of the point to which a piece that fails is rolled back."""


@contextmanager
def all_or_nothing(session: Session, rejects: Rejects) -> Iterator[None]:
    """Roll back when the block fails; where it ended for its rejects, keep those alone.

    Raises:
        RejectLimitError: More records were rejected than `max_rejects` allows.
    """
    rejects.forget()
    try:
        yield
    except RejectLimitError:
        session.rollback()
        rejects.keep(session)
        raise
    except BaseException:
        session.rollback()
        raise


def is_about_a_record(error: Exception) -> bool:
    """Whether a single record may be at fault, and the others load without it."""
    if isinstance(error, oracledb.Error):
        return treatment(error) in {Treatment.REJECT, Treatment.WIDEN}
    return True


def problem_of(error: Exception) -> Problem:
    """Return, for the reject table, why the database refused a record."""
    if isinstance(error, TooNarrowError):
        return Problem("too-large", ", ".join(error.needed), "a value does not fit its column")
    found = code(error) if isinstance(error, oracledb.Error) else "DPY-4003"
    return Problem(found, "", f"{advice(found)} ({found})")
