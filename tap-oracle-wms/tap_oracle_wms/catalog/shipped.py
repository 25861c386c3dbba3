"""Catalogs that come with the tap, by the names that `--catalog` takes for them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import click
from typing_extensions import override

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
