"""Which rows and columns a request for an extract wants."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from wms_standin.api.errors import invalid

if TYPE_CHECKING:
    from wms_standin.catalog.entities import Entity, Field
    from wms_standin.data.world import World
    from wms_standin.extract.options import ExtractOptions

_TIMES: Final = ("create_ts__gt", "mod_ts__gt")
_FILTERS: Final = {*_TIMES, "status_id__lt"}


def extracted_fields(entity: Entity, asked: str | None, options: ExtractOptions) -> list[Field]:
    """Return the columns of a file in order; 400 for a name that is no column."""
    columns = {
        name: entity.fields[name]
        for name in entity.record_keys
        if name in entity.fields and not _is_derived(entity.fields[name])
    }
    if options.sets:
        columns |= {f.name: f for f in entity.fields.values() if f.kind == "set"}
    if asked is None:
        return list(columns.values())
    columns |= {f.name: f for f in entity.fields.values() if f.name == "image_data"}
    names = asked.split(",")
    if unknown := [name for name in names if name not in columns]:
        raise invalid({"fields": f"Invalid: {', '.join(unknown)}."})
    extra = [f for f in columns.values() if f.kind == "set" and f.name not in names]
    return [columns[name] for name in names] + extra


def extracted_rows(
    world: World, entity: Entity, wanted: dict[str, Any], options: ExtractOptions
) -> list[dict[str, Any]]:
    """Return rows that match the filter, whoever asks: eligibility is ignored."""
    filters = wanted.get("filter") or {}
    times = {name: filters[name] for name in _TIMES if name in filters}
    if not times or filters.keys() - _FILTERS or not entity.has_mod_ts:
        raise invalid({"filter": "Give create_ts__gt or mod_ts__gt."})
    if len(times) > 1 and options.release < "26A":
        raise invalid({"filter": "create_ts__gt and mod_ts__gt exclude each other."})
    mode = wanted.get("create_mod_ts_query_mode", "OR")
    if "create_mod_ts_query_mode" in wanted and options.release < "26B":
        raise invalid({"create_mod_ts_query_mode": "Invalid parameter."})
    join = {"OR": any, "AND": all}.get(mode)
    if join is None:
        raise invalid({"create_mod_ts_query_mode": "Use AND or OR."})
    bounds = {name.removesuffix("__gt"): _utc(text) for name, text in times.items()}
    below = filters.get("status_id__lt")
    return [
        row
        for row in world.rows(entity.name)
        if join(row[name] > bound for name, bound in bounds.items())
        and (below is None or row["status_id"] < int(below))
    ]


def _is_derived(field: Field) -> bool:
    """Return whether a field is no column: child sets and what the serializer computes."""
    return field.kind in {"set", "computed"} or field.name in {"url", "image_data"}


def part(body: Any, name: str, kind: type) -> Any:
    """Return a part of the body; 400 without it."""
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, kind) or not found:
        raise invalid({name: "This field is required."})
    return found


def _utc(text: str) -> datetime:
    """Return a bound of a filter, which is in UTC."""
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise invalid({"filter": "Enter a valid date/time."}) from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
