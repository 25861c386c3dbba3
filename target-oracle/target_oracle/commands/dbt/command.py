"""`target-oracle --dbt`: catalog and settings -> a folder of dbt sources and staging models."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from target_oracle.commands.dbt import files
from target_oracle.commands.dbt.project import Project, Relations, plain
from target_oracle.commands.planned import plans_of, user_of
from target_oracle.config.files import read_object
from target_oracle.errors import TargetError
from target_oracle.schema.names import Naming

if TYPE_CHECKING:
    from singer_sdk.mapper import PluginMapper

    from target_oracle.config.settings import Settings

RELATIONS = {"wms": Path(__file__).with_name("wms_relations.json")}
"""The relations that come with the target, by the names that `--relations` takes for them."""

logger = logging.getLogger("target-oracle")


def model(
    settings: Settings, mapper: PluginMapper, folder: str, catalog: str | None, related: str | None
) -> dict[str, Any]:
    """Write the folder, and return what was written; no database is asked.

    Raises:
        TargetError: The catalog or the relations cannot be read, or the folder cannot be written.
    """
    if catalog is None:
        msg = "--dbt needs --catalog: the Singer catalog that names the streams."
        raise TargetError(msg)
    plans = plans_of(settings, mapper, catalog)
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


def _home(settings: Settings) -> str:
    schema = settings.default_target_schema
    return Naming(settings.identifier_case).identifier(schema) if schema else user_of(settings)


def _relations(path: str | None) -> Relations:
    if path is None:
        return Relations()
    try:
        found = read_object(RELATIONS.get(path, path), "--relations")
        return msgspec.convert(found, Relations)
    except msgspec.ValidationError as error:
        msg = f"--relations {path}: {error}."
        raise TargetError(msg) from None
