"""Settings: which records are bad, and what happens to them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from target_oracle.config.choices import DateTreatment


class BadRecords(BaseModel):
    """What happens to records that cannot be loaded."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    validate_records: bool = Field(
        default=True, description="Check every record against its stream's schema."
    )
    on_invalid: Literal["fail", "reject", "skip"] = Field(
        "fail",
        description="What to do with a record that cannot be loaded: `fail` stops, `reject` puts "
        "it into the reject table, `skip` counts it.",
    )
    datetime_error_treatment: DateTreatment = Field(
        "error",
        description="What to do with a date or date-time that is none or that Oracle cannot hold: "
        "`error` makes it a bad record (`on_invalid`), `null` loads NULL and `max` the last moment "
        "of the year 9999, both with a warning. Keys and `_sdc_deleted_at` are always checked.",
    )
    max_rejects: int | None = Field(
        None, ge=0, description="Records that may be rejected or skipped before the run fails."
    )
    max_reject_ratio: float | None = Field(
        None, ge=0, le=1, description="Share of a flush's records that may be rejected or skipped."
    )
    reject_table: str = Field("REJECTS", description="Name of the reject table, without prefix.")
    rules_file: str | None = Field(
        None,
        description="JSON file with more `rules`: stream glob -> list of JSON Schemas; `wms` takes "
        "the set for Oracle WMS that comes with the target.",
    )
