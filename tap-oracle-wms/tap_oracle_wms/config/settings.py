"""The tap's settings: one flat model, from which schema, defaults and documentation come."""

from __future__ import annotations

from pydantic import ConfigDict, model_validator

from tap_oracle_wms.config.changes import Changes
from tap_oracle_wms.config.connection import Connection
from tap_oracle_wms.config.entities import Entities
from tap_oracle_wms.config.extracts import Extracts
from tap_oracle_wms.config.running import Running

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


class Settings(Running, Changes, Extracts, Entities, Connection):
    """What the user may set; documentation lists the groups from the last to the first."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False
    )

    @property
    def extracts(self) -> bool:
        """Whether entities may be read by data extracts."""
        can_extract = bool(self.extract_endpoint and self.extract_storage_url)
        return can_extract and self.read_mode in {"data_extract", "auto"}

    @model_validator(mode="after")
    def _backfills_alone(self) -> Settings:
        others = ("force_full_table", "record_limit", "poll_interval_seconds")
        if self.backfill and (given := [f"`{name}`" for name in others if getattr(self, name)]):
            msg = f"`backfill` reads ranges as a whole, and once: set it without {', '.join(given)}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _can_extract(self) -> Settings:
        needed = ("extract_endpoint", "extract_storage_url")
        missing = [f"`{name}`" for name in needed if not getattr(self, name)]
        is_meant = self.read_mode == "auto" and len(missing) == 1
        if missing and (self.read_mode == "data_extract" or is_meant):
            msg = f"set {' and '.join(missing)}, which `read_mode` {self.read_mode} needs"
            raise ValueError(msg)
        return self
