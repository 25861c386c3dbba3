"""Transactions of a flush and of a swap."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import oracledb

from target_oracle.database.retries import Retrier
from target_oracle.errors import (
    RejectLimitError,
    TargetError,
    Treatment,
    advice,
    code,
    sentence,
    treatment,
)
from target_oracle.records.slices import Problem
from target_oracle.schema.widening import TooNarrowError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_oracle.loading.commit_record import CommitRecord

logger = logging.getLogger("target-oracle")

SAVEPOINT = "SDC_PIECE"
"""Name of the point to which a piece that fails is rolled back."""


@contextmanager
def all_or_nothing(record: CommitRecord) -> Iterator[None]:
    """Roll back when the block fails; where it ended for its rejects, keep those alone.

    Raises:
        RejectLimitError: More records were rejected than `max_rejects` allows.
    """
    session, rejects = record.worker.session, record.worker.rejects
    rejects.forget()
    try:
        yield
    except RejectLimitError:
        session.rollback()
        _keep_rejects(record)
        raise
    except BaseException:
        session.rollback()
        raise


def _keep_rejects(record: CommitRecord) -> None:
    """COMMIT and count the rejects of a transaction that a limit has ended, lost sessions or not.

    They are no more than inserted, so without a table of commit records they are not repeated.
    """
    worker, own = record.worker, replace(record, only_inserts=True)

    def keep() -> None:
        if not own.is_committed():
            with worker.session.cursor() as cursor:
                worker.rejects.write(cursor)
            own.write()
            worker.session.commit()

    retrier = Retrier(worker.shared.settings.max_retries, worker.shared.limits)
    said = "The rejected records of this flush may not be kept"
    try:
        retrier.call(keep, [worker.session])
    except (oracledb.Error, TargetError) as error:
        worker.session.rollback()
        worker.rejects.forget()
        told = sentence(error, said) if isinstance(error, oracledb.Error) else f"{said}: {error}"
        logger.warning("%s", told)
    else:
        worker.rejects.settle_alone()


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
