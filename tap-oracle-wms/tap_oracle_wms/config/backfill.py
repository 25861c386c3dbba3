"""Settings: the range of an entity that is read again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from tap_oracle_wms.config.forms import parse_object
from tap_oracle_wms.config.times import moment


class Backfill(BaseModel):
    """A range of times of change, of ids, or both; without bounds all of an entity."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True
    )

    since: str | None = None
    until: str | None = None
    first_id: int | None = None
    last_id: int | None = None

    @property
    def is_by_time(self) -> bool:
        """Whether it bounds the time of change."""
        return self.since is not None or self.until is not None

    @property
    def filters(self) -> dict[str, int]:
        """The filters on ids, by other lookups than those by which slices are read."""
        found = {}
        if self.first_id is not None:
            found["id__gte"] = self.first_id
        if self.last_id is not None:
            found["id__lt"] = self.last_id + 1
        return found

    def __str__(self) -> str:
        given = self.model_dump(exclude_none=True)
        return ", ".join(f"{name} {value}" for name, value in given.items()) or "all rows"

    @field_validator("since", "until", mode="before")
    @classmethod
    def _parse_date(cls, value: object) -> object:
        if value is None:
            return None
        try:
            moment(str(value), datetime.now(UTC))  # YAML makes dates of texts
        except (ValueError, OverflowError):
            msg = "must be a date like 2026-01-31, or an expression like today-7d"
            raise ValueError(msg) from None
        return str(value)

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Backfill:
        now = datetime.now(UTC)
        times = [moment(each, now) for each in (self.since, self.until) if each is not None]
        ids = [each for each in (self.first_id, self.last_id) if each is not None]
        if len(times) == 2 and times[0] >= times[1]:
            msg = "`since` must be before `until`"
            raise ValueError(msg)
        if ids != sorted(ids):
            msg = "`first_id` must not be greater than `last_id`"
            raise ValueError(msg)
        return self


def _parse(value: object) -> object:
    """Ranges by entity; nothing in place of a range is one without bounds."""
    found: Any = parse_object(value)
    if not isinstance(found, dict):
        return found
    return {name: {} if each is None else each for name, each in found.items()}


Backfills = Annotated[
    dict[str, Backfill], BeforeValidator(_parse), WithJsonSchema({"type": "object"})
]
