"""Settings: the time range of a read, and what happens to deleted rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, Field, field_validator, model_validator

from tap_oracle_wms.config.backfill import Backfills
from tap_oracle_wms.config.forms import Codes, Texts
from tap_oracle_wms.config.times import moment

ACTIVITIES = (
    1, 3, 4, 6, 7, 10, 11, 12, 13, 17, 40, 48, 51, 67, 70, 72, 73, 74, 80, 83, 84, 85,
)  # fmt: skip
"""Codes of `history_activity_id` that are documented."""

TEN_YEARS = 315_360_000
"""Seconds; more would lead out of the calendar."""


class Changes(BaseModel, defer_build=True):
    """Settings of changes, history and deletes."""

    record_limit: int | None = Field(
        None,
        ge=1,
        description="Records to read of each stream at most; the next run goes on from there.",
    )

    start_date: str | None = Field(
        None,
        description="Incremental streams begin with rows changed at or after this instant: a date "
        "(UTC unless it carries an offset) or a date expression such as `today-7d` or `now-90m`.",
    )
    end_date: str | None = Field(
        None, description="Incremental streams end with rows changed before this instant."
    )
    enable_incremental: bool = Field(
        default=True, description="Read entities that have the replication key incrementally."
    )
    force_full_table: bool = Field(
        default=False, description="Read every entity in full, whatever catalog and state say."
    )
    replication_key: Literal["mod_ts", "create_ts"] = Field(
        "mod_ts", description="Field that incremental reading goes by."
    )
    incremental_overlap_minutes: float = Field(
        10,
        ge=0,
        le=TEN_YEARS / 60,
        description="Incremental runs read again this much before the bookmark, to catch rows that "
        "were committed late.",
    )
    incremental_lag_seconds: float = Field(
        0,
        ge=0,
        le=TEN_YEARS,
        description="Incremental runs end this long before the server's present time.",
    )

    backfill: Backfills = Field(
        {},
        description="Ranges to read again, and nothing else; bookmarks stay as they are. Entity -> "
        "`since` and `until` of the replication key (dates or date expressions), `first_id` and "
        "`last_id` (both are read), or `{}` for all rows.",
    )

    activate_version: bool = Field(
        default=True,
        description="Close an unfiltered full load with ACTIVATE_VERSION: the target may then drop "
        "rows that are no longer there.",
    )
    history_activity_ids: Codes = Field(
        list(ACTIVITIES),
        description="Activities to read `inventory_history` of, which WMS lists only by facility, "
        "company and activity.",
    )
    history_status_ids: Codes = Field(
        [],
        description="Statuses to read `inventory_history` by, beside the activity; by its time of "
        "creation when empty.",
    )
    detect_deletes: Texts = Field(
        [],
        description="Entities (names or globs) whose missing rows are looked for after each read, "
        "by a sweep over all ids; they leave as records with `_sdc_deleted_at`.",
    )
    max_deleted_share: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Share of an entity's rows that may be gone at once; above it the run fails, "
        "for a lost permission looks the same.",
    )

    @property
    def clock_tolerance(self) -> timedelta:
        """How far clocks may differ: the overlap makes up for it."""
        return timedelta(minutes=max(1.0, self.incremental_overlap_minutes))

    @field_validator("start_date", "end_date")
    @classmethod
    def _date_or_expression(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                moment(value, datetime.now(UTC))
            except (ValueError, OverflowError):
                msg = "must be a date like 2026-01-31, or an expression like today-7d"
                raise ValueError(msg) from None
        return value

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Changes:
        now = datetime.now(UTC)
        start, end = (moment(each or "now", now) for each in (self.start_date, self.end_date))
        if self.start_date and self.end_date and start >= end:
            msg = "`start_date` must be before `end_date`"
            raise ValueError(msg)
        return self
