"""Build the filters of an entity: company, facility, and the user's own."""

from __future__ import annotations

import difflib
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.catalog.fields import Kind
from tap_oracle_wms.config.times import is_expression, moment
from tap_oracle_wms.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from tap_oracle_wms.catalog.fields import EntityField
    from tap_oracle_wms.config.settings import Settings

LOOKUPS = frozenset(
    {
        "exact", "iexact", "contains", "icontains", "startswith", "istartswith", "endswith",
        "iendswith", "gt", "gte", "lt", "lte", "in", "range", "isnull",
        "year", "month", "day", "week_day", "hour", "minute",
    }
)  # fmt: skip

RESERVED = {
    "page", "page_size", "page_mode", "cursor", "ordering", "fields", "values_list", "distinct",
    "format", "limit", "empty_response_http_code", "id__gt", "id__lte",
}  # fmt: skip
"""Parameters that the tap sets itself, which a filter would override."""


def scope(fields: Collection[str], settings: Settings) -> dict[str, str]:
    """Return the company and facility filters for which the entity has the fields."""
    wanted = {"company_id": settings.company_code, "facility_id": settings.facility_code}
    filters = {}
    for field, codes in wanted.items():
        if codes and "*" not in codes and field in fields:
            lookup = "code" if len(codes) == 1 else "code__in"
            filters[f"{field}__{lookup}"] = ",".join(codes)
    return filters


def unscoped(fields: Mapping[str, Collection[str]], settings: Settings) -> Iterator[str]:
    """Return a sentence that names the entities which company and facility cannot narrow."""
    wanted = {"company_id": settings.company_code, "facility_id": settings.facility_code}
    for field, codes in wanted.items():
        free = [entity for entity, found in fields.items() if field not in found]
        if codes and "*" not in codes and free:
            yield f"Read without a filter on {field}: {', '.join(free)}."


def check_entities(settings: Settings, offered: Collection[str]) -> None:
    """Check that the entities exist for which there are filters, deletes or extracts.

    Raises:
        ConfigError: A pattern, which the sentence names, matches none.
    """
    named: dict[str, Iterable[str]] = {
        "backfill": settings.backfill,
        "filters": settings.filters,
        "detect_deletes": settings.detect_deletes,
        "extract_entities": settings.extract_entities,
    }
    for setting, patterns in named.items():
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in offered):
                near = difflib.get_close_matches(pattern, offered, n=1, cutoff=0)
                hint = f"; did you mean `{near[0]}`?" if near else "."
                msg = f"Setting `{setting}` names `{pattern}`, which matches no entity{hint}"
                raise ConfigError(msg)


def own_filters(
    entity: str, fields: Mapping[str, EntityField], settings: Settings
) -> dict[str, Any]:
    """The user's filters for an entity, as they were given.

    A glob's filters go to those of its entities that have the field.

    Raises:
        ConfigError: WMS would not understand a filter.
    """
    found: dict[str, Any] = {}
    key = settings.replication_key
    reserved = RESERVED | {f"{key}__gte", f"{key}__lt"}
    for pattern, filters in settings.filters.items():
        if not fnmatchcase(entity, pattern):
            continue
        for name, value in filters.items():
            if (mistake := _mistake(name, value, fields, reserved)) is None:
                found[name] = value
            elif pattern == entity or name in reserved or value == []:
                msg = f"Setting `filters` for `{pattern}`: {mistake}"
                raise ConfigError(msg)
    return found


def _mistake(
    name: str, value: Any, fields: Mapping[str, EntityField], reserved: Collection[str]
) -> str | None:
    """The sentence on what is wrong with a filter."""
    if name.removesuffix("!") in reserved:
        return f"`{name}` is set by the tap itself; use `start_date` and `end_date` for times."
    if value == []:
        return f"`{name}` has an empty list."
    field, *path = name.removesuffix("!").split("__")
    if path == ["isnull"]:  # also asks for rows without children, by names that are no fields
        return None
    if field not in fields:
        near = difflib.get_close_matches(field, fields, n=1, cutoff=0)
        return f"there is no field `{field}`; did you mean `{near[0]}`?"
    related = fields[field].kind in {Kind.RELATION, Kind.STATUS}
    if path and not related and (len(path) > 1 or path[0] not in LOOKUPS):
        near = difflib.get_close_matches(path[0], LOOKUPS, n=1, cutoff=0)
        return f"`{name}` has no lookup `{path[0]}`; did you mean `{field}__{near[0]}`?"
    return None


def all_filters(
    entity: str, fields: Mapping[str, EntityField], settings: Settings
) -> dict[str, Any]:
    """The filters by company and facility, and the user's own."""
    return scope(fields, settings) | own_filters(entity, fields, settings)


def parameters(filters: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """Query parameters of filters, with date expressions resolved."""
    return {name: ",".join(_texts(name, value, now)) for name, value in filters.items()}


def _texts(name: str, value: Any, now: datetime) -> Iterator[str]:
    for single in value if isinstance(value, list) else [value]:
        if isinstance(single, bool):
            yield str(single).lower()
        elif isinstance(single, str) and is_expression(single):
            at = _moment_of_filter(name, single, now)
            dated = re.search(r"_date(_\d)?(__[a-z]+)?!?$", name) is not None
            yield at.date().isoformat() if dated else at.isoformat(timespec="microseconds")
        else:
            yield str(single)


def _moment_of_filter(name: str, text: str, now: datetime) -> datetime:
    try:
        return moment(text, now)
    except ValueError as error:
        msg = f"Setting `filters`: the value of `{name}` cannot be used: {error}."
        raise ConfigError(msg) from None
