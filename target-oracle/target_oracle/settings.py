"""The settings: one flat model, and every spelling under which users may already have them."""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from singer_sdk.exceptions import ConfigValidationError

from target_oracle.names import Naming, Policy

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

LoadMethod = Literal["append-only", "upsert", "overwrite"]

ALIASES = {
    "oracle_host": "host",
    "oracle_port": "port",
    "username": "user",
    "oracle_user": "user",
    "oracle_username": "user",
    "oracle_password": "password",
    "service": "service_name",
    "oracle_service": "service_name",
    "oracle_service_name": "service_name",
    "oracle_sid": "sid",
    "oracle_protocol": "protocol",
    "schema": "default_target_schema",
    "target_schema": "default_target_schema",
    "oracle_schema": "default_target_schema",
    "batch_size": "batch_size_rows",
}

_LOAD_METHODS = {
    "append": "append-only",
    "append_only": "append-only",
    "insert": "append-only",
    "merge": "upsert",
    "replace": "overwrite",
}


def _spelled(value: object) -> object:
    return _LOAD_METHODS.get(value.lower(), value.lower()) if isinstance(value, str) else value


class Settings(BaseModel):
    """What `--about` lists; the SDK's own settings (stream maps, flattening) come on top."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str | None = Field(None, description="Host name or address of the database.")
    port: int = Field(1521, ge=1, le=65535, description="Port of the listener.")
    service_name: str | None = Field(None, description="Service to connect to.")
    sid: str | None = Field(None, description="SID, for databases without a service.")
    protocol: Literal["tcp", "tcps"] = Field("tcp", description="`tcps` for TLS.")
    dsn: str | None = Field(
        None,
        description="Easy Connect string, TNS alias or full descriptor, instead of host and port.",
    )
    user: str | None = Field(None, description="User name; its schema is the default target.")
    password: SecretStr | None = Field(
        None, description="Password.", json_schema_extra={"secret": True}
    )
    connect_timeout: float = Field(20.0, gt=0, description="Seconds to wait for a connection.")
    ddl_lock_timeout: int = Field(
        30, ge=0, le=1_000_000, description="Seconds that DDL waits for other sessions' locks."
    )
    default_target_schema: str | None = Field(
        None, description="Schema of the tables; the user's own when not set."
    )
    table_prefix: str = Field("", description="Put before every table name.")
    table_suffix: str = Field("", description="Put after every table name.")
    identifier_case: Policy = Field(
        "upper",
        description="`upper` folds names so that plain SQL finds them, `preserve` keeps them.",
    )
    load_method: Annotated[LoadMethod, BeforeValidator(_spelled)] = Field(
        "upsert",
        description="`upsert` updates rows with the same key and inserts the rest, `append-only` "
        "inserts, `overwrite` replaces the table's rows at the end of the stream.",
    )
    batch_size_rows: int = Field(50_000, ge=1, description="Rows that make a flush.")
    batch_size_bytes: int = Field(
        64 * 2**20, ge=1, description="Bytes of input, over all streams, that make a flush."
    )
    batch_max_age: float = Field(
        60.0, gt=0, description="Seconds after which buffered rows are flushed."
    )
    add_record_metadata: bool = Field(
        default=False, description="Add the `_SDC_` columns to every table."
    )
    validate_records: bool = Field(
        default=True, description="Check every record against its stream's schema."
    )
    process_activate_version_messages: bool = Field(
        default=True, description="Act on ACTIVATE_VERSION messages."
    )
    hard_delete: bool = Field(
        default=False,
        description="ACTIVATE_VERSION deletes old versions' rows instead of marking them.",
    )
    oracle_config: dict[str, Any] | None = Field(
        None, description="The connection settings once more, nested; top-level ones win."
    )

    @property
    def naming(self) -> Naming:
        """How names become identifiers."""
        return Naming(self.identifier_case)

    @property
    def address(self) -> str:
        """Where the database is, as a user reads it; never credentials."""
        return self.dsn or f"{self.host}:{self.port}/{self.service_name or self.sid}"

    def connect_arguments(self) -> dict[str, Any]:
        """The keyword arguments of `oracledb.connect`."""
        secret = self.password.get_secret_value() if self.password else None
        where = (
            {"dsn": self.dsn}
            if self.dsn
            else {
                "host": self.host,
                "port": self.port,
                "protocol": self.protocol,
                "service_name": self.service_name,
                "sid": self.sid,
            }
        )
        given = {**where, "user": self.user, "password": secret}
        return {
            "tcp_connect_timeout": self.connect_timeout,
            **{name: value for name, value in given.items() if value is not None},
        }


def json_schema() -> dict[str, Any]:
    """The model as the flat JSON Schema that the SDK, Meltano and the Hub understand."""
    schema = Settings.model_json_schema()
    return {
        "type": "object",
        "properties": {name: _flat(each) for name, each in schema["properties"].items()},
        "additionalProperties": False,
    }


def _flat(prop: dict[str, Any]) -> dict[str, Any]:
    """`anyOf: [X, null]` as `type: [x, null]`: the SDK reads the types of settings only so."""
    flat = {k: v for k, v in prop.items() if k not in {"anyOf", "title", "writeOnly", "format"}}
    branches = [branch for branch in prop.get("anyOf", ()) if branch["type"] != "null"]
    if branches:
        flat |= {"type": [branches[0]["type"], "null"]}
        del flat["default"]
    return flat


def load(raw: Mapping[str, Any], builtin: Collection[str] = ()) -> tuple[Settings, dict[str, Any]]:
    """The settings, and those of the SDK (`builtin`) apart; ConfigValidationError in sentences."""
    given = canonical(raw)
    foreign = {
        name: value for name, value in given.items() if name in builtin and name not in _FIELDS
    }
    own = {name: value for name, value in given.items() if name not in foreign}
    errors = [_unknown(name, builtin) for name in own if name not in _FIELDS]
    if not errors:
        try:
            settings = Settings.model_validate(own)
        except ValidationError as error:
            errors = [_explained(each) for each in error.errors()]
        else:
            errors = _missing(settings)
    if errors:
        raise ConfigValidationError("Config validation failed", errors=errors, schema={})
    return settings, foreign


def canonical(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The settings under their own names; what is empty counts as not given."""
    nested = raw.get("oracle_config") or {}
    if isinstance(nested, str):
        nested = json.loads(nested)
    top = {name: value for name, value in raw.items() if name != "oracle_config"}
    return {**_renamed(nested), **_renamed(top)}


def _renamed(raw: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in raw.items() if value not in ("", None)}
    aliased = {ALIASES[name]: value for name, value in given.items() if name in ALIASES}
    return aliased | {name: value for name, value in given.items() if name not in ALIASES}


def _unknown(name: str, builtin: Collection[str]) -> str:
    near = get_close_matches(name, [*_FIELDS, *ALIASES, *builtin], n=1)
    hint = f"Did you mean '{ALIASES.get(near[0], near[0])}'?" if near else "See --about for all."
    return f"Setting '{name}' is unknown. {hint}"


def _explained(error: Any) -> str:
    name = ".".join(str(part) for part in error["loc"])
    return f"Setting '{name}': {error['msg']}."


def _missing(settings: Settings) -> list[str]:
    errors = []
    if not settings.dsn and not settings.host:
        errors.append("Setting 'host' (or 'dsn') is missing: say where the database is.")
    elif not settings.dsn and not (settings.service_name or settings.sid):
        errors.append("Setting 'service_name' (or 'sid') is missing: say which database it is.")
    needed = ("user", "password")
    errors.extend(f"Setting '{name}' is missing." for name in needed if not getattr(settings, name))
    return errors


_FIELDS = frozenset(Settings.model_fields)
