"""Load substitutes for invalid dates, as `datetime_error_treatment` says."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from target_oracle.schema.conversion import MISFITS, CutError

if TYPE_CHECKING:
    from target_oracle.config.choices import DateTreatment
    from target_oracle.schema.types import Converter, OracleType

logger = logging.getLogger("target-oracle")

LAST_MOMENT = datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)


@dataclass
class SubstitutingConverter:
    """A converter that gives a substitute for what it cannot convert, and says so once."""

    convert: Converter
    substitute: datetime | None
    where: str
    told: bool = False

    def __call__(self, value: Any) -> Any:
        """Convert a value, or return its substitute.

        Raises:
            CutError: The column is to become one that keeps the value's fraction.
        """
        try:
            return self.convert(value)
        except CutError:
            raise
        except MISFITS:
            if not self.told:
                self.told = True
                logger.warning(
                    "%s: what is no date is loaded as %s (datetime_error_treatment)",
                    *(self.where, self.substitute or "NULL"),
                )
            return self.substitute


def substituting(
    convert: Converter | None,
    column: OracleType,
    treatment: DateTreatment,
    where: str,
    *,
    day: bool,
) -> Converter | None:
    """Wrap the converter of a column of dates, where invalid ones are to be substituted."""
    is_date = column.name == "DATE" or column.name.startswith("TIMESTAMP")
    if convert is None or treatment == "error" or not is_date:
        return convert
    return SubstitutingConverter(
        convert, _last(column, day=day) if treatment == "max" else None, where
    )


def _last(column: OracleType, *, day: bool) -> datetime:
    if day:
        return LAST_MOMENT.replace(hour=0, minute=0, second=0, microsecond=0)
    return LAST_MOMENT.replace(microsecond=0) if column.name == "DATE" else LAST_MOMENT
