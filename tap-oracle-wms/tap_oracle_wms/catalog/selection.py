"""Choose the entities that are read, and which of their fields."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.catalog.discovery import (
    CORE_ENTITIES,
    choose,
    describe_all,
    require_keys,
    require_offered,
)
from tap_oracle_wms.catalog.fields import (
    DELETED_AT,
    DELETED_AT_PROPERTY,
    EntityField,
    fields_from_schema,
    flat_properties,
    json_schema,
)
from tap_oracle_wms.errors import ConfigError, WmsError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from singer_sdk.singerlib import Catalog, CatalogEntry

    from tap_oracle_wms.api.client import WmsClient
    from tap_oracle_wms.config.settings import Settings
    from tap_oracle_wms.observing.report import RunReport

INCREMENTAL = "INCREMENTAL"
FULL_TABLE = "FULL_TABLE"


class Chosen(Enum):
    """Why an entity is read."""

    BY_NAME = "name"
    """Settings or catalog name it: it is an error when it cannot be read."""
    BY_GLOB = "glob"
    """A glob or the default chose it: it is skipped when it cannot be read."""
    NOT = "not"
    """It is offered in the catalog, but not selected."""


@dataclass(frozen=True)
class Entity:
    """An entity as WMS or a catalog describes it, under the settings of the run."""

    name: str
    described: dict[str, Any]
    """JSON Schema of all properties that its records may have."""
    fields: tuple[EntityField, ...]
    chosen: Chosen
    settings: Settings

    @cached_property
    def by_name(self) -> dict[str, EntityField]:
        """Its fields by their names."""
        return {field.name: field for field in self.fields}

    @property
    def key(self) -> str | None:
        """The replication key, or None for an entity without `id`."""
        key = self.settings.replication_key
        return key if {key, "id"} <= self.by_name.keys() else None

    def required_key(self, asked: str | None) -> str:
        """Return the replication key, which a catalog may leave out.

        Raises:
            ConfigError: There is none, or a catalog asks for another one.
        """
        key = self.key
        if key is None or asked not in {None, key}:
            wanted = f"its replication key to `{key}`, or " if key else ""
            if asked in {"mod_ts", "create_ts"} and {asked, "id"} <= self.by_name.keys():
                wanted = f"setting `replication_key` to {asked}, {wanted}"
            msg = (
                f"Stream {self.name} cannot be read incrementally by `{asked}`; set "
                f"{wanted}its replication method to FULL_TABLE."
            )
            raise ConfigError(msg)
        return key

    @property
    def is_extracted(self) -> bool:
        """Whether the settings allow to read it by data extracts."""
        patterns = self.settings.extract_entities or ["*"]
        return self.settings.extracts and _matches(self.name, patterns)

    @property
    def detects_deletes(self) -> bool:
        """Whether rows that are gone are looked for."""
        return "id" in self.by_name and _matches(self.name, self.settings.detect_deletes)

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema without the properties that these settings leave empty."""
        properties = dict(self.described["properties"])
        omits = self.is_extracted and self.settings.extract_related == "omit"
        if omits:
            carried = flat_properties(self.name, self.fields, properties)
            properties = {name: found for name, found in properties.items() if name in carried}
        if self.detects_deletes:
            properties[DELETED_AT] = DELETED_AT_PROPERTY
        return {**self.described, "properties": properties}


def _matches(entity: str, patterns: Collection[str]) -> bool:
    return any(fnmatchcase(entity, pattern) for pattern in patterns)


def described(
    client: WmsClient, offered: Sequence[str], report: RunReport, *, everything: bool
) -> list[Entity]:
    """The entities that the settings choose, as WMS describes them.

    The report tells of those that cannot be described. Without `everything`, and where no setting
    names any, those of the core alone.
    """
    settings = client.settings
    names = choose(offered, settings.entities, settings.exclude_entities)
    if not everything and not settings.entities:
        names = [name for name in names if name in CORE_ENTITIES]
    found = describe_all(client, names, required=set(settings.entities))
    entities = []
    for name, fields in found.items():
        if isinstance(fields, WmsError):
            report.leave_out(name, fields)
            continue
        schema = json_schema(fields, urls=settings.include_urls)
        entities.append(Entity(name, schema, fields, _choice(name, settings), settings))
    return entities


def _choice(entity: str, settings: Settings) -> Chosen:
    """How an entity is chosen where there is no catalog."""
    if entity in settings.entities:
        return Chosen.BY_NAME
    is_default = bool(settings.entities) or entity in CORE_ENTITIES
    return Chosen.BY_GLOB if is_default else Chosen.NOT


def catalogued(catalog: Catalog, offered: Sequence[str], settings: Settings) -> list[Entity]:
    """The entities that a catalog selects, as it describes them.

    Raises:
        ConfigError: The environment lacks an entity, or the catalog lacks what is read by.
    """
    selected = [
        entry for entry in catalog.streams if entry.metadata.resolve_selection().get((), False)
    ]
    require_offered([entry.tap_stream_id for entry in selected], offered)
    entities = []
    for entry in selected:
        schema, name = entry.schema.to_dict(), entry.tap_stream_id
        require_keys(name, schema, entry.key_properties or ())
        _check_keys(entry)
        fields = fields_from_schema(schema)
        entities.append(Entity(name, schema, fields, Chosen.BY_NAME, settings))
    return entities


def select_backfill(streams: Iterable[Any], wanted: Collection[str]) -> None:
    """Deselect all but the streams that a backfill names, if it names any.

    Raises:
        ConfigError: One of them is not selected.
    """
    if not wanted:
        return
    selected = {stream.name: stream for stream in streams if stream.selected}
    if missing := sorted(set(wanted) - selected.keys()):
        msg = (
            f"Setting `backfill` names `{missing[0]}`, which is not selected: name it in "
            f"`entities`, or select it in the catalog."
        )
        raise ConfigError(msg)
    for name in selected.keys() - set(wanted):
        selected[name].selected = False


def deselect_full_tables(streams: Iterable[Any]) -> None:
    """Deselect full tables after the first round: they are read once a run."""
    for stream in streams:
        if stream.selected and stream.replication_method == FULL_TABLE:
            stream.selected = False


def _check_keys(entry: CatalogEntry) -> None:
    """Check that a catalog leaves a stream the key that its rows are read by.

    Raises:
        ConfigError: The catalog names another key, or deselects it.
    """
    keys, name = list(entry.key_properties or ()), entry.tap_stream_id
    wanted = entry.metadata.root.table_key_properties
    if keys and wanted and list(wanted) != keys:
        msg = (
            f"Stream {name}: its metadata `table-key-properties` names `{', '.join(wanted)}`, but "
            f"WMS is read by `{', '.join(keys)}`; take it out."
        )
        raise ConfigError(msg)
    mask = entry.metadata.resolve_selection()
    for key in keys:
        if not mask["properties", key]:
            msg = (
                f"Stream {name}: the catalog deselects `{key}`, the key that its rows are read by; "
                f"select it."
            )
            raise ConfigError(msg)
