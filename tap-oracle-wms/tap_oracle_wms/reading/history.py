"""Reading `inventory_history`, which WMS lists by facility, company and activity only.

Combinations are written one after the other; the pool reads later ones ahead. An interrupted full
load goes on with the combinations that are left: `done` of its bookmark holds the numbers of those
that are written, in place of ids.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from tap_oracle_wms.catalog.discovery import codes_of
from tap_oracle_wms.errors import ConfigError
from tap_oracle_wms.reading.bookmark import FIRST_ID, LAST_ID
from tap_oracle_wms.reading.by_pages import PageOfRows, PooledPages
from tap_oracle_wms.reading.filters import own_filters
from tap_oracle_wms.reading.request import ReadRequest, Terms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_oracle_wms.api.client import WmsClient
    from tap_oracle_wms.reading.plan import ReadPlan
    from tap_oracle_wms.reading.pool import Pool
    from tap_oracle_wms.reading.protocol import Proof

HISTORY = "inventory_history"
ALL_TIME = "2000-01-01T00:00:00+00:00,2100-01-01T00:00:00+00:00"
"""A range that holds all rows: WMS wants one, or a status."""

Combination = dict[str, str]
"""The filters that WMS wants in each request."""


class HistoryReading:
    """Reads the combinations that are left of a load, or all."""

    numbers = None
    sweep = None
    """Rows that WMS purges are no reason to lose them elsewhere."""

    def __init__(self, terms: Terms, combinations: Sequence[Combination]) -> None:
        self.plan: ReadPlan = terms.plan
        self._logger = terms.request.logger
        self._shape = terms.shape
        load = self.plan.bookmark.load
        done = list(load.done) if load else []
        self._left = [
            number
            for number in range(len(combinations))
            if not any(after <= number < through for after, through in done)
        ]
        everything = [(FIRST_ID, LAST_ID)]
        parts = [terms.slices(everything, cut=False, more=combinations[n]) for n in self._left]
        self._pages = PooledPages(terms, parts)

    @classmethod
    def begin(cls, request: ReadRequest, client: WmsClient, pool: Pool) -> HistoryReading:
        """Begin a read.

        Raises:
            ConfigError: A filter of the user is one of the combinations'.
        """
        filters = own_filters(request.name, request.entity.by_name, client.settings)
        names = {"facility_id__code", "company_id__code", "history_activity_id", "status_id"}
        if taken := filters.keys() & (names | {"create_ts__range"}):
            msg = (
                f"Setting `filters` for `{request.name}`: `{min(taken)}` is set by the tap itself."
            )
            raise ConfigError(msg)
        if request.backfill is not None and request.backfill.filters:
            msg = (
                f"Setting `backfill` for `{request.name}`: WMS does not list it by ids; bound it "
                f"by `since` and `until`."
            )
            raise ConfigError(msg)
        combinations = _combinations(client)
        if not combinations:
            request.logger.warning(
                "Stream %s: nothing is read, for the user sees no company, or no facility that WMS "
                "manages.",
                request.name,
            )
        request = replace(request, detects_deletes=False)
        terms = Terms.of(request, client, pool, filters, combinations)
        return cls(terms, combinations)

    @property
    def total(self) -> int | None:
        """Rows in all, where they were counted."""
        return self._pages.total

    @property
    def proof(self) -> Proof:
        """Tell how far what was read is proved to be all."""
        return self._pages.proof

    def pieces(self) -> Iterator[PageOfRows]:
        """The pages."""
        return iter(self._pages)

    def commit(self, piece: PageOfRows) -> None:
        """Note in the plan that a combination is out, at its last page."""
        if piece.page.finished is None:
            return
        number = self._left.pop(0)
        if self.plan.bookmark.load is not None:
            self.plan.bookmark.load.done.add(number, number + 1)

    @property
    def schema_changes(self) -> dict[str, list[str]]:
        """The fields that were left out, and those that are gone."""
        return self._shape.schema_changes

    def warn(self) -> None:
        """Log the fields that were left out."""
        self._shape.report_unknown(self._logger)

    def close(self) -> None:
        """Ask for nothing more."""
        self._pages.close()


def _combinations(client: WmsClient) -> list[Combination]:
    """The filters that WMS wants, for all there is."""
    settings = client.settings
    if settings.history_status_ids:
        last, values = "status_id", [str(n) for n in settings.history_status_ids]
    else:
        last, values = "create_ts__range", [ALL_TIME]
    names = ("facility_id__code", "company_id__code", "history_activity_id", last)
    activities = [str(n) for n in settings.history_activity_ids]
    managed = {"wms_managed_flg": "true"}
    facilities = _codes(client, "facility", settings.facility_code, managed)
    companies = _codes(client, "company", settings.company_code, {})
    chosen = (facilities, companies, activities, values)
    return [dict(zip(names, found, strict=True)) for found in product(*chosen)]


def _codes(
    client: WmsClient, entity: str, wanted: Sequence[str], filters: dict[str, str]
) -> Sequence[str]:
    """The codes of the settings, or all that the user sees."""
    if wanted and "*" not in wanted:
        return wanted
    return list(codes_of(client, entity, filters).values())
