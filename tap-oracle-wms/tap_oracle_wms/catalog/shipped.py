"""Catalogs that come with the tap, by the names that `--catalog` takes for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from typing_extensions import override

CATALOGS = {"core": Path(__file__).with_name("core.json")}
"""Name -> file; `core` holds what WMS 25B says of the entities that are selected by default."""


class CatalogFile(click.File):
    """A catalog file, or the name of a catalog that comes with the tap."""

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(CATALOGS.get(value, value), param, ctx)
