"""`inventory_history`, which WMS lists by facility, company and activity only."""

from __future__ import annotations

from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_oracle_wms.catalog.discovery import codes_of
from tap_oracle_wms.errors import ConfigError
from tap_oracle_wms.reading.bookmark import FIRST_ID, LAST_ID
from tap_oracle_wms.reading.filters import own_filters
from tap_oracle_wms.streams import EntityStream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_oracle_wms.reading.slices import Feed, Pulled

HISTORY = "inventory_history"
ALL_TIME = "2000-01-01T00:00:00+00:00,2100-01-01T00:00:00+00:00"


class HistoryStream(EntityStream):
    """Reads one combination after the other, several at a time.

    A full load that was interrupted goes on with the combinations that are left: `done` holds
    their numbers in place of ids.
    """

    @override
    def _feeds(self, asked: Mapping[str, str]) -> list[Feed]:
        load = self._plan.bookmark.load
        done = list(load.done) if load else []
        self._left = [
            number
            for number in range(len(self._combinations))
            if not any(after <= number < through for after, through in done)
        ]
        if not self._combinations:
            self.logger.warning(
                "Stream %s: nothing is read, for the user sees no company, or no facility that WMS "
                "manages.",
                self.name,
            )
        everything = [(FIRST_ID, LAST_ID)]
        return [
            self._feed({**asked, **self._combinations[n]}, everything, cut=False)
            for n in self._left
        ]

    @override
    def _commit(self, pulled: Pulled) -> None:
        if pulled.finished is None:
            return
        number = self._left.pop(0)
        if self._plan.bookmark.load is not None:
            self._plan.bookmark.load.done.add(number, number + 1)

    @cached_property
    def _combinations(self) -> list[dict[str, str]]:
        """The filters that WMS wants, for all there is."""
        settings = self._run.settings
        if settings.history_status_ids:
            last, values = "status_id", [str(n) for n in settings.history_status_ids]
        else:
            last, values = "create_ts__range", [ALL_TIME]
        names = ("facility_id__code", "company_id__code", "history_activity_id", last)
        activities = [str(n) for n in settings.history_activity_ids]
        chosen = (self._facilities(), self._companies(), activities, values)
        return [dict(zip(names, found, strict=True)) for found in product(*chosen)]

    def _facilities(self) -> list[str]:
        codes = self._run.settings.facility_code
        if codes and "*" not in codes:
            return codes
        found = codes_of(self._run.client, "facility", {"wms_managed_flg": "true"})
        return list(found.values())

    def _companies(self) -> list[str]:
        codes = self._run.settings.company_code
        if codes and "*" not in codes:
            return codes
        return list(codes_of(self._run.client, "company", {}).values())

    @cached_property
    @override
    def _filters(self) -> dict[str, Any]:
        filters = own_filters(self.name, self._by_name, self._run.settings)
        names = {"facility_id__code", "company_id__code", "history_activity_id", "status_id"}
        if taken := filters.keys() & (names | {"create_ts__range"}):
            msg = f"Setting `filters` for `{self.name}`: `{min(taken)}` is set by the tap itself."
            raise ConfigError(msg)
        return filters

    @property
    @override
    def _load_scope(self) -> dict[str, Any]:
        return {**self._filters, "combinations": self._combinations}

    @property
    @override
    def _version(self) -> None:
        """None: WMS purges history, which is no reason to lose it elsewhere."""

    @cached_property
    @override
    def detects_deletes(self) -> bool:
        return False
