"""Settings: which tables, and what they look like."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    field_serializer,
    field_validator,
)

from target_oracle.config.choices import IdentifierCase, SchemaMismatch
from target_oracle.config.forms import from_text
from target_oracle.config.stream_settings import STREAM_OPTIONS, StreamSettings

Streams = Annotated[
    dict[str, StreamSettings], WithJsonSchema({"additionalProperties": True, "type": "object"})
]


class Tables(BaseModel):
    """Settings of the tables, for all streams and for single ones."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    default_target_schema: str | None = Field(
        None, description="Schema of the tables; the user's own when not set."
    )
    table_prefix: str = Field("", description="Put before every table name.")
    table_suffix: str = Field("", description="Put after every table name.")
    identifier_case: IdentifierCase = Field(
        "upper",
        description="`upper` folds names so that plain SQL finds them, `preserve` keeps them.",
    )
    auto_create: bool = Field(
        default=True,
        description="Create missing tables and columns; if not, the run fails and lists them.",
    )
    on_schema_mismatch: SchemaMismatch = Field(
        "evolve",
        description="What to do when a table differs from the schema: `evolve` adds and widens "
        "columns, `fail` stops, `ignore` loads the columns that are there.",
    )
    table_layout: Literal["plain", "wms"] = Field(
        "plain",
        description="`wms`: tables WMS_<ENTITY>, audit columns after the others, TK_DATE (the load "
        "time) last, unless other settings say otherwise.",
    )
    json_columns: Literal["clob", "native"] = Field(
        "clob",
        description="New columns for objects and arrays: `clob` keeps the text, `native` makes "
        "JSON columns where the server has them (from 21c); the order of keys is then Oracle's.",
    )
    table_options: str = Field(
        "", description="Put after CREATE TABLE (…): TABLESPACE, COMPRESS, PARTITION BY …"
    )
    grant_select_to: list[str] = Field(
        default_factory=list, description="Users and roles that may read new tables."
    )
    add_comments: bool = Field(
        default=True, description="Comment new tables and columns with the schema's descriptions."
    )
    streams: Streams = Field(
        default_factory=dict,
        description="Stream glob -> `load_method`, `table`, `schema`, `key_properties`, "
        "`replication_key`, `column_names`, `column_types`, `indexes`, `rules`, "
        "`late_after_minutes`; later globs win.",
    )

    @field_validator("grant_select_to", mode="before")
    @classmethod
    def _parse_grants(cls, value: object) -> object:
        return from_text(value)

    @field_validator("streams", mode="before")
    @classmethod
    def _parse_streams(cls, value: object) -> object:
        """Parse each glob's settings, and name the one that is wrong."""
        given = from_text(value)
        if not isinstance(given, dict):
            return given
        return {str(glob): _stream_settings(str(glob), each) for glob, each in given.items()}

    @field_serializer("streams")
    def _show_streams(self, streams: Streams) -> dict[str, Any]:
        return {
            glob: each.model_dump(by_alias=True, exclude_unset=True)
            for glob, each in streams.items()
        }


def _stream_settings(glob: str, given: object) -> StreamSettings:
    try:
        return StreamSettings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join([glob, *map(str, first["loc"])])
        known = first["type"] != "extra_forbidden"
        said = first["msg"] if known else f"give one of {', '.join(STREAM_OPTIONS)}"
        msg = f"{where}: {said}"
        raise ValueError(msg) from None
