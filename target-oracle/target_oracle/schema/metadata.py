"""The properties that the target adds to a schema: the SDK's `_sdc_` ones, and the run."""

from __future__ import annotations

from typing import Any

from target_oracle.config.around import RUN_ID_CHARACTERS

DELETED_AT = "_sdc_deleted_at"
TABLE_VERSION = "_sdc_table_version"

PROPERTIES: dict[str, dict[str, Any]] = {
    "_sdc_extracted_at": {"type": ["null", "string"], "format": "date-time"},
    "_sdc_received_at": {"type": ["null", "string"], "format": "date-time"},
    "_sdc_batched_at": {"type": ["null", "string"], "format": "date-time"},
    DELETED_AT: {"type": ["null", "string"], "format": "date-time"},
    "_sdc_sequence": {"type": ["null", "integer"]},
    TABLE_VERSION: {"type": ["null", "integer"]},
    "_sdc_sync_started_at": {"type": ["null", "integer"]},
    "_sdc_run_id": {"type": ["null", "string"], "maxLength": RUN_ID_CHARACTERS},
}
"""Property -> schema. `records.stamps` makes the values."""
