"""The tap's settings: one flat model, from which schema, defaults and documentation come."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from tap_oracle_wms.config.times import moment

ALIASES = {
    "url": "base_url",
    "user": "username",
    "include_entities": "entities",
    "excluded_entities": "exclude_entities",
    "timeout": "request_timeout",
    "retry_limit": "max_retries",
    "retry_count": "max_retries",
    "lookback_minutes": "incremental_overlap_minutes",
}
"""Former names of settings, accepted in their place."""

CREDENTIALS = {
    "basic": ("username", "password"),
    "bearer": ("access_token",),
    "oauth2_client_credentials": ("token_url", "client_id", "client_secret"),
    "oauth2_password": ("token_url", "client_id", "client_secret", "username", "password"),
}
"""What each way to authenticate needs."""

ACTIVITIES = (
    1, 3, 4, 6, 7, 10, 11, 12, 13, 17, 40, 48, 51, 67, 70, 72, 73, 74, 80, 83, 84, 85,
)  # fmt: skip
"""Codes of `history_activity_id` that are documented."""

TEN_YEARS = 315_360_000
"""Seconds; more would lead out of the calendar."""

LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}


def _texts(value: object) -> object:
    """A list of texts from a list, a JSON array, or text separated by commas."""
    if not isinstance(value, str):
        return value
    with suppress(json.JSONDecodeError):
        if isinstance(found := json.loads(value), list):
            return found
    return [part.strip() for part in value.split(",") if part.strip()]


def _address(value: str) -> SplitResult | None:
    """The parts of an address; None where host or port are none."""
    with suppress(ValueError):
        parts = urlsplit(value)
        return parts if parts.port != 0 else None
    return None


Texts = Annotated[list[str], BeforeValidator(_texts)]
Codes = Annotated[list[int], BeforeValidator(_texts)]


def _object(value: object) -> object:
    """An object, or one as JSON text."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        msg = f"must be a JSON object: {error}"
        raise ValueError(msg) from None


Scalar = str | int | float | bool


def _filter_value(value: object) -> object:
    if all(isinstance(each, Scalar) for each in (value if isinstance(value, list) else [value])):
        return value
    msg = "must be a text, a number, true or false, or a list of these"
    raise ValueError(msg)


FilterValue = Annotated[Scalar | list[Scalar], BeforeValidator(_filter_value)]
Filters = Annotated[
    dict[str, dict[str, FilterValue]],
    BeforeValidator(_object),
    WithJsonSchema({"type": "object"}),
]
SecretHeaders = Annotated[
    dict[str, SecretStr],
    BeforeValidator(_object),
    WithJsonSchema({"type": "object", "format": "password"}),
]


class Settings(BaseModel):
    """What the user may set."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False
    )

    base_url: str = Field(
        description="Address of the WMS environment: https://<host>/<environment>."
    )
    api_version: str = Field("v10", pattern=r"^v\d+$", description="Version of the WMS REST API.")
    username: str | None = Field(
        None, description="WMS user with the permission lgfapi_read_access."
    )
    password: SecretStr | None = Field(None, description="Password of the WMS user.")
    auth_method: Literal["basic", "bearer", "oauth2_client_credentials", "oauth2_password"] = Field(
        "basic", description="How requests prove who they are."
    )
    access_token: SecretStr | None = Field(None, description="Token for `bearer`.")
    token_url: str | None = Field(
        None,
        description="OAuth2 token endpoint, such as "
        "https://idcs-<id>.identity.oraclecloud.com/oauth2/v1/token.",
    )
    client_id: str | None = Field(None, description="Id of the OAuth2 application.")
    client_secret: SecretStr | None = Field(None, description="Secret of the OAuth2 application.")
    oauth_scope: str = Field(
        "urn:resource:fusion:scm:logistics:wms:lgfapi/", description="Scope to ask a token for."
    )
    extra_headers: SecretHeaders = Field(
        {}, description="Headers to send with every request, as a gateway may want them."
    )
    ca_file: str | None = Field(None, description="File of CA certificates to trust (PEM).")
    client_certificate: str | None = Field(None, description="Client certificate file (PEM).")
    client_key: str | None = Field(
        None, description="Key file of the client certificate, when it is not in the same file."
    )
    client_key_password: SecretStr | None = Field(None, description="Password of the key file.")

    entities: Texts = Field(
        [],
        description="Entities to offer, as names or globs (`order_*`); all when empty. "
        "Entities named here are selected by default.",
    )
    exclude_entities: Texts = Field([], description="Entities to leave out, as names or globs.")
    company_code: Texts = Field(
        [], description="Read rows of these companies only; `*` or empty reads all."
    )
    facility_code: Texts = Field(
        [], description="Read rows of these facilities only; `*` or empty reads all."
    )
    include_urls: bool = Field(
        default=False, description="Emit the `url` of each record and of its related records."
    )

    filters: Filters = Field(
        {},
        description="Rows to read: entity name or glob -> filter -> value. Filters are the API's "
        "own (`status_id__lt`, `item_id__code__in`), a trailing `!` negates; lists are joined by "
        "commas; values may be date expressions.",
    )
    read_mode: Literal["records", "values_list", "data_extract", "auto"] = Field(
        "records",
        description="`values_list` reads columns without the related records, which is cheaper: "
        "properties that name a related record's key, and sets, are then left out. `data_extract` "
        "lets WMS write files to an object store and reads those; `auto` does so for what has at "
        "least `extract_min_rows` to read.",
    )
    extract_entities: Texts = Field(
        [],
        description="Entities (names or globs) that `data_extract` and `auto` are for; all that "
        "have a time of change when empty. The others are read as `records`.",
    )
    extract_min_rows: int = Field(100_000, ge=0, description="Rows from which on `auto` extracts.")
    extract_endpoint: str | None = Field(
        None,
        description="Name of the endpoint in WMS, of the protocol Objectstore for Data Extract.",
    )
    extract_path: str | None = Field(
        None, description="Folder within the endpoint that WMS shall write to."
    )
    extract_storage_url: str | None = Field(
        None,
        description="Address of the same folder for the tap: s3://, gs://, az://, "
        "oci://<bucket>@<namespace>/<folder> or file://.",
    )
    extract_storage_options: SecretHeaders = Field(
        {},
        description="How to reach it, by the names of obstore: `region`, `endpoint`, "
        "`access_key_id`, `secret_access_key`, …; the environment's own credentials otherwise.",
    )
    extract_format: Literal["parquet", "json", "csv"] = Field(
        "parquet", description="Format of the files."
    )
    extract_compressed: bool = Field(default=True, description="Let WMS compress the files.")
    extract_file_size_mb: int = Field(
        100, ge=10, le=1024, description="Size at which WMS begins another file."
    )
    extract_poll_seconds: float = Field(
        10, gt=0, description="Time between two looks at an extract under way."
    )
    extract_timeout_seconds: float = Field(
        14_400, gt=0, description="The longest that an extract may take."
    )
    extract_settle_seconds: float = Field(
        60,
        ge=0,
        description="How long files may be missing after WMS says that an extract has ended; "
        "then the run fails.",
    )
    extract_related: Literal["lookup", "omit"] = Field(
        "lookup",
        description="What files do not hold (keys of related records, sets, computed fields): "
        "`lookup` asks the entity API for it, `omit` leaves these properties out of the schema.",
    )
    extract_cleanup: bool = Field(
        default=True,
        description="Delete an extract's files in the next run, once STATE shows that its rows "
        "have arrived.",
    )
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
    max_run_seconds: float | None = Field(
        None, gt=0, description="Stop after this time, with a failure and a state to go on from."
    )
    poll_interval_seconds: float | None = Field(
        None,
        gt=0,
        description="Keep running: read what changed, wait this long, and again, until stopped. "
        "Streams that are read in full are read once.",
    )
    run_id: str | None = Field(
        None,
        description="Name of the run in every structured log line and in its report; as Meltano "
        "names it, or a new one, when not set.",
    )
    summary_file: str | None = Field(
        None, description="File to which the run's report is appended as a line of JSON."
    )
    max_concurrency: int = Field(
        8, ge=1, le=64, description="Requests in flight at any time, over all streams."
    )
    page_size: int = Field(
        1000, ge=1, le=1250, description="Rows asked for per request; halved where WMS is too slow."
    )
    request_timeout: float = Field(300, gt=0, description="Seconds to wait for an answer.")
    max_retries: int = Field(5, ge=0, description="Further attempts after a failed request.")
    retry_budget: int = Field(
        500, ge=0, description="Retries of a whole run, after which it is given up."
    )
    breaker_failures: int = Field(
        30, ge=1, description="Failures in a row, over all requests, that end a run."
    )
    retry_wait_seconds: float = Field(
        1, ge=0, description="Wait before the first retry; doubles with each, with jitter."
    )

    @field_validator("base_url")
    @classmethod
    def _environment_address(cls, value: str) -> str:
        """Scheme, host and environment alone: a path from `/wms` on is cut off."""
        parts = _address(value.strip())
        if parts is None or parts.scheme not in {"https", "http"} or not parts.hostname:
            msg = "must look like https://<host>/<environment>"
            raise ValueError(msg)
        if parts.username or parts.password:
            msg = "must not carry a user name or password; use `username` and `password`"
            raise ValueError(msg)
        if parts.scheme == "http" and parts.hostname not in LOCAL_HOSTS:
            msg = "starts with http://, which would send the password in the clear; use https://"
            raise ValueError(msg)
        path = f"{parts.path}/".split("/wms/")[0].strip("/")
        if not path:
            msg = f"lacks the environment name: {parts.scheme}://{parts.netloc}/<environment>"
            raise ValueError(msg)
        return f"{parts.scheme}://{parts.netloc}/{path}"

    @field_validator("access_token", "extra_headers")
    @classmethod
    def _can_be_sent(cls, value: SecretStr | dict[str, SecretStr] | None) -> Any:
        """Without the blanks and line breaks around it, which files and secrets often have."""
        if isinstance(value, dict):
            return {
                cls._header(name).get_secret_value(): cls._header(v) for name, v in value.items()
            }
        return cls._header(value) if value else value

    @staticmethod
    def _header(value: SecretStr | str) -> SecretStr:
        text = (value if isinstance(value, str) else value.get_secret_value()).strip()
        if not (text.isascii() and text.isprintable()):
            msg = "must be of plain ASCII characters in one line"
            raise ValueError(msg)
        return SecretStr(text)

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

    @field_validator("extract_storage_url")
    @classmethod
    def _without_secrets(cls, value: str | None) -> str | None:
        """Errors of the store show it."""
        parts = _address(value or "")
        if parts is None or parts.password or parts.query:
            msg = "must be an address without password or query; use `extract_storage_options`"
            raise ValueError(msg)
        return value

    @field_validator("token_url")
    @classmethod
    def _encrypted(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "https://host")
        if parts.scheme != "https" and parts.hostname not in LOCAL_HOSTS:
            msg = "must start with https://"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Settings:
        now = datetime.now(UTC)
        start, end = (moment(each or "now", now) for each in (self.start_date, self.end_date))
        if self.start_date and self.end_date and start >= end:
            msg = "`start_date` must be before `end_date`"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _can_extract(self) -> Settings:
        if self.read_mode in {"data_extract", "auto"}:
            needed = ("extract_endpoint", "extract_storage_url")
            if missing := [f"`{name}`" for name in needed if not getattr(self, name)]:
                msg = f"set {' and '.join(missing)}, which `read_mode` {self.read_mode} needs"
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _has_credentials(self) -> Settings:
        missing = [f"`{name}`" for name in CREDENTIALS[self.auth_method] if not getattr(self, name)]
        if missing:
            msg = f"set {' and '.join(missing)}, which `auth_method` {self.auth_method} needs"
            raise ValueError(msg)
        return self
