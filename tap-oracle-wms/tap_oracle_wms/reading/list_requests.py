"""The list requests of one entity: slices in, pages out."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from opentelemetry.trace import INVALID_SPAN, Span

from tap_oracle_wms.api.models import Page, RowId
from tap_oracle_wms.config.times import utc
from tap_oracle_wms.errors import NotFoundError, UnknownFieldsError
from tap_oracle_wms.observing import logs, telemetry
from tap_oracle_wms.reading.bookmark import FIRST_ID, LAST_ID

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from tap_oracle_wms.api.client import WmsClient
    from tap_oracle_wms.reading.records import RecordShape
    from tap_oracle_wms.reading.slices import Slice

_ids = msgspec.json.Decoder(Page[RowId])


class EntitySource:
    """Requests the pages of slices from WMS, which answers 404 for an entity without rows."""

    def __init__(
        self,
        client: WmsClient,
        shape: RecordShape,
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
        self._stream = shape.stream

    def page(self, part: Slice, size: int) -> Page[Any]:
        """The next rows of a slice."""
        with logs.about(self._stream), self._begin(part, size) as span:
            page = self._known_fields(part, size)
            part.read += len(page.results)
            span.set_attribute("singer.rows", len(page.results))
            part.span.set_attribute("singer.rows", part.read)
        return page

    def _known_fields(self, part: Slice, size: int) -> Page[Any]:
        """Read rows, without the fields that this tenant does not know.

        Raises:
            UnknownFieldsError: One of them cannot be left out.
        """
        params = part.query or (
            self._bounds(part)
            | {"page_mode": "sequenced", "page_size": str(size)}
            | ({"ordering": "id"} if self.keyed else {})
            | self._shape.projection
        )
        try:
            return self._rows(part, params)
        except UnknownFieldsError as error:
            self._shape.forgo(error.names)
            if isinstance(params, str) or self._shape.projection.items() <= params.items():
                raise
            return self._known_fields(part, size)

    def _rows(self, part: Slice, params: Mapping[str, str] | str) -> Page[Any]:
        get = partial(
            self._client.get,
            self._path,
            params,
            self._shape.decode,
            retry_timeouts=part.query is not None,
        )
        with suppress(NotFoundError):
            return get()
        if part.read:  # the page before promised more: it is gone, or the answer is wrong
            with suppress(NotFoundError):
                return get()
        return Page([])

    def top(self, part: Slice) -> tuple[int, int] | None:
        """Return the greatest id after a slice's start, and the number of rows up to it."""
        params = self._bounds(part, bounded=False) | {
            "ordering": "-id",
            "page_size": "1",
            "fields": "id",
        }
        with logs.about(self._stream), telemetry.span("top", self._span, stream=self._stream):
            try:
                page = self._client.get(self._path, params, _ids.decode)
            except NotFoundError:
                return None
        return (page.results[0].id, page.result_count or 1) if page.results else None

    def _begin(self, part: Slice, size: int) -> AbstractContextManager[Span]:
        """The span of a page, within that of its slice."""
        if part.span is INVALID_SPAN:
            since, until = (
                None if moment is None else utc(moment)
                for moment in (part.window.since, part.window.until)
            )
            part.span = telemetry.begin(
                "slice", self._span, stream=self._stream, since=since, until=until
            )
        return telemetry.span("page", part.span, stream=self._stream, size=size)

    def _bounds(self, part: Slice, *, bounded: bool = True) -> dict[str, str]:
        bounds = dict(self._filters)
        if self._key:
            bounds |= part.window.params(self._key)
        if part.after != FIRST_ID:
            bounds["id__gt"] = str(part.after)
        if bounded and part.through != LAST_ID:
            bounds["id__lte"] = str(part.through)
        return bounds
