"""Measure what a request, a row, a count and a window cost in seconds, and requests at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.commands.probe.asking import ONE_ID
from tap_oracle_wms.reading.flat.paths import candidates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tap_oracle_wms.commands.probe.asking import Answer, Asker

AT_ONCE = (1, 2, 4)


def seconds_a_request(asker: Asker) -> float:
    """The shorter of two."""
    return round(asker.seconds_a_request, 4)


def seconds_a_row(asker: Asker) -> float | None:
    """Of whole records, by a page of a hundred against a page of one."""
    many = asker.of_sample(page_size="100", page_mode="sequenced")
    one = asker.of_sample(page_size="1", page_mode="sequenced")
    if len(many.rows) < 10:
        return None
    return _difference(many.seconds, one.seconds, len(many.rows) - 1)


def seconds_a_count(asker: Asker) -> float:
    """By the same page in the other mode."""
    paged = asker.fastest(**ONE_ID | {"page_mode": "paged"})
    return _difference(paged, asker.seconds_a_request)


def seconds_a_window(asker: Asker) -> float:
    """By the same page with the day after a row's own `mod_ts`."""
    since = datetime.fromisoformat(asker.stamped["mod_ts"])
    until = since + timedelta(days=1)
    window = {"mod_ts__gte": since.isoformat(), "mod_ts__lt": until.isoformat()}
    return _difference(asker.fastest(**ONE_ID, **window), asker.seconds_a_request)


def _difference(longer: float, shorter: float, parts: int = 1) -> float:
    return round(max(0.0, longer - shorter) / parts, 4)


def max_at_once(asker: Asker) -> int:
    """The number of requests before the first one that is too many; 0 where none is."""
    accepted = 0
    for number in AT_ONCE:
        if asker.burst(number).refused:
            return accepted
        accepted = number
    return 0


def seconds_a_row_at_once(asker: Asker) -> dict[str, float]:
    """By the number of requests, without those of which some were refused."""
    bursts = {number: asker.burst(number) for number in AT_ONCE}
    return {
        str(number): round(burst.seconds / burst.rows, 4)
        for number, burst in bursts.items()
        if burst.rows and not burst.refused
    }


BOTH_WAYS = 4
"""Entities that are read both ways: each costs two requests."""


def seconds_a_row_by_way(asker: Asker) -> dict[str, str]:
    """By entity: of a page of a hundred records, and of a `values_list` of the same rows.

    The `values_list` has the columns of the records, and what is likely to be the keys of links.
    """
    found = {name: _both_ways(asker, name) for name in list(asker.entities)[:BOTH_WAYS]}
    return {name: costs for name, costs in found.items() if costs}


def _both_ways(asker: Asker, entity: str) -> str:
    page = {"page_size": "100", "page_mode": "sequenced", "ordering": "id"}
    records = asker.ask(f"{entity}/", **page)
    if records.status != 200 or len(records.rows) < 10 or "id" not in records.rows[0]:
        return ""
    flat = asker.ask(f"{entity}/", values_list=",".join(_columns(records.rows)), **page)
    by_records = _ms_a_row(asker, records)
    if flat.status != 200:
        return f"{by_records} ms a row by records; status {flat.status} flat"
    return f"{_ms_a_row(asker, flat)} ms a row flat, {by_records} ms by records"


def _ms_a_row(asker: Asker, found: Answer) -> str:
    """The milliseconds of each further row."""
    seconds = max(0.0, found.seconds - asker.seconds_a_request) / max(1, len(found.rows) - 1)
    return f"{1000 * seconds:.3g}"


def _columns(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what a `values_list` may hold of records: no sets, no addresses."""
    for name, value in rows[0].items():
        if name == "url" or name.endswith("_set") or isinstance(value, list):
            continue
        yield name
        links = [row[name] for row in rows if isinstance(row.get(name), dict)]
        paths = candidates(name, (link.get("url") for link in links)) if links else ()
        yield from (column for path in paths[:1] for column in path.columns)
