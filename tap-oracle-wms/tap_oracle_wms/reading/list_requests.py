"""The list requests of one entity: slices in, pages out."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from opentelemetry.trace import INVALID_SPAN, Span

from tap_oracle_wms.api.client import Patience
from tap_oracle_wms.api.models import Page, RowId
from tap_oracle_wms.config.times import utc
from tap_oracle_wms.errors import (
    AuthenticationError,
    CountError,
    DataError,
    NotFoundError,
    PermissionDeniedError,
    RequestError,
    SlowAnswerError,
    UnknownFieldsError,
)
from tap_oracle_wms.observing import logs, telemetry
from tap_oracle_wms.reading.bookmark import FIRST_ID, LAST_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from contextlib import AbstractContextManager

    from tap_oracle_wms.api.client import WmsClient
    from tap_oracle_wms.reading.parts import Slice
    from tap_oracle_wms.reading.records import RecordShape

_ids = msgspec.json.Decoder(Page[RowId])
_any = msgspec.json.Decoder(Page[msgspec.Raw])

COUNT_SECONDS = 60.0
"""The longest wait for a count; after that, the rows are read without it."""

OPENING_SECONDS = 20.0
"""The longest wait for a first page with a count; after that, it is asked for without."""


class Shape(Protocol):
    """How the rows of an entity are asked for and decoded."""

    stream: str
    keyed: bool
    projection: dict[str, str]
    """The parameter that asks for the fields."""

    def id_of(self, row: Any) -> int:
        """A row's id."""

    def decode(self, content: bytes, after: int = FIRST_ID) -> Page[Any]:
        """Decode a page of rows, which come after an id."""

    def forgo(self, names: Collection[str]) -> None:
        """Ask no more for fields that this tenant does not know, where records may lack them."""

    def bare(self) -> RecordShape:
        """Return the shape of the same rows' ids alone."""


class EntitySource:
    """Requests the pages of slices from WMS, which answers 404 for an entity without rows."""

    def __init__(
        self,
        client: WmsClient,
        shape: Shape,
        filters: Mapping[str, str],
        key: str | None,
        span: Span = INVALID_SPAN,
    ) -> None:
        self.keyed = shape.keyed
        self.id_of = shape.id_of
        self._client = client
        self._path = f"/entity/{shape.stream}/"
        self._shape = shape
        self._key = key
        self._filters = filters
        self._span = span
        self.attempts: int | None = None
        """How often a page is asked for that fails; as the settings say without."""
        self.stream = shape.stream
        self.doubts: list[str] = []
        """What was asked for again, by this source and all that are made of it."""
        self.short_pages: list[int] = []
        """Sizes of pages with a link that were as short when they were asked for again.

        The first is what WMS caps pages at; a second one says that its pages vary.
        """

    def bare(self) -> EntitySource:
        """Return the source of the same rows' ids alone."""
        return self.shaped(self._shape.bare())

    def among(self, ids: Collection[int]) -> EntitySource:
        """Return the source of those of the same rows that have one of these ids."""
        filters = {**self._filters, "id__in": ",".join(map(str, ids))}
        return self._made(self._shape, filters, self.attempts)

    def shaped(self, shape: Shape, attempts: int | None = None) -> EntitySource:
        """Return the source of the same rows in another shape."""
        return self._made(shape, self._filters, attempts)

    def _made(
        self, shape: Shape, filters: Mapping[str, str], attempts: int | None = None
    ) -> EntitySource:
        source = EntitySource(self._client, shape, filters, self._key, self._span)
        source.attempts = attempts
        source.doubts = self.doubts
        source.short_pages = self.short_pages
        return source

    def page(self, part: Slice, size: int) -> Page[Any]:
        """The next rows of a slice."""
        with logs.about(self.stream), self._begin(part, size) as span:
            page = self._counted_or_not(part, size)
            part.read += len(page.results)
            span.set_attribute("singer.rows", len(page.results))
            part.span.set_attribute("singer.rows", part.read)
        return page

    def _counted_or_not(self, part: Slice, size: int) -> Page[Any]:
        """Read rows, without their number where that takes too long.

        Raises:
            SlowAnswerError: The rows alone take too long, too.
        """
        try:
            return self._known_fields(part, size)
        except SlowAnswerError as error:
            if not part.counts:
                raise
            part.counts, part.uncounted = False, CountError(str(error))
        return self._known_fields(part, size)

    def _known_fields(self, part: Slice, size: int) -> Page[Any]:
        """Read rows, without the fields that this tenant does not know.

        Raises:
            UnknownFieldsError: One of them cannot be left out.
        """
        params = part.query or (
            self._bounds(part)
            | {"page_mode": "paged" if part.counts else "sequenced", "page_size": str(size)}
            | ({"ordering": "id"} if self.keyed else {})
            | self._shape.projection
        )
        try:
            return self._rows(part, params, size)
        except UnknownFieldsError as error:
            self._shape.forgo(error.names)
            if isinstance(params, str) or self._shape.projection.items() <= params.items():
                raise
            return self._known_fields(part, size)

    def _rows(self, part: Slice, params: Mapping[str, str] | str, size: int) -> Page[Any]:
        """Get a page; ask again for what speaks against a promise, and then believe it for now."""
        get = partial(
            self._client.get,
            self._path,
            params,
            partial(self._shape.decode, after=part.after),
            Patience(
                OPENING_SECONDS if part.counts else None,
                retries_timeouts=part.query is not None,
                attempts=self.attempts,
            ),
        )
        page = _found(get)
        if self._is_doubtful(part, page, size):
            self.doubts.append(self._path)
            first, page = page, _found(get)
            if self._is_short(first, size):
                page = self._fuller(first, page)
            elif _is_cut_off(first, size):
                page = max(page, first, key=_rows_of)
        return page

    def _fuller(self, first: Page[Any], again: Page[Any]) -> Page[Any]:
        """Return the answer with more rows; two that have as many tell the size of pages."""
        if len(again.results) < len(first.results):
            return first
        if len(again.results) == len(first.results):
            self.short_pages.append(len(again.results))
        return again

    def _is_short(self, page: Page[Any], size: int) -> bool:
        """Whether a page has fewer rows than others have although more follow."""
        if page.next_page is None or len(self.short_pages) > 1:
            return False
        return 0 < len(page.results) < min([size, *self.short_pages])

    def _is_doubtful(self, part: Slice, page: Page[Any], size: int) -> bool:
        """Return whether an answer is empty against a promise, short, disordered, or a full end.

        A short page has a link or a count of more rows; a full end has neither.
        """
        if not page.results and (part.promised or page.next_page is not None):
            return True
        if self._is_short(page, size) or (part.counts and _is_cut_off(page, size)):
            return True
        if not self.keyed:
            is_last = page.next_page is None and page.result_count is None
            return is_last and len(page.results) >= size
        ids = map(self.id_of, page.results)
        return any(a >= b for a, b in pairwise(ids))

    def top(self, part: Slice) -> tuple[int, int] | None:
        """Return the greatest id after a slice's start, and the number of rows up to it.

        Raises:
            CountError: WMS cannot tell.
        """
        params = self._bounds(part, bounded=False) | {"ordering": "-id", "fields": "id"}
        page = self._counted(params, _ids)
        if not page.results and part.promised:
            self.doubts.append(self._path)
            page = self._counted(params, _ids)
        return (page.results[0].id, page.result_count or 0) if page.results else None

    def count(self, part: Slice) -> int:
        """Return how many rows of a slice there are.

        Raises:
            CountError: WMS cannot tell.
        """
        return self._counted(self._bounds(part), _any).result_count or 0

    def _counted(
        self, params: Mapping[str, str], decoder: msgspec.json.Decoder[Page[Any]]
    ) -> Page[Any]:
        """Get one row, and the number of all.

        Raises:
            AuthenticationError: As for every request.
            PermissionDeniedError: As for every request.
            CountError: There is no answer with a number in it.
        """
        asked = {**params, "page_size": "1"}
        get = partial(
            self._client.get,
            self._path,
            asked,
            decoder.decode,
            Patience(COUNT_SECONDS, retries_timeouts=False),
        )
        with logs.about(self.stream), telemetry.span("top", self._span, stream=self.stream):
            try:
                page = _found(get)
            except (AuthenticationError, PermissionDeniedError):
                raise
            except (RequestError, DataError) as error:
                raise CountError(str(error)) from None
        if page.results and page.result_count is None:
            msg = f"WMS gives no number of rows with GET {self._path}."
            raise CountError(msg)
        return page

    def _begin(self, part: Slice, size: int) -> AbstractContextManager[Span]:
        """The span of a page, within that of its slice."""
        if part.span is INVALID_SPAN:
            since, until = (
                None if moment is None else utc(moment)
                for moment in (part.window.since, part.window.until)
            )
            part.span = telemetry.begin(
                "slice", self._span, stream=self.stream, since=since, until=until
            )
        return telemetry.span("page", part.span, stream=self.stream, size=size)

    def _bounds(self, part: Slice, *, bounded: bool = True) -> dict[str, str]:
        bounds = dict(self._filters)
        if self._key:
            bounds |= part.window.params(self._key)
        if part.after != FIRST_ID:
            bounds["id__gt"] = str(part.after)
        if bounded and part.through != LAST_ID and not part.counts:  # a count is of all rows
            bounds["id__lte"] = str(part.through)
        return bounds


def _rows_of(page: Page[Any]) -> int:
    return len(page.results)


def _is_cut_off(page: Page[Any], size: int) -> bool:
    """Whether a page lacks rows that it counts itself, and has no link to them."""
    return page.next_page is None and len(page.results) < min(size, page.result_count or 0)


def _found(get: Callable[[], Page[Any]]) -> Page[Any]:
    """Return a page; a known entity without rows answers 404."""
    try:
        return get()
    except NotFoundError:
        return Page([])
