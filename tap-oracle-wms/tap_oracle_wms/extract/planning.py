"""Which reads of an entity are extracts, and of what: started, gone on with, or cleaned up.

The window, its overlap and the hand-over from full to incremental are those of reading by pages.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa
from typing_extensions import override

from tap_oracle_wms.catalog.discovery import codes_of
from tap_oracle_wms.catalog.fields import Kind
from tap_oracle_wms.config.times import utc
from tap_oracle_wms.errors import ConfigError, ExtractError, WmsError
from tap_oracle_wms.extract.columns import Part, is_column, parts
from tap_oracle_wms.extract.related_keys import Lookup
from tap_oracle_wms.extract.store import ExtractStore
from tap_oracle_wms.extract.task import (
    FAILURES,
    Extraction,
    ExtractTask,
    new_identifier,
    since_filter,
)
from tap_oracle_wms.reading.bookmark import FullLoad
from tap_oracle_wms.reading.filters import own_filters, scope
from tap_oracle_wms.reading.plan import ReadPlan, Window, scope_digest
from tap_oracle_wms.streams import EntityStream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_oracle_wms.reading.slices import Feed

STATUS_FILTER = "status_id__lt"
"""The one filter beside times that WMS knows."""


class PlannedExtract(EntityStream):
    """One WMS entity that may be extracted, up to its files."""

    _extraction: Extraction | None = None
    _failure: WmsError | None = None

    # Planning

    @override
    def _feeds(self, asked: Mapping[str, str]) -> list[Feed]:
        """None where an extract is started or gone on with; a failure waits until it is read."""
        self._extraction, self._failure = None, None
        for name in ("_lookup", "_codes"):  # of an earlier round
            self.__dict__.pop(name, None)
        try:
            found = Extraction.read(self._plan.bookmark.extract)
            self._clean_up(found)
            if self._is_bulk():
                self._extraction = self._resumed(found) or self._started()
                return []
        except WmsError as error:
            self._failure = error
            return []
        self._plan.bookmark.extract = None
        return super()._feeds(asked)

    def _is_bulk(self) -> bool:
        """Whether this read is an extract."""
        settings = self._run.settings
        if self._limit is not None:
            return False
        if self._key is None:
            self.logger.info("Stream %s has no time of change: it is read by pages.", self.name)
            return False
        others = own_filters(self.name, self._by_name, settings).keys() - {STATUS_FILTER}
        if others and settings.read_mode == "data_extract":
            msg = (
                f"Setting `filters` for `{self.name}`: a data extract cannot filter by "
                f"`{min(others)}`; leave it out, or read the entity by pages (`extract_entities`)."
            )
            raise ConfigError(msg)
        if others:
            return False
        enough = settings.extract_min_rows if settings.read_mode == "auto" else 0
        return not enough or self._task.count(self._counted) >= enough

    @property
    def _counted(self) -> dict[str, str]:
        """What WMS is asked to extract, and to count."""
        own = own_filters(self.name, self._by_name, self._run.settings)
        status = {name: str(value) for name, value in own.items() if name == STATUS_FILTER}
        return since_filter(str(self._key), self._plan.window.since) | status

    def _started(self) -> Extraction:
        bounds, load = self._counted, self._plan.bookmark.load
        extraction = Extraction(
            new_identifier(),
            self._extract_scope,
            self._task.count(bounds),
            since=_text(self._plan.window.since),
            until=_text(self._plan.window.until),
            mark=utc(load.mark) if load else None,
            version=load.version if load else None,
        )
        self._task.start(extraction.id, self._asked, bounds)
        self.logger.info("Stream %s: WMS extracts it as %s.", self.name, extraction.id)
        return extraction

    def _resumed(self, found: Extraction | None) -> Extraction | None:
        """The extract that an earlier run began, with the window and version that it was for."""
        if found is None or found.finished or found.scope != self._extract_scope:
            return None
        if not self._is_next(found):
            return None
        status = self._task.status(found.id)
        if status is None or status[0] in FAILURES:
            return None
        window = Window(*(_instant(text) for text in (found.since, found.until)))
        bookmark = self._plan.bookmark
        if found.mark is not None:
            load = self._plan.bookmark.load
            version = found.version or 0
            bookmark.load = FullLoad(datetime.fromisoformat(found.mark), version,
                                     load.scope if load else "")  # fmt: skip
            bookmark.version = version
        self._plan = ReadPlan(window, bookmark)
        self.logger.info("Stream %s: goes on with the extract %s, of which %d files are out.",
                         self.name, found.id, len(found.files))  # fmt: skip
        return found

    def _is_next(self, found: Extraction) -> bool:
        """Whether nothing was read since: a run by pages may have, and its rows are newer."""
        load = self._plan.bookmark.load
        if load is None:
            return found.mark is None and found.since == _text(self._plan.window.since)
        return found.mark is not None and not list(load.done)

    @property
    def _extract_scope(self) -> str:
        asked = {"fields": self._asked, "format": self._run.settings.extract_format}
        return scope_digest({**self._load_scope, **asked})

    def _clean_up(self, found: Extraction | None) -> None:
        """Delete the files of an extract whose rows have arrived, as STATE says."""
        if found is None or not found.finished or not found.prefix:
            return
        self._plan.bookmark.extract = None
        if not self._run.settings.extract_cleanup:
            return
        try:
            self._store.delete(self._store.files(found.prefix))
        except ExtractError as error:
            self.logger.warning("Stream %s: %s", self.name, error)

    @cached_property
    def _task(self) -> ExtractTask:
        return ExtractTask(self._run.client, self.name)

    @cached_property
    def _store(self) -> ExtractStore:
        return ExtractStore(self._run.settings)

    # Columns

    @cached_property
    def _parts(self) -> list[Part]:
        return list(parts(self._fields, self._selected_schema["properties"]))

    @cached_property
    def _numbers(self) -> set[str]:
        return {part.name for part in self._parts if part.field.kind is Kind.DECIMAL}

    @cached_property
    def _asked(self) -> list[str]:
        """The fields that WMS shall write."""
        needed = {"id", str(self._key), *(name.partition("__")[0] for name in self._filters)}
        wanted = needed | {part.field.name for part in self._parts}
        return [f.name for f in self._fields if f.name in wanted and is_column(self.name, f)]

    @cached_property
    def _lookup(self) -> Lookup:
        of_links: dict[str, list[str]] = {}
        of_rows: dict[str, Kind] = {}
        for part in self._parts:
            if part.part != "value":
                of_links.setdefault(part.field.name, []).append(part.name)
            elif not is_column(self.name, part.field):
                of_rows[part.name] = part.field.kind
        return Lookup(self, self._fields, of_links, of_rows)

    @cached_property
    def _codes(self) -> dict[str, pa.Array]:
        """Link -> the ids of the companies or facilities that are read."""
        found = {}
        for name, codes in scope(self._by_name, self._run.settings).items():
            link = name.partition("__")[0]
            seen = codes_of(self._run.client, link.removesuffix("_id"), {"code__in": codes})
            found[link] = pa.array(list(seen), pa.int64())
        return found


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else utc(moment)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
