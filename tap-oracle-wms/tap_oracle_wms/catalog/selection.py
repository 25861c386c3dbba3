"""One entity as a stream of the catalog: keys, replication, selection."""

from __future__ import annotations

import logging
from enum import Enum
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.streams import Stream
from typing_extensions import override

from tap_oracle_wms.catalog.fields import (
    DELETED_AT,
    DELETED_AT_PROPERTY,
    ON_REQUEST,
    EntityField,
    flat_properties,
)
from tap_oracle_wms.errors import ConfigError
from tap_oracle_wms.sdk import get_selected_schema

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from singer_sdk.singerlib import Catalog, MetadataMapping

    from tap_oracle_wms.config.settings import Settings
    from tap_oracle_wms.tap import TapOracleWMS

INCREMENTAL = "INCREMENTAL"
FULL_TABLE = "FULL_TABLE"


class Chosen(Enum):
    """How an entity came to be read."""

    BY_NAME = "name"
    """In settings or catalog: that it cannot be read is an error."""
    BY_GLOB = "glob"
    """Or by default: skipped when it cannot be read."""
    NOT = "not"
    """Offered only."""


def offered(
    entity: str, schema: Mapping[str, Any], fields: tuple[EntityField, ...], settings: Settings
) -> dict[str, Any]:
    """An entity's schema as these settings can fill it."""
    properties = dict(schema["properties"])
    if settings.read_mode == "values_list" or (
        extracts(entity, settings) and settings.extract_related == "omit"
    ):
        carried = flat_properties(entity, fields, properties)
        properties = {name: found for name, found in properties.items() if name in carried}
    if detects_deletes(entity, properties, settings):
        properties[DELETED_AT] = DELETED_AT_PROPERTY
    return {**schema, "properties": properties}


def extracts(entity: str, settings: Settings) -> bool:
    """Whether the settings let an entity be extracted."""
    patterns = settings.extract_entities or ["*"]
    return settings.read_mode in {"data_extract", "auto"} and any(
        fnmatchcase(entity, pattern) for pattern in patterns
    )


def detects_deletes(entity: str, properties: Collection[str], settings: Settings) -> bool:
    """Whether rows that are gone are looked for."""
    patterns = settings.detect_deletes
    return "id" in properties and any(fnmatchcase(entity, pattern) for pattern in patterns)


class CatalogStream(Stream):
    """One WMS entity, as far as the catalog goes."""

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    def __init__(
        self,
        tap: TapOracleWMS,
        name: str,
        schema: dict[str, Any],
        fields: tuple[EntityField, ...],
        *,
        chosen: Chosen,
    ) -> None:
        super().__init__(tap, offered(name, schema, fields, tap.settings), name)
        self.selected_by_default = chosen is not Chosen.NOT
        self._is_required = chosen is Chosen.BY_NAME
        self._run = tap
        self._fields = fields
        self._by_name = {field.name: field for field in fields}
        self.primary_keys = ["id"] if "id" in self._by_name else []
        if tap.settings.enable_incremental and not tap.settings.force_full_table:
            self.replication_key = self._key

    @cached_property
    def _key(self) -> str | None:
        """The field that changes are found by."""
        key = self._run.settings.replication_key
        return key if {key, "id"} <= self._by_name.keys() else None

    @override
    def apply_catalog(self, catalog: Catalog) -> None:
        super().apply_catalog(catalog)
        self._input_schema = self.schema  # made from the catalog's, for these settings
        self._register()
        if self._run.settings.force_full_table or not self._run.settings.enable_incremental:
            self.replication_key, self.forced_replication_method = None, FULL_TABLE
        if self.replication_method not in {INCREMENTAL, FULL_TABLE}:
            msg = f"Stream {self.name} asks for {self.replication_method}; WMS has no change log."
            raise ConfigError(msg)
        if self.replication_method == INCREMENTAL:
            self._check_replication_key()

    def _check_replication_key(self) -> None:
        """Incremental reading goes by one key, which the catalog may leave out."""
        self.replication_key = self.replication_key or self._key
        if self.replication_key is None or self.replication_key != self._key:
            wanted = f"its replication key to `{self._key}`, or " if self._key else ""
            msg = (
                f"Stream {self.name} cannot be read incrementally by `{self.replication_key}`; set "
                f"{wanted}its replication method to FULL_TABLE."
            )
            raise ConfigError(msg)

    @property
    @override
    def metadata(self) -> MetadataMapping:
        fresh = self._metadata is None
        metadata = super().metadata
        if fresh and self._tap_input_catalog is None:
            for name in ON_REQUEST & self._by_name.keys():
                metadata["properties", name].selected_by_default = False
        return metadata

    @property
    def selected(self) -> bool:
        """Whether the stream is read."""
        return self.mask.get((), True)

    @selected.setter
    def selected(self, value: bool | None) -> None:
        """Select, and tell the mapper, which has registered the stream as it was before."""
        self.metadata.root.selected = value
        self._mask = self.metadata.resolve_selection()
        self._register()

    def _register(self) -> None:
        self._run.mapper.register_raw_stream_schema(
            self.name, self._selected_schema, self.primary_keys
        )

    @property
    def _selected_schema(self) -> dict[str, Any]:
        return get_selected_schema(self.name, self.effective_schema, self.mask)

    @cached_property
    def detects_deletes(self) -> bool:
        """Whether rows that are gone are looked for."""
        return detects_deletes(self.name, self._by_name, self._run.settings)

    @override
    def get_replication_key_signpost(self, context: Any = None) -> None:
        """None: windows are closed by the server's clock."""

    @override
    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:
        """Leave errors to the command, which says each once; the SDK announces them here first."""
        if level < logging.ERROR:
            super().log(message, *args, level=level, **kwargs)
