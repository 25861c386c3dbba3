"""What a read of one entity begins with: its request, its plan and the shape of its records."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.api import clock
from tap_oracle_wms.config.times import moment, utc
from tap_oracle_wms.errors import ConfigError
from tap_oracle_wms.observing import logs
from tap_oracle_wms.reading.bookmark import Bookmark
from tap_oracle_wms.reading.deletes import IdSet
from tap_oracle_wms.reading.eligibility import Seen
from tap_oracle_wms.reading.filters import parameters
from tap_oracle_wms.reading.list_requests import EntitySource
from tap_oracle_wms.reading.plan import (
    ReadPlan,
    Window,
    plan_backfill,
    plan_full,
    plan_incremental,
    scope_digest,
)
from tap_oracle_wms.reading.records import RecordShape
from tap_oracle_wms.reading.slices import Slices
from tap_oracle_wms.reading.sweep import Sweep

STAMP = "mod_ts"
"""What tells a row that has changed from a wrong one."""

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from opentelemetry.trace import Span

    from tap_oracle_wms.api.client import WmsClient
    from tap_oracle_wms.catalog.selection import Entity
    from tap_oracle_wms.config.backfill import Backfill
    from tap_oracle_wms.config.settings import Settings
    from tap_oracle_wms.reading.parts import Source
    from tap_oracle_wms.reading.pool import Pool


@dataclass(frozen=True)
class ReadRequest:
    """What a run wants of one entity, and what STATE says of it."""

    entity: Entity
    properties: Collection[str]
    """Those that are selected."""
    is_incremental: bool
    replication_key: str | None
    detects_deletes: bool
    limit: int | None
    """The most rows to emit."""
    state: Mapping[str, Any]
    span: Span
    seen: Seen = field(default_factory=Seen)
    """The facilities and companies that the user sees."""

    @property
    def name(self) -> str:
        """The entity's name."""
        return self.entity.name

    @property
    def settings(self) -> Settings:
        """Those of the run."""
        return self.entity.settings

    @property
    def backfill(self) -> Backfill | None:
        """The range that alone is read, beside the bookmark."""
        return self.settings.backfill.get(self.name)

    @property
    def logger(self) -> logging.Logger:
        """The logger of the entity's stream."""
        return logging.getLogger(logs.NAME).getChild(self.name)


@dataclass
class Terms:
    """The terms of one read: its plan, its filters and the shape of its records."""

    request: ReadRequest
    client: WmsClient
    pool: Pool
    filters: Mapping[str, Any]
    """Those of the settings."""
    plan: ReadPlan
    asked: dict[str, str]
    """The filters as WMS takes them."""

    @classmethod
    def of(
        cls,
        request: ReadRequest,
        client: WmsClient,
        pool: Pool,
        filters: Mapping[str, Any],
        combinations: Sequence[Mapping[str, str]] | None = None,
    ) -> Terms:
        """The terms of a read that begins now.

        `combinations` are the filters of the requests of `inventory_history`, one after the other:
        a load that was interrupted goes on under the same ones only, and deletes nothing.
        """
        now = client.clock.now()
        scope = filters if combinations is None else {**filters, "combinations": combinations}
        _refuse_future(request, client.clock.latest())
        plan = _planned(request, now, scope)
        whole = combinations is None and not filters and request.settings.activate_version
        whole = whole and request.backfill is None
        asked = parameters(filters, now)
        return cls(request, client, pool, filters, replace(plan, activates=whole), asked)

    @cached_property
    def shape(self) -> RecordShape:
        """The fields that are asked for, and the records that are made of them."""
        request = self.request
        names = request.entity.by_name
        needed = names.keys() & {"id", request.replication_key or "id"}
        if request.settings.read_mode in {"values_list", "auto"}:
            needed |= names.keys() & {STAMP}
        return RecordShape(
            request.name,
            request.entity.fields,
            request.properties,
            needed,
        )

    @cached_property
    def sweep(self) -> Sweep | None:
        """The search for deleted rows, if it is wanted."""
        request = self.request
        if not request.detects_deletes or request.backfill is not None:
            return None
        shape = RecordShape(request.name, request.entity.fields, {"id"}, flat=True)
        source = EntitySource(self.client, shape, self.asked, None, request.span)
        return Sweep(request.name, source, self.client, self.pool, self.plan.bookmark)

    def slices(
        self,
        ranges: Sequence[tuple[int, int]],
        *,
        cut: bool,
        more: Mapping[str, str] | None = None,
        through: Callable[[EntitySource], Source] | None = None,
    ) -> tuple[EntitySource, Slices]:
        """Return the source and the slices of ranges of ids.

        `more` filters join the user's; `through` makes another source of the same rows.
        """
        request = self.request
        most = request.settings.page_size
        size = most if request.limit is None else min(most, request.limit)
        asked = {**self.asked, **(more or {})}
        source = EntitySource(self.client, self.shape, asked, request.entity.key, request.span)
        pages = source if through is None else through(source)
        slices = Slices(pages, self.plan.window, ranges, size, cut=cut)
        return source, slices.promise() if self.plan.expects_rows else slices


def _refuse_future(request: ReadRequest, latest: datetime) -> None:
    """Check that a bookmark is of a time that has been.

    Raises:
        ConfigError: It is ahead: what changes until then would never be read.
    """
    reached = Bookmark.read(request.name, dict(request.state), request.entity.key).value
    if reached is not None and reached > latest + request.settings.clock_tolerance:
        msg = (
            f"State of stream {request.name} is ahead of time: its bookmark is {utc(reached)}, and "
            f"WMS has {utc(latest)}; set it back to the last run that read what it should, or "
            f"remove the stream from the state to load it afresh."
        )
        raise ConfigError(msg)


def _planned(request: ReadRequest, now: datetime, load_scope: Mapping[str, Any]) -> ReadPlan:
    """Plan the read from the bookmark on, and warn of what the plan leaves out."""
    settings, filters = request.settings, load_scope
    if request.backfill is not None:
        return _backfilled(request, request.backfill, now)
    bookmark = _bookmark(request)
    _compare_scope(request, bookmark, scope_digest(filters))
    _compare_codes(request, bookmark)
    if not settings.activate_version:
        filters = {**filters, "activate_version": False}  # its rows have no version
    own_time = clock.own_time()
    if request.is_incremental:
        plan = plan_incremental(bookmark, settings, now=now, filters=filters, own_time=own_time)
    else:
        plan = plan_full(bookmark, Window(), now, filters=filters, own_time=own_time)
    _warn_of_gaps(request, plan, bookmark.value)
    return plan


def _bookmark(request: ReadRequest) -> Bookmark:
    """The bookmark of STATE, less what this read does not go on with."""
    bookmark = Bookmark.read(request.name, dict(request.state), request.entity.key)
    if not request.detects_deletes:
        bookmark.known_ids = None
    elif bookmark.is_blank and bookmark.known_ids is None:
        bookmark.known_ids = IdSet()
    if "id" not in request.entity.by_name:
        bookmark.load = None  # 0.1.0 kept it as though ids told how far it was
    return bookmark


def _backfilled(request: ReadRequest, backfill: Backfill, now: datetime) -> ReadPlan:
    """The plan of a range that is read again.

    Raises:
        ConfigError: The entity has no times of change, or no ids, to bound it by.
    """
    lacking = "times of change" if backfill.is_by_time and request.entity.key is None else ""
    if backfill.filters and "id" not in request.entity.by_name:
        lacking = "ids"
    if lacking:
        msg = f"Setting `backfill` for `{request.name}`: it has no {lacking} to bound it by."
        raise ConfigError(msg)
    since, until = (
        None if each is None else moment(each, now) for each in (backfill.since, backfill.until)
    )
    request.logger.info(
        "Stream %s: reads %s again; its bookmark stays as it is.", request.name, backfill
    )
    return plan_backfill(Window(since, until), now)


def _compare_scope(request: ReadRequest, bookmark: Bookmark, scope: str) -> None:
    """Warn where other filters hold than those that the bookmark was reached under."""
    if bookmark.value is not None and bookmark.scope not in {None, scope}:
        request.logger.warning(
            "Stream %s: its filters have changed since the last run; rows that match only now "
            "are read when they change, or all by a run with `force_full_table`.",
            request.name,
        )
    bookmark.scope = scope


def _compare_codes(request: ReadRequest, bookmark: Bookmark) -> None:
    """Warn where the user sees facilities or companies that it did not see before."""
    gained = request.seen.gained_since(bookmark.sees)
    if gained and request.is_incremental and not bookmark.is_blank:
        request.logger.warning(
            "Stream %s: the user now sees %s, and did not in the last run; rows of it that have "
            "not changed since are read by a run with `force_full_table` alone, or by "
            "--reconcile=heal.",
            request.name,
            ", ".join(gained),
        )
    bookmark.sees = request.seen.digest or bookmark.sees


def _warn_of_gaps(request: ReadRequest, plan: ReadPlan, reached: datetime | None) -> None:
    """Warn of a state that counts for nothing, and of a `start_date` that leaves a gap."""
    if request.state and "format" not in request.state:
        request.logger.warning(
            "Stream %s: its state is another tap's, perhaps ahead of the rows that arrived: it "
            "is not taken over.",
            request.name,
        )
    since = plan.window.since
    if plan.is_incremental and reached and since and reached < since:
        request.logger.warning(
            "Stream %s: `start_date` leaves out what changed between the last run, %s, and %s.",
            request.name,
            utc(reached),
            utc(since),
        )
