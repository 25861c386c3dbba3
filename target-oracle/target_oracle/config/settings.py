"""The settings: one flat model, from which `--about` and every table of settings is made."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from target_oracle.config.choices import DateTreatment, IdentifierCase, LoadPath, SchemaMismatch
from target_oracle.config.files import read_object
from target_oracle.config.stream_settings import STREAM_OPTIONS, Method, StreamSettings
from target_oracle.errors import TargetError

SECRET: dict[str, Any] = {"secret": True}
LONGEST_WAIT = 4_000_000  # seconds: the driver counts milliseconds in 32 bits
RUN_ID_CHARACTERS = 36
RULES = {"wms": Path(__file__).with_name("wms_rules.json")}
"""The rules that come with the target, by the names that `rules_file` takes for them."""
"""Characters of a run's name: a UUID's."""

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
"""Former names of settings."""

WMS_LAYOUT: dict[str, Any] = {
    "table_prefix": "WMS_",
    "add_record_metadata": True,
    "metadata_columns": {
        "_sdc_extracted_at": None,
        "_sdc_received_at": None,
        "_sdc_batched_at": "TK_DATE",
        "_sdc_deleted_at": None,
        "_sdc_sequence": None,
        "_sdc_table_version": None,
        "_sdc_sync_started_at": None,
        "_sdc_run_id": None,
    },
}


class Settings(BaseModel):
    """What `--about` lists; the SDK's own settings (stream maps, flattening) come on top."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # Where the database is
    host: str | None = Field(None, description="Host name or address of the database.")
    port: int = Field(1521, ge=1, le=65535, description="Port of the listener.")
    service_name: str | None = Field(None, description="Service to connect to.")
    sid: str | None = Field(None, description="SID, for databases without a service.")
    dsn: str | None = Field(
        None,
        description="Easy Connect string, TNS alias or full descriptor (also with failover "
        "addresses), instead of host and port.",
    )
    sqlalchemy_url: SecretStr | None = Field(
        None,
        description="`oracle+oracledb://user:password@host:port/?service_name=…`, instead of host, "
        "port, service_name, user and password.",
        json_schema_extra=SECRET,
    )
    protocol: Literal["tcp", "tcps"] = Field("tcp", description="`tcps` for TLS.")
    ssl_server_dn_match: bool = Field(
        default=True, description="Check that the server's certificate names the host (TLS)."
    )
    ssl_server_cert_dn: str | None = Field(
        None, description="Distinguished name the server's certificate must have (TLS)."
    )
    wallet_location: str | None = Field(
        None, description="Directory of `ewallet.pem`, for mutual TLS."
    )
    wallet_password: SecretStr | None = Field(
        None, description="Password of the wallet.", json_schema_extra=SECRET
    )
    config_dir: str | None = Field(None, description="Directory of `tnsnames.ora`.")
    https_proxy: str | None = Field(None, description="Proxy host for TLS connections.")
    https_proxy_port: int | None = Field(None, ge=1, le=65535, description="Port of the proxy.")

    # Who connects, and how
    user: str | None = Field(None, description="User name; its schema is the default target.")
    password: SecretStr | None = Field(None, description="Password.", json_schema_extra=SECRET)
    proxy_user: str | None = Field(
        None, description="Schema user to act as: `user` connects through it."
    )
    access_token: SecretStr | None = Field(
        None,
        description="Token of Microsoft Entra ID or OCI IAM, instead of user and password.",
        json_schema_extra=SECRET,
    )
    access_token_key: SecretStr | None = Field(
        None, description="Private key of an OCI IAM token.", json_schema_extra=SECRET
    )
    pooled_server: bool = Field(
        default=False, description="Use Database Resident Connection Pooling (DRCP)."
    )
    connection_class: str | None = Field(None, description="Connection class for DRCP.")
    thick_mode: bool = Field(
        default=False, description="Use Oracle Client libraries; direct path loads are then off."
    )
    client_lib_dir: str | None = Field(
        None, description="Directory of the Oracle Client libraries (thick mode)."
    )
    connect_timeout: float = Field(
        20.0,
        gt=0,
        le=LONGEST_WAIT,
        description="Seconds to wait for each address; a log-on that stays without an answer is "
        "given up after three times as long.",
    )
    call_timeout: float | None = Field(
        None,
        gt=0,
        le=LONGEST_WAIT,
        description="Seconds that one round trip may take; no limit when not set.",
    )
    expire_time: int = Field(
        0,
        ge=0,
        le=LONGEST_WAIT // 60,
        description="Minutes between keep-alive probes; 0 switches them off.",
    )
    sdu: int = Field(
        65535, ge=512, le=2097152, description="Size of network packets; the server may lower it."
    )
    disable_oob: bool = Field(
        default=False, description="Do without out-of-band breaks, which some firewalls swallow."
    )
    ddl_lock_timeout: int = Field(
        30, ge=0, le=1_000_000, description="Seconds that DDL waits for other sessions' locks."
    )
    max_retries: int = Field(
        5, ge=0, description="How often a flush is repeated after a lost session or a deadlock."
    )
    oracle_config: dict[str, Any] | None = Field(
        None, description="The connection settings once more, nested; top-level ones win."
    )

    # Which tables
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
    streams: dict[str, Any] = Field(
        default_factory=dict,
        description="Stream glob -> `load_method`, `table`, `schema`, `key_properties`, "
        "`replication_key`, `column_names`, `column_types`, `indexes`, `rules`, "
        "`late_after_minutes`; later globs win.",
    )

    # How rows are loaded
    load_method: Method = Field(
        "upsert",
        description="`upsert` updates rows with the same key and inserts the rest, `append-only` "
        "inserts, `overwrite` replaces the table's rows at the end of the run, `history` keeps a "
        "row per key and replication key.",
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

    # Bad records
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

    # Before, after and about the run
    before_sql: list[str] = Field(
        default_factory=list, description="Statements to execute before the first message."
    )
    after_sql: list[str] = Field(
        default_factory=list, description="Statements to execute after the last commit."
    )
    summary_file: str | None = Field(
        None, description="File to which the load summary is appended as a line of JSON."
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

    @field_validator(
        "streams",
        "metadata_columns",
        "oracle_config",
        "grant_select_to",
        "before_sql",
        "after_sql",
        mode="before",
    )
    @classmethod
    def _from_text(cls, value: object) -> object:
        """Objects and arrays come from the environment as JSON text."""
        return from_text(value)

    @field_validator("log_fields", mode="before")
    @classmethod
    def _of_texts(cls, value: object) -> object:
        """Fields as text: Meltano passes a list on as one, and null for what is not set."""
        fields = from_text(value)
        if not isinstance(fields, dict):
            return fields
        return {name: _listed(each) for name, each in fields.items() if each not in (None, "", [])}

    @field_validator("metadata_columns")
    @classmethod
    def _are_metadata(cls, value: dict[str, str | None]) -> dict[str, str | None]:
        known = WMS_LAYOUT["metadata_columns"]
        if strange := value.keys() - known:
            msg = f"{min(strange)} is none of {', '.join(known)}"
            raise ValueError(msg)
        return value

    @field_validator("sqlalchemy_url")
    @classmethod
    def _is_a_url(cls, value: SecretStr | None) -> SecretStr | None:
        """Say so without the parser's words, which may show a part of the password."""
        if value is not None:
            try:
                is_oracle = sa.make_url(value.get_secret_value()).get_backend_name() == "oracle"
            except (ValueError, sa.exc.ArgumentError):
                is_oracle = False
            if not is_oracle:
                msg = "must look like oracle+oracledb://user:password@host:port/?service_name=…"
                raise ValueError(msg)
        return value

    @model_validator(mode="before")
    @classmethod
    def _lay_out(cls, raw: Any) -> Any:
        return {**WMS_LAYOUT, **raw} if raw.get("table_layout") == "wms" else raw

    @field_validator("streams")
    @classmethod
    def _options_are_known(cls, value: dict[str, Any]) -> dict[str, Any]:
        for glob, options in value.items():
            try:
                StreamSettings.model_validate(options)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join([glob, *map(str, first["loc"])])
                known = first["type"] != "extra_forbidden"
                said = first["msg"] if known else f"give one of {', '.join(STREAM_OPTIONS)}"
                msg = f"{where}: {said}"
                raise ValueError(msg) from None
        return value

    def shown(self) -> dict[str, Any]:
        """What is set, without the secrets."""
        return {
            name: value
            for name, value in self.model_dump(exclude_none=True).items()
            if not isinstance(value, SecretStr)
        }

    def rules(self, name: str) -> list[dict[str, Any]]:
        """The business rules for a stream: of all matching globs, here and in `rules_file`."""
        found = [
            rule
            for glob, options in self.streams.items()
            if fnmatchcase(name, glob)
            for rule in options.get("rules", ())
        ]
        for glob, rules in self._rules_from_file.items():
            found.extend(rules if fnmatchcase(name, glob) else ())
        return found

    @cached_property
    def _rules_from_file(self) -> dict[str, list[dict[str, Any]]]:
        if not self.rules_file:
            return {}
        path = RULES.get(self.rules_file, self.rules_file)
        found = read_object(path, "Setting 'rules_file':")
        try:
            return msgspec.convert(found, dict[str, list[dict[str, Any]]])
        except msgspec.ValidationError as error:
            msg = f"Setting 'rules_file': {self.rules_file}: {error}."
            raise TargetError(msg) from None

    def stream(self, name: str) -> StreamSettings:
        """What `streams` says about a stream: all matching globs, the later ones winning."""
        merged: dict[str, Any] = {}
        for glob, options in self.streams.items():
            if fnmatchcase(name, glob):
                merged |= options
        merged.setdefault("load_method", self.load_method)
        merged.setdefault("late_after_minutes", self.late_after_minutes)
        return StreamSettings.model_validate(merged)


def from_text(value: object) -> object:
    """What is given, also as JSON text; ValueError for text that is none."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        msg = f"this is no JSON: {error}"
        raise ValueError(msg) from None


def _listed(value: Any) -> Any:
    """A list, also as JSON text, as its items with commas between them."""
    if isinstance(value, str) and value.startswith("["):
        value = json.loads(value)
    return ",".join(map(str, value)) if isinstance(value, list) else value


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
