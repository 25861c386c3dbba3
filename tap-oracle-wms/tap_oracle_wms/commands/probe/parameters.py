"""Questions about filters, fields, time stamps and `values_list`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.commands.probe.asking import UnansweredError

if TYPE_CHECKING:
    from tap_oracle_wms.commands.probe.asking import Asker

A_MICROSECOND = timedelta(microseconds=1)
NO_NAME = "no_such_name"
PATHS = ("item_id__code", "facility_id__code", "location_id__barcode")
"""Paths of `inventory` such as bulk reads look up."""


def unknown_filter(asker: Asker) -> str:
    """Whether it is refused."""
    answer = asker.ask("company/", fields="id", **{NO_NAME: "1"})
    return "400" if answer.status == 400 else "ignore"


def unknown_field(asker: Asker) -> str:
    """Whether it is refused."""
    status = asker.ask("company/", fields=f"id,{NO_NAME}").status
    return "400" if status == 400 else "ignore"


def unknown_ordering(asker: Asker) -> str:
    """Whether it is refused."""
    answer = asker.ask("company/", fields="id", ordering=NO_NAME)
    return "400" if answer.status == 400 else "ignore"


def unsupported_lookups(asker: Asker) -> list[str]:
    """Lookups that are refused: none where one request with all of them finds its row."""
    row = asker.stamped["id"]
    before, after = str(row - 1), str(row + 1)
    given = {
        "gt": before, "gte": str(row), "lt": after, "lte": str(row), "in": f"{before},{row}",
        "range": f"{row},{after}", "isnull": "false",
    }  # fmt: skip
    together = asker.of_sample(fields="id", **{f"id__{name}": v for name, v in given.items()})
    if together.status == 200 and together.ids == [row]:
        return []
    return sorted(
        name
        for name, value in given.items()
        if asker.of_sample(fields="id", page_size="1", **{f"id__{name}": value}).status == 400
    )


def fields_select(asker: Asker) -> bool:
    """Whether a row has the two fields that were named."""
    return bool(asker.stamped.keys() == {"id", "mod_ts"})


def window_finds_row(asker: Asker) -> bool:
    """Whether the window of a microsecond from its `mod_ts` has the row."""
    row = asker.stamped
    since = datetime.fromisoformat(row["mod_ts"])
    return _is_between(asker, since, since + A_MICROSECOND)


def naive_times(asker: Asker) -> str | None:
    """Whether a window without an offset is meant in the zone of the records.

    Raises:
        UnansweredError: That zone is UTC.
    """
    moment = datetime.fromisoformat(asker.stamped["mod_ts"])
    if not moment.utcoffset():
        msg = "The user's zone is UTC."
        raise UnansweredError(msg)
    since = moment.replace(tzinfo=None)
    return "user" if _is_between(asker, since, since + A_MICROSECOND) else "utc"


def _is_between(asker: Asker, since: datetime, until: datetime) -> bool:
    row = str(asker.stamped["id"])
    bounds = {"mod_ts__gte": since.isoformat(), "mod_ts__lt": until.isoformat()}
    return bool(asker.of_sample(id=row, fields="id", **bounds).rows)


def time_zone(asker: Asker) -> str:
    """The offset of a time stamp."""
    return str(asker.stamped["mod_ts"])[-6:]


def inventory_history_rule(asker: Asker) -> bool:
    """Whether it is refused."""
    query = {"fields": "id", "page_size": "1", "page_mode": "sequenced"}
    return asker.ask("inventory_history/", **query).status == 400


def values_list(asker: Asker) -> str:
    """Whether it is refused, or another answer than the flat row."""
    answer = asker.ask("company/", values_list="id,code", page_size="1", page_mode="sequenced")
    if answer.status == 400:
        return "off"
    return "on" if answer.rows and answer.rows[0].keys() == {"id", "code"} else "ignored"


def failing_paths(asker: Asker) -> dict[str, int]:
    """Paths with the status of their failure."""
    if _path_status(asker, ",".join(PATHS)) < 400:
        return {}
    found = {path: _path_status(asker, path) for path in PATHS}
    return {path: status for path, status in found.items() if status >= 400}


def _path_status(asker: Asker, paths: str) -> int:
    query = {"values_list": f"id,{paths}", "page_size": "1", "page_mode": "sequenced"}
    status = asker.ask("inventory/", **query).status
    if status in {403, 404}:
        msg = "The user sees no row of inventory."
        raise UnansweredError(msg)
    return status


def alias_clash(asker: Asker) -> str:
    """Whether an alias that is the name of another field is refused."""
    clash: dict[str, Any] = {"values_list": "id,facility_type_id:code", "page_size": "1"}
    return "any_field" if asker.ask("facility/", **clash).status == 400 else "selected"


def aggregates(asker: Asker) -> bool:
    """Whether the greatest id is answered."""
    answer = asker.ask("company/", values_list="max(id)")
    return answer.status == 200 and len(answer.rows) == 1
