"""Settings: how rows are loaded."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from target_oracle.config.choices import LoadPath
from target_oracle.config.forms import from_text
from target_oracle.config.stream_settings import Method

METADATA = (
    "_sdc_extracted_at",
    "_sdc_received_at",
    "_sdc_batched_at",
    "_sdc_deleted_at",
    "_sdc_sequence",
    "_sdc_table_version",
    "_sdc_sync_started_at",
    "_sdc_run_id",
)
"""The properties that the target can add to a stream."""


class Loading(BaseModel):
    """How rows come into their tables."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    load_method: Method = Field(
        "upsert",
        description="`upsert` updates rows with the same key and inserts the rest, `append-only` "
        "inserts, `overwrite` replaces the table's rows at the end of the run, `history` keeps a "
        "row per key and replication key.",
    )
    history_validity: bool = Field(
        default=False,
        description="For `history`: fill `_SDC_VALID_FROM` and `_SDC_VALID_TO`, and make the view "
        "`<TABLE>_CURRENT` of the rows in force.",
    )
    load_path: LoadPath = Field(
        "auto",
        description="How staging is filled: `direct` path load, `array` binds, or `auto` for the "
        "faster one that works.",
    )
    skip_unchanged: bool = Field(
        default=False, description="Leave rows alone whose values would not change."
    )
    skip_older: bool = Field(
        default=False,
        description="Leave rows alone whose replication key is newer than the record's.",
    )
    batch_size_rows: int = Field(50_000, ge=1, description="Rows that make a flush.")
    batch_size_bytes: int = Field(
        64 * 2**20, ge=1, description="Bytes of input, over all streams, that make a flush."
    )
    batch_max_age: float = Field(
        60.0, gt=0, description="Seconds after which buffered rows are flushed."
    )
    max_parallelism: int = Field(
        1,
        ge=1,
        le=32,
        description="Streams that are loaded at the same time; each takes two sessions. Pays where "
        "the database, or the way to it, takes more time than this program.",
    )
    process_activate_version_messages: bool = Field(
        default=True, description="Act on ACTIVATE_VERSION messages."
    )
    hard_delete: bool = Field(
        default=False,
        description="Delete rows of old versions and records with `_sdc_deleted_at`, instead of "
        "marking them.",
    )
    add_record_metadata: bool = Field(
        default=False, description="Add the `_SDC_` columns to every table."
    )
    metadata_columns: dict[str, str | None] = Field(
        default_factory=dict,
        description="Other names for metadata columns, such as `_sdc_batched_at: TK_DATE`; null "
        "leaves a column out.",
    )

    @field_validator("metadata_columns", mode="before")
    @classmethod
    def _parse_metadata_columns(cls, value: object) -> object:
        return from_text(value)

    @field_validator("metadata_columns")
    @classmethod
    def _are_metadata(cls, value: dict[str, str | None]) -> dict[str, str | None]:
        if strange := value.keys() - set(METADATA):
            msg = f"{min(strange)} is none of {', '.join(METADATA)}"
            raise ValueError(msg)
        return value
