"""How long the real thing takes: costs of a request, a row, a related object and a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wms_standin.catalog.entities import Entity

_TIMES: Final = ("mod_ts__", "create_ts__")


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds of a request: `factor * (base + rows * cost of a row)`; factor 0 is no latency.

    By records, a row costs `light` for itself, and `row` with all its related objects; with
    `fields` that name some of them, their share.  Where `related` is given, each related object
    that is really serialised (links that are not null, and sets) costs that instead of a share.
    By `values_list`, a row costs `flat` (None: `light`) and `joined` for each path over a relation,
    and nothing for related objects.  Either way each column that is asked for costs `column`.

    A request costs more where it counts (`count`: paged mode), filters by a time stamp
    (`window`), or orders all rows by `mod_ts` (`sort`).  Beyond `at_once` requests at a time (0:
    never) all get slower in proportion, like on a server whose workers are all busy.
    """

    base: float = 0.9
    row: float = 0.018
    factor: float = 0.0
    light: float = 0.002
    sort: float = 200.0
    related: float | None = None
    flat: float | None = None
    joined: float = 0.0
    column: float = 0.0
    count: float = 0.0
    window: float = 0.0
    at_once: int = 0

    def seconds(
        self,
        entity: Entity | None,
        parameters: list[tuple[str, str]],
        rows: int,
        *,
        filtered: bool,
        listed: bool = True,
        related: int = 0,
        in_flight: int = 1,
    ) -> float:
        """Return the duration of one request whose rows hold so many related objects."""
        if self.factor == 0:
            return 0.0
        given = dict(parameters)
        total = self.base + rows * self._row(entity, given) + (self.related or 0) * related
        total += self._extra(given, filtered=filtered) if listed else 0.0
        crowd = max(1.0, in_flight / self.at_once) if self.at_once else 1.0
        return self.factor * total * crowd

    def _extra(self, given: dict[str, str], *, filtered: bool) -> float:
        first = given.get("ordering", "").split(",")[0].removeprefix("-")
        sort = self.sort if first == "mod_ts" and not filtered else 0.0
        counts = given.get("page_mode") != "sequenced"
        window = any(name.startswith(_TIMES) for name in given)
        return sort + self.count * counts + self.window * window

    def _row(self, entity: Entity | None, given: dict[str, str]) -> float:
        if "values_list" in given:
            paths = [item.partition(":")[0] for item in given["values_list"].split(",")]
            own = self.light if self.flat is None else self.flat
            return own + self.column * len(paths) + self.joined * sum("__" in p for p in paths)
        if entity is None:
            return self.row
        asked = given.get("fields")
        keys: Sequence[str] = asked.split(",") if asked else entity.record_keys
        own = self.light + self.column * len(keys)
        if self.related is not None:
            return own
        return own + (self.row - self.light) * _share(entity, keys)


def _share(entity: Entity, keys: Sequence[str]) -> float:
    """Return the part of a record's related objects that the keys name; 1 for a whole record."""
    if keys == entity.record_keys:
        return 1.0
    links = {field.name for field in entity.fields.values() if field.is_link}
    return len(links.intersection(keys)) / (len(links) or 1)
