"""Decide whether an entity is read by an extract, and start, resume or clean up the extract.

The window, its overlap and the hand-over from full to incremental are those of reading by pages.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from tap_oracle_wms.config.times import utc
from tap_oracle_wms.errors import ConfigError, ExtractError
from tap_oracle_wms.extract.columns import Wanted
from tap_oracle_wms.extract.store import ExtractStore
from tap_oracle_wms.extract.task import (
    FAILURES,
    Extraction,
    ExtractTask,
    new_identifier,
    since_filter,
)
from tap_oracle_wms.reading.bookmark import FullLoad
from tap_oracle_wms.reading.filters import own_filters
from tap_oracle_wms.reading.plan import ReadPlan, Window, scope_digest

if TYPE_CHECKING:
    from tap_oracle_wms.reading.request import Terms

STATUS_FILTER = "status_id__lt"
"""The one filter beside times that WMS knows."""


class Beginning:
    """Begins the read of an entity that may be extracted; `terms.plan` follows what it finds."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.key = terms.request.entity.key
        self.task = ExtractTask(terms.client, terms.request.name)
        self.wanted = Wanted.of(
            terms.request.name,
            terms.request.entity.fields,
            terms.request.properties,
            {"id", str(self.key), *(name.partition("__")[0] for name in terms.filters)},
        )

    @cached_property
    def store(self) -> ExtractStore:
        """The folder of the files."""
        return ExtractStore(self.terms.client.settings)

    def extraction(self) -> Extraction | None:
        """Resume or start the extract; None when the entity is read by pages."""
        terms = self.terms
        found = Extraction.read(terms.plan.bookmark.extract)
        self._clean_up(found)
        if self._is_bulk():
            return self._resumed(found) or self._started()
        terms.plan.bookmark.extract = None
        return None

    @property
    def counted(self) -> dict[str, str]:
        """Return the filters of the extract and of its count."""
        status = {n: str(v) for n, v in self._own_filters.items() if n == STATUS_FILTER}
        return since_filter(str(self.key), self.terms.plan.window.since) | status

    @cached_property
    def _own_filters(self) -> dict[str, object]:
        request = self.terms.request
        return own_filters(request.name, request.entity.by_name, request.settings)

    def _is_bulk(self) -> bool:
        """Whether this read is to be an extract, by its settings, filters and size.

        Raises:
            ConfigError: It must be one, and has a filter that extracts do not know.
        """
        request, settings = self.terms.request, self.terms.client.settings
        if request.limit is not None:
            return False
        if self.key is None:
            request.logger.info(
                "Stream %s has no time of change: it is read by pages.", request.name
            )
            return False
        others = self._own_filters.keys() - {STATUS_FILTER}
        if others and settings.read_mode == "data_extract":
            msg = (
                f"Setting `filters` for `{request.name}`: a data extract cannot filter by "
                f"`{min(others)}`; leave it out, or read the entity by pages (`extract_entities`)."
            )
            raise ConfigError(msg)
        enough = settings.extract_min_rows if settings.read_mode == "auto" else 0
        return not others and (not enough or self.task.estimate(self.counted) >= enough)

    def _started(self) -> Extraction:
        plan, request = self.terms.plan, self.terms.request
        bounds, load = self.counted, plan.bookmark.load
        extraction = Extraction(
            new_identifier(),
            self._scope,
            self.task.count(bounds),
            since=_text(plan.window.since),
            until=_text(plan.window.until),
            mark=utc(load.mark) if load else None,
            version=load.version if load else None,
        )
        self.task.start(extraction.id, self.wanted.asked, bounds)
        request.logger.info("Stream %s: WMS extracts it as %s.", request.name, extraction.id)
        return extraction

    def _resumed(self, found: Extraction | None) -> Extraction | None:
        """The extract that an earlier run began, with the window and version that it was for."""
        if found is None or found.finished or found.scope != self._scope:
            return None
        if not self._is_next(found):
            return None
        status = self.task.status(found.id)
        if status is None or status[0] in FAILURES:
            return None
        plan, request = self.terms.plan, self.terms.request
        window = Window(*(_instant(text) for text in (found.since, found.until)))
        bookmark = plan.bookmark
        if found.mark is not None:
            load, version = bookmark.load, found.version or 0
            bookmark.load = FullLoad(
                datetime.fromisoformat(found.mark), version, load.scope if load else ""
            )
            bookmark.version = version
        self.terms.plan = ReadPlan(window, bookmark, activates=plan.activates)
        request.logger.info(
            "Stream %s: the extract %s is resumed, of which %d files are out.",
            request.name,
            found.id,
            len(found.files),
        )
        return found

    def _is_next(self, found: Extraction) -> bool:
        """Whether nothing was read since: a run by pages may have, and its rows are newer."""
        plan = self.terms.plan
        load = plan.bookmark.load
        if load is None:
            return found.mark is None and found.since == _text(plan.window.since)
        return found.mark is not None and not list(load.done)

    @property
    def _scope(self) -> str:
        asked = {
            "fields": self.wanted.asked,
            "format": self.terms.client.settings.extract_format,
        }
        return scope_digest({**self.terms.filters, **asked})

    def _clean_up(self, found: Extraction | None) -> None:
        """Delete the files of an extract whose rows have arrived, as STATE says."""
        if found is None or not found.finished or not found.prefix:
            return
        request = self.terms.request
        self.terms.plan.bookmark.extract = None
        if not request.settings.extract_cleanup:
            return
        try:
            self.store.delete(self.store.files(found.prefix))
        except ExtractError as error:
            request.logger.warning("Stream %s: %s", request.name, error)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else utc(moment)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
