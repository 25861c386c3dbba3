"""Catalogs as `--catalog` takes them: files, and those that come with the tap, by their names."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import click
from singer_sdk.singerlib import Catalog
from typing_extensions import override

from tap_oracle_wms.config.sources import json_object
from tap_oracle_wms.errors import ConfigError

CATALOGS = {"core": Path(__file__).with_name("core.json")}
"""Name -> file; `core` holds what WMS 25B says of the entities that are selected by default."""


class WholeFile(click.File):
    """A file that is read at once: click leaves one open when an option after it fails."""

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        with super().convert(value, param, ctx) as file:
            return BytesIO(file.read())


class CatalogFile(WholeFile):
    """A catalog file, or the name of a catalog that comes with the tap."""

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(CATALOGS.get(value, value), param, ctx)


def read_catalog(text: bytes) -> Catalog:
    """Parse a catalog.

    Raises:
        ConfigError: It is none.
    """
    found = json_object(text, "catalog file")
    try:
        return Catalog.from_dict({"streams": found["streams"]})
    except (KeyError, TypeError, AttributeError):
        msg = "The catalog file is not a Singer catalog; make one with --discover."
        raise ConfigError(msg) from None
