"""The streams and properties that a Singer catalog selects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib import Catalog, CatalogEntry

from target_oracle.config.files import read_object
from target_oracle.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Entry:
    """A selected stream as its SCHEMA message will say it."""

    stream: str
    schema: dict[str, Any]
    keys: Sequence[str]
    bookmark: str | None


def selected(path: str) -> list[Entry]:
    """Read what a catalog file selects.

    Raises:
        TargetError: It is no catalog, or selects nothing.
    """
    content = read_object(path, "--catalog")
    try:
        catalog = Catalog.from_dict(content)
        raw = {each["tap_stream_id"]: each.get("schema") or {} for each in content["streams"]}
    except (KeyError, TypeError, AttributeError):
        msg = f"--catalog {path}: this is no Singer catalog."
        raise TargetError(msg) from None
    found = [_entry(each, raw[name]) for name, each in catalog.items() if _is_selected(each)]
    if not found:
        msg = f"--catalog {path}: no stream is selected in it."
        raise TargetError(msg)
    return found


def _is_selected(entry: CatalogEntry) -> bool:
    return entry.metadata.resolve_selection()[()]


def _entry(entry: CatalogEntry, schema: dict[str, Any]) -> Entry:
    mask = entry.metadata.resolve_selection()
    properties = {
        name: each
        for name, each in schema.get("properties", {}).items()
        if mask["properties", name]
    }
    root = entry.metadata.root
    return Entry(
        entry.stream or entry.tap_stream_id,
        {**schema, "properties": properties},
        entry.key_properties or root.table_key_properties or (),
        entry.replication_key or root.replication_key,
    )
