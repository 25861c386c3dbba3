"""Settings: which entities and rows are read, and by which way."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from tap_oracle_wms.config.forms import Filters, Texts


class Entities(BaseModel, defer_build=True):
    """Settings of what is read."""

    entities: Texts = Field(
        [],
        description="Entities to offer, as names or globs (`order_*`); all when empty. "
        "Entities named here are selected by default.",
    )
    exclude_entities: Texts = Field([], description="Entities to leave out, as names or globs.")
    on_entity_error: Literal["fail", "skip"] = Field(
        "fail",
        description="What becomes of a run in which an entity that a glob or the default chose "
        "cannot be read: the others are read in any case, then it fails, or `skip` says that this "
        "is fine.",
    )
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
        "auto",
        description="`records` reads whole records. `values_list` reads columns without the "
        "related records, which spares WMS work, where a comparison shows that it gives the same "
        "values; the rest, such as sets, is read by records. `auto` reads records, but measures "
        "both for an entity of many rows whose changes can be told from wrong values, and takes "
        "`values_list` where it is at least twice as cheap. `data_extract` lets WMS write files "
        "to an object store and reads those; with `extract_endpoint` and `extract_storage_url`, "
        "`auto` does so for what has at least `extract_min_rows` to read.",
    )
