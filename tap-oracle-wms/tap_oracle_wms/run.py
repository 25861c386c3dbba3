"""What the streams of a run share: made by the tap and given to them.

This is where the way to read an entity is chosen: by pages, history or extract.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.errors import ConfigError
from tap_oracle_wms.observing.progress import Pace
from tap_oracle_wms.observing.report import RunReport
from tap_oracle_wms.output.states import StateSchedule
from tap_oracle_wms.reading.ahead import ReadAhead
from tap_oracle_wms.reading.by_pages import PagesReading
from tap_oracle_wms.reading.eligibility import Eligibility
from tap_oracle_wms.reading.filters import all_filters
from tap_oracle_wms.reading.history import HISTORY, HistoryReading
from tap_oracle_wms.reading.pool import Pool
from tap_oracle_wms.reading.request import ReadRequest, Terms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_oracle_wms.api.client import WmsClient
    from tap_oracle_wms.catalog.selection import Entity
    from tap_oracle_wms.config.limits import Limits
    from tap_oracle_wms.config.settings import Settings
    from tap_oracle_wms.output.writer import BufferedWriter
    from tap_oracle_wms.reading.protocol import Reading

COLLECTED_AFTER = 10_000
"""New containers between collections: a page makes thousands, which none needs to look through."""


@dataclass
class Run:
    """The client, the threads that use it, and what the run writes and reports."""

    client: WmsClient
    pool: Pool
    report: RunReport
    writer: BufferedWriter
    limits: Limits
    ahead: ReadAhead
    ends: StateSchedule
    """When the end of a stream is worth a STATE."""
    pace: Pace
    eligibility: Eligibility

    @classmethod
    def begin(cls, run_id: str, client: WmsClient, writer: BufferedWriter, limits: Limits) -> Run:
        """A run of a name."""
        settings = client.settings
        return cls(
            client,
            Pool(settings.max_concurrency, settings.max_retries, client.cancellation),
            RunReport(run_id, client.requests),
            writer,
            limits,
            ReadAhead(2 * settings.max_concurrency),
            StateSchedule.of_ends(limits.state_seconds),
            Pace(),
            Eligibility(client),
        )

    @property
    def settings(self) -> Settings:
        """What the user has set."""
        return self.client.settings

    @staticmethod
    def spare_collector() -> None:
        """Keep what is there by now, every module too, out of the garbage collector's sight."""
        if gc.get_threshold()[0] != COLLECTED_AFTER:  # else a later tap of this process
            gc.freeze()
            gc.set_threshold(COLLECTED_AFTER)

    @staticmethod
    def require_extras(entities: Iterable[Entity]) -> None:
        """Check that the extras which these entities need are installed.

        Raises:
            ConfigError: An extra is missing.
        """
        if not any(entity.is_extracted for entity in entities):
            return
        try:
            import tap_oracle_wms.extract.reading  # noqa: F401, PLC0415 - an extra
        except ImportError:
            msg = "`read_mode` data_extract and auto need the extra: tap-oracle-wms[extract]."
            raise ConfigError(msg) from None

    def open(self, request: ReadRequest) -> Reading[Any]:
        """Begin the read of an entity: as history, by an extract, or by pages."""
        entity = request.entity
        if entity.name == HISTORY:
            return HistoryReading.begin(request, self.client, self.pool)
        filters = all_filters(entity.name, entity.by_name, self.settings)
        if request.backfill is not None:
            filters |= request.backfill.filters
        terms = Terms.of(request, self.client, self.pool, filters)
        if entity.is_extracted and request.backfill is None:
            from tap_oracle_wms.extract.reading import ExtractReading  # noqa: PLC0415 - an extra

            if (reading := ExtractReading.begin(terms, self.limits)) is not None:
                return reading
        return PagesReading(terms, self.limits)

    def close(self) -> None:
        """Let threads and connections go."""
        self.pool.close()
        self.client.close()
