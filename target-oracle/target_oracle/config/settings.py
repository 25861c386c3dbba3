"""The settings: one flat model, from which `--about` and every table of settings is made."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import msgspec
from pydantic import SecretStr, model_validator

from target_oracle.config.around import Around
from target_oracle.config.bad_records import BadRecords
from target_oracle.config.connection import Connection
from target_oracle.config.files import read_object
from target_oracle.config.loading import METADATA, Loading
from target_oracle.config.stream_settings import StreamSettings
from target_oracle.config.tables import Tables
from target_oracle.errors import TargetError

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
    "metadata_columns": dict.fromkeys(METADATA) | {"_sdc_batched_at": "TK_DATE"},
}
"""Defaults of other settings under `table_layout: wms`."""


RULES = {"wms": Path(__file__).with_name("wms_rules.json")}
"""The rules that come with the target, by the names that `rules_file` takes for them."""


class Settings(Around, BadRecords, Loading, Tables, Connection):
    """What `--about` lists; the SDK's own settings (stream maps, flattening) come on top."""

    @model_validator(mode="before")
    @classmethod
    def _lay_out(cls, raw: Any) -> Any:
        return {**WMS_LAYOUT, **raw} if raw.get("table_layout") == "wms" else raw

    def shown(self) -> dict[str, Any]:
        """Return the settings that are set, without the secrets."""
        return {
            name: value
            for name, value in self.model_dump(exclude_none=True).items()
            if not isinstance(value, SecretStr)
        }

    def stream(self, name: str) -> StreamSettings:
        """Return a stream's settings from all globs of `streams` that match; later ones win."""
        merged: dict[str, Any] = {
            "load_method": self.load_method,
            "late_after_minutes": self.late_after_minutes,
        }
        for own in self._of_stream(name):
            merged |= {option: getattr(own, option) for option in own.model_fields_set}
        return StreamSettings().model_copy(update=merged)

    def _of_stream(self, name: str) -> list[StreamSettings]:
        return [own for glob, own in self.streams.items() if fnmatchcase(name, glob)]

    def rules(self, name: str) -> list[dict[str, Any]]:
        """Find the business rules for a stream: of all matching globs, here and in `rules_file`."""
        found = [rule for own in self._of_stream(name) for rule in own.rules]
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


@cache
def config_jsonschema() -> dict[str, Any]:
    """Return the model as the flat JSON Schema that the SDK, Meltano and the Hub understand."""
    schema = Settings.model_json_schema()
    return {
        "type": "object",
        "properties": {name: _flat(each) for name, each in schema["properties"].items()},
        "additionalProperties": False,
    }


def _flat(prop: dict[str, Any]) -> dict[str, Any]:
    """Write `anyOf: [X, null]` as `type: [x, null]`: the SDK reads types only from there."""
    flat = {k: v for k, v in prop.items() if k not in {"anyOf", "title", "writeOnly", "format"}}
    branches = [branch for branch in prop.get("anyOf", ()) if branch.get("type") != "null"]
    if branches:
        flat |= {"type": [branches[0].get("type", "object"), "null"]}  # a model is an object
        del flat["default"]
    return flat
