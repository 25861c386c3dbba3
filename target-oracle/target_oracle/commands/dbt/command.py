"""`target-oracle --dbt`: catalog and settings -> a folder of dbt sources and staging models."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa
from singer_sdk.mapper import RemoveRecordTransform

from target_oracle.commands.dbt import files
from target_oracle.commands.dbt.project import Project, Relations, plain
from target_oracle.config.files import read_object
from target_oracle.errors import TargetError
from target_oracle.schema import metadata
from target_oracle.schema.names import Naming
from target_oracle.schema.plan import Plan
from target_oracle.schema.types import Dialect
from target_oracle.singer.catalog import selected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.mapper import PluginMapper, StreamMap

    from target_oracle.config.settings import Settings
    from target_oracle.singer.catalog import Entry

logger = logging.getLogger("target-oracle")


def model(
    settings: Settings, mapper: PluginMapper, folder: str, catalog: str | None, related: str | None
) -> dict[str, Any]:
    """Write the folder, and tell what was written; no database is asked."""
    if catalog is None:
        msg = "--dbt needs --catalog: the Singer catalog that names the streams."
        raise TargetError(msg)
    plans = [plan for entry in selected(catalog) for plan in _plans(settings, mapper, entry)]
    source, home = plain(Path(folder).resolve().name), _home(settings)
    project = Project(source, home, plans, _relations(related))
    if not project.has_load_time:
        logger.warning(
            "The tables have no load time, so that dbt cannot tell how fresh they are: set "
            "add_record_metadata."
        )
    try:
        return {"source": source, **files.renew(Path(folder), project.files)}
    except OSError as error:
        msg = f"--dbt {folder}: {error.filename}: {error.strerror}."
        raise TargetError(msg) from None


def _plans(settings: Settings, mapper: PluginMapper, entry: Entry) -> Iterator[Plan]:
    """The plans of a stream, as its SCHEMA message would make them."""
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
    return Plan(settings, stream, schema, keys or (), bookmark, _user(settings), Dialect())


def _home(settings: Settings) -> str:
    schema = settings.default_target_schema
    return Naming(settings.identifier_case).identifier(schema) if schema else _user(settings)


def _user(settings: Settings) -> str:
    """The schema that a session would have; empty when only the database knows, as of a token."""
    user = settings.proxy_user or settings.user
    if not user and settings.sqlalchemy_url:
        user = sa.make_url(settings.sqlalchemy_url.get_secret_value()).username
    if not user:
        return ""
    return user.strip('"') if user.startswith('"') else user.upper()


def _relations(path: str | None) -> Relations:
    if path is None:
        return Relations()
    try:
        return msgspec.convert(read_object(path, "--relations"), Relations)
    except msgspec.ValidationError as error:
        msg = f"--relations {path}: {error}."
        raise TargetError(msg) from None
