"""Read all ids of an entity, to find known rows that were deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.catalog.fields import DELETED_AT
from tap_oracle_wms.config.times import utc
from tap_oracle_wms.reading.bookmark import FIRST_ID, LAST_ID, Bookmark
from tap_oracle_wms.reading.completeness import BY_IDS, ID_PAGE, Completeness, read
from tap_oracle_wms.reading.deletes import IdSet, gone
from tap_oracle_wms.reading.plan import Window
from tap_oracle_wms.reading.slices import Slices

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tap_oracle_wms.api.client import WmsClient
    from tap_oracle_wms.reading.list_requests import EntitySource
    from tap_oracle_wms.reading.pool import Pool


@dataclass(frozen=True)
class Missing:
    """The result of a sweep: the deleted rows, and those that are known from now on."""

    ids: IdSet
    known: IdSet
    found_at: datetime

    def records(self) -> list[dict[str, Any]]:
        """A record for each row that is gone."""
        return [{"id": key, DELETED_AT: utc(self.found_at)} for key in self.ids]


class Sweep:
    """Keeps the emitted ids in the bookmark, and compares them with the ids that WMS has."""

    def __init__(
        self, name: str, source: EntitySource, client: WmsClient, pool: Pool, bookmark: Bookmark
    ) -> None:
        self._name, self._source, self._client = name, source, client
        self._pool, self._bookmark = pool, bookmark

    def note(self, ids: Iterable[int]) -> None:
        """Remember the ids of rows that are written."""
        if self._bookmark.known_ids is not None:
            self._bookmark.known_ids.update(ids)

    def look(self) -> Missing:
        """Read all ids.

        Raises:
            DataError: More rows are gone than `max_deleted_share` allows.
        """
        present, known = self._present(), self._bookmark.known_ids
        if known is None:
            return Missing(IdSet(), present, self._client.clock.now())
        share = self._client.settings.max_deleted_share
        missing = gone(self._name, known, present, share)
        missing = missing.minus(self._found(missing))
        return Missing(missing, known.minus(missing), self._client.clock.now())

    def settle(self, missing: Missing) -> None:
        """Note that the records of what is gone are out."""
        self._bookmark.known_ids = missing.known

    def _present(self) -> IdSet:
        slices = Slices(self._source, Window(), [(FIRST_ID, LAST_ID)], ID_PAGE, cut=False)
        for _ in read(self._pool, slices.promise()):
            pass
        for _ in Completeness(self._source, slices, self._pool).pages():
            pass
        return slices.seen

    def _found(self, ids: IdSet) -> IdSet:
        """Return the ids that no list had and that are there nevertheless."""
        found, wanted = IdSet(), list(ids)
        for start in range(0, len(wanted), BY_IDS):
            source = self._source.among(wanted[start : start + BY_IDS])
            everything = [(FIRST_ID, LAST_ID)]
            slices = Slices(source, Window(), everything, ID_PAGE, cut=False)
            for _ in read(self._pool, slices.promise()):
                pass
            found.take(slices.seen)
        return found
