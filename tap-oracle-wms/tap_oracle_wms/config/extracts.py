"""Settings: data extracts, which WMS writes to an object store."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, field_validator

from tap_oracle_wms.config.forms import SecretHeaders, Texts, address


class Extracts(BaseModel, defer_build=True):
    """Settings of data extracts."""

    extract_entities: Texts = Field(
        [],
        description="Entities (names or globs) that `data_extract` and `auto` are for; all that "
        "have a time of change when empty. The others are read by pages.",
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

    @field_validator("extract_storage_url")
    @classmethod
    def _without_secrets(cls, value: str | None) -> str | None:
        """Refuse what no log may show: errors of the store show the address.

        Raises:
            ValueError: It carries a password or a query.
        """
        parts = address(value or "")
        if parts is None or parts.password or parts.query:
            msg = "must be an address without password or query; use `extract_storage_options`"
            raise ValueError(msg)
        return value
