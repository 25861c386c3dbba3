"""Settings that may differ from stream to stream."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from target_oracle.config.choices import LoadMethod

_LOAD_METHODS = {
    "append": "append-only",
    "append_only": "append-only",
    "insert": "append-only",
    "merge": "upsert",
    "replace": "overwrite",
}


def _spelled(value: object) -> object:
    return _LOAD_METHODS.get(value.lower(), value.lower()) if isinstance(value, str) else value


Method = Annotated[LoadMethod, BeforeValidator(_spelled)]


class StreamSettings(BaseModel):
    """The settings of one stream: a value of `streams`, whose keys are globs of stream names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    load_method: Method | None = None
    table: str | None = None
    target_schema: str | None = Field(None, alias="schema")
    key_properties: list[str] | None = None
    replication_key: str | None = None
    column_names: dict[str, Annotated[str, Field(min_length=1)]] = Field(default_factory=dict)
    column_types: dict[str, str] = Field(default_factory=dict)
    indexes: list[Annotated[list[str], Field(min_length=1)]] = Field(default_factory=list)
    rules: list[dict[str, Any]] = Field(default_factory=list)
    late_after_minutes: float | None = Field(None, gt=0)


STREAM_OPTIONS = tuple(each.alias or name for name, each in StreamSettings.model_fields.items())
"""Their names as users write them."""
