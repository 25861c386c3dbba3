"""The plans of streams that no SCHEMA message has declared: from a catalog, or from names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from singer_sdk.mapper import RemoveRecordTransform

from target_oracle.schema import metadata
from target_oracle.schema.plan import Plan
from target_oracle.schema.types import Dialect
from target_oracle.singer.catalog import selected

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from singer_sdk.mapper import PluginMapper, StreamMap

    from target_oracle.config.settings import Settings
    from target_oracle.singer.catalog import Entry


def plans_of(settings: Settings, mapper: PluginMapper, catalog: str) -> list[Plan]:
    """Plan the streams that a catalog file selects, as SCHEMA messages would have it."""
    return [plan for entry in selected(catalog) for plan in _plans(settings, mapper, entry)]


def plan_of_names(
    settings: Settings, stream: str, keys: Sequence[str], replication_key: str | None
) -> Plan:
    """Plan a stream of which only the keys are known; its columns have no types."""
    replication_key = settings.stream(stream).replication_key or replication_key
    names = [*keys, *([replication_key] if replication_key else []), metadata.DELETED_AT]
    schema: dict[str, Any] = {"properties": {name: {} for name in names}}
    return Plan(settings, stream, user_of(settings), Dialect(), schema, keys, replication_key)


def user_of(settings: Settings) -> str:
    """Return a session's schema; empty when only the database knows it, as of a token."""
    user = settings.proxy_user or settings.user
    if not user and settings.sqlalchemy_url:
        user = sa.make_url(settings.sqlalchemy_url.get_secret_value()).username
    if not user:
        return ""
    return user.strip('"') if user.startswith('"') else user.upper()


def _plans(settings: Settings, mapper: PluginMapper, entry: Entry) -> Iterator[Plan]:
    mapper.register_raw_stream_schema(entry.stream, entry.schema, entry.keys)
    for each in mapper.stream_maps[entry.stream]:
        if not isinstance(each, RemoveRecordTransform):
            yield _plan(settings, each, entry.bookmark)


def _plan(settings: Settings, stream_map: StreamMap, bookmark: str | None) -> Plan:
    stream, schema = stream_map.stream_alias, stream_map.transformed_schema
    own_keys = settings.stream(stream).key_properties
    keys = stream_map.transformed_key_properties if own_keys is None else own_keys
    added = metadata.PROPERTIES if settings.add_record_metadata else {}
    schema = {**schema, "properties": {**schema["properties"], **added}}
    return Plan(settings, stream, user_of(settings), Dialect(), schema, keys or (), bookmark)
