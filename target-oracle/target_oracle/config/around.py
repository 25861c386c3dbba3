"""Settings: statements before and after a run, and its reports."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from target_oracle.config.forms import from_text, joined

RUN_ID_CHARACTERS = 36
"""Characters of a run's name: a UUID's."""


class Around(BaseModel):
    """Settings around a run."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    before_sql: list[str] = Field(
        default_factory=list, description="Statements to execute before the first message."
    )
    after_sql: list[str] = Field(
        default_factory=list, description="Statements to execute after the last commit."
    )
    summary_file: str | None = Field(
        None, description="File to which the load summary is appended as a line of JSON."
    )
    log_metrics: bool = Field(
        default=False,
        description="Log the SDK's METRIC lines: how many records came, and how long each flush "
        "took.",
    )
    run_id: str | None = Field(
        None,
        max_length=RUN_ID_CHARACTERS,
        description="Name of the run in logs, rejects, summary and load log; as Meltano names it, "
        "or a new one, when not set.",
    )
    log_fields: dict[str, str] = Field(
        default_factory=dict,
        description="Fields for every structured log line and span, such as `company` and "
        "`facility`.",
    )
    load_log_table: str | None = Field(
        None,
        description="Table that keeps the load summaries, without prefix, such as `LOAD_LOG`; none "
        "when not set. `--status` and `--health` read it.",
    )
    late_after_minutes: float | None = Field(
        None,
        gt=0,
        description="Age of a stream's data from which `--status` and `--health` call it late; "
        "never when not set.",
    )

    @field_validator("before_sql", "after_sql", mode="before")
    @classmethod
    def _parse_statements(cls, value: object) -> object:
        return from_text(value)

    @field_validator("log_fields", mode="before")
    @classmethod
    def _parse_log_fields(cls, value: object) -> object:
        """Join lists, which Meltano passes on as text, and drop the null of what is not set."""
        fields = from_text(value)
        if not isinstance(fields, dict):
            return fields
        return {name: joined(each) for name, each in fields.items() if each not in (None, "", [])}
