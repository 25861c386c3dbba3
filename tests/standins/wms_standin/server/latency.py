"""How long the real thing takes: a floor per request and a cost per row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wms_standin.catalog.entities import Entity


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds of a request: `factor * (base + rows * row)`; factor 0 is no latency at all.

    `light` is the cost of a row without links to other rows (`values_list`, or `fields` that name
    none); the share of a row's links that are asked for lies in between. `sort` is added when an
    unfiltered list is ordered by `mod_ts`.
    """

    base: float = 0.9
    row: float = 0.018
    factor: float = 0.0
    light: float = 0.002
    sort: float = 200.0

    def seconds(
        self, entity: Entity | None, parameters: list[tuple[str, str]], rows: int, *, filtered: bool
    ) -> float:
        """The duration of one request that returns `rows` rows."""
        if self.factor == 0:
            return 0.0
        given = dict(parameters)
        total = self.base + rows * self._row(entity, given)
        first = given.get("ordering", "").split(",")[0].removeprefix("-")
        if first == "mod_ts" and not filtered:
            total += self.sort
        return self.factor * total

    def _row(self, entity: Entity | None, given: dict[str, str]) -> float:
        if "values_list" in given:
            return self.light
        if entity is None or "fields" not in given:
            return self.row
        links = {field.name for field in entity.fields.values() if field.is_link}
        share = len(links.intersection(given["fields"].split(","))) / (len(links) or 1)
        return self.light + (self.row - self.light) * share
