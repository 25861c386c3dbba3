"""Start tasks of the Data Extract API, and wait for them."""

from __future__ import annotations

import logging
import time
import uuid
from dataclasses import asdict, dataclass, field
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from tap_oracle_wms.api.models import ExportStatus, Page
from tap_oracle_wms.errors import (
    CountError,
    ExtractError,
    NotFoundError,
    PermissionDeniedError,
    RequestError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tap_oracle_wms.api.client import WmsClient

BEGINNING = "1970-01-01T00:00:00"
"""WMS wants a bound in every request."""

SUCCESSES = {"SUCCEEDED", "SUCCESS"}
FAILURES = {"FAILED"}
UNKNOWN_POLLS = 3
"""How often WMS may answer that it does not know a task which it has just accepted."""

logger = logging.getLogger("tap-oracle-wms")
_statuses = msgspec.json.Decoder(ExportStatus)
_anything = msgspec.json.Decoder(Any)
_counts = msgspec.json.Decoder(Page[Any])


@dataclass
class Extraction:
    """An extract under way, as STATE keeps it."""

    id: str
    scope: str
    """Digest of the filters: an extract with other filters is not resumed."""
    counted: int
    """Rows that WMS showed before the start."""
    since: str | None = None
    until: str | None = None
    mark: str | None = None
    version: int | None = None
    prefix: str | None = None
    files: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    """Name -> tag, rows and digest of the files that are out."""
    finished: bool = False

    @classmethod
    def read(cls, found: Mapping[str, Any] | None) -> Extraction | None:
        """An extraction out of STATE; None when there is none that this version knows."""
        try:
            return None if found is None else msgspec.convert(found, cls)
        except msgspec.ValidationError:
            return None

    def pack(self) -> dict[str, Any]:
        """Return the form in which STATE keeps it, which `read` parses."""
        return {name: value for name, value in asdict(self).items() if value not in (None, {})}


def new_identifier() -> str:
    """An identifier that WMS has not seen."""
    return f"tap{uuid.uuid4().hex[:16]}"


def since_filter(key: str, since: datetime | None) -> dict[str, str]:
    """The lower bound that WMS takes: exclusive, in UTC, here to the whole second before."""
    if since is None:
        return {f"{key}__gt": BEGINNING}
    before = since.astimezone(UTC).replace(microsecond=0, tzinfo=None) - timedelta(seconds=1)
    return {f"{key}__gt": before.isoformat()}


class ExtractTask:
    """One entity's extract on the side of WMS."""

    def __init__(self, client: WmsClient, entity: str) -> None:
        self._client, self._entity = client, entity
        self._settings = client.settings

    def estimate(self, filters: Mapping[str, str]) -> int:
        """Return how many rows the entity API shows under the same bounds, as one answer has it."""
        return self._counted(filters).result_count or 0

    def count(self, filters: Mapping[str, str]) -> int:
        """Return how many rows the entity API shows; that there are none is asked again.

        Raises:
            CountError: WMS does not tell.
        """
        page = self._counted(filters)
        if not page.results:
            page = self._counted(filters)
        if page.results and page.result_count is None:
            msg = (
                f"WMS gives no number of rows with GET /entity/{self._entity}/, by which an "
                f"extract is compared; read the entity by pages (`extract_entities`)."
            )
            raise CountError(msg)
        return page.result_count or 0

    def _counted(self, filters: Mapping[str, str]) -> Page[Any]:
        utc = {n: f"{v}+00:00" if n.endswith("_ts__gt") else v for n, v in filters.items()}
        params = {**utc, "page_mode": "paged", "page_size": "1", "fields": "id"}
        try:
            return self._client.get(f"/entity/{self._entity}/", params, _counts.decode)
        except NotFoundError:
            return Page([])

    def start(self, identifier: str, fields: Sequence[str], filters: Mapping[str, str]) -> None:
        """Ask WMS to write the files; a repeated request does not start a second task.

        Raises:
            ExtractError: The user may not extract.
            RequestError: WMS has no such API, or refuses.
        """
        settings = self._settings
        endpoint = {"name": settings.extract_endpoint}
        if settings.extract_path:
            endpoint["object_store_path"] = settings.extract_path
        body = {
            "options": {
                "endpoint": endpoint,
                "file_format": settings.extract_format.upper(),
                "file_size_in_mb": settings.extract_file_size_mb,
                "compressed": settings.extract_compressed,
                "unique_identifier": identifier,
            },
            "parameters": {
                "entities": [
                    {"entity": self._entity, "fields": ",".join(fields), "filter": dict(filters)}
                ]
            },
        }
        path = "/data_extract/push_to_object_store"
        try:
            self._client.post(path, msgspec.json.encode(body), _anything.decode)
        except PermissionDeniedError:
            msg = (
                f"WMS denied the extract of {self._entity} (403); user "
                f"{settings.username or '?'} needs the flag `async_data_extract_flg`, which only "
                f"the original ADMIN user can set."
            )
            raise ExtractError(msg) from None
        except NotFoundError:
            msg = "WMS has no Data Extract API (404), which comes with release 25A."
            raise RequestError(msg) from None
        except RequestError:
            if self.status(identifier) is None:  # an answer that was lost may have started it
                raise

    def status(self, identifier: str) -> tuple[str, str, str | None] | None:
        """Return status, message and file prefix of the task; None when WMS does not know it."""
        path, params = "/data_extract/export_async_status", {"unique_identifier": identifier}
        try:
            answer = self._client.get(path, params, _statuses.decode)
        except NotFoundError:
            return None
        found = [each[self._entity] for each in answer.entities if self._entity in each]
        if not found:
            return answer.cummulative_status, "", None
        return found[-1].status, found[-1].message or "", found[-1].file_prefix

    def wait(self, identifier: str) -> str:
        """Wait for the end of the task, and return the prefix of its files.

        Raises:
            ExtractError: The task fails, or does not end in time.
        """
        begun, unknown, status = time.monotonic(), 0, ""
        while time.monotonic() - begun < self._settings.extract_timeout_seconds:
            found = self.status(identifier)
            if found is None:
                unknown += 1
                if unknown > UNKNOWN_POLLS:
                    raise ExtractError(self._sentence(identifier, "is not known to WMS"))
            else:
                status, message, prefix = found
                if status in SUCCESSES:
                    return prefix or f"data_ocwms_{identifier}_{self._entity}_"
                if status in FAILURES:
                    reason = f"failed: {message.rstrip('.') or 'WMS gives no reason'}"
                    raise ExtractError(self._sentence(identifier, reason))
            self._client.cancellation.wait(self._settings.extract_poll_seconds)
            self._client.cancellation.check()
        seconds = self._settings.extract_timeout_seconds
        reason = f"has not ended within {seconds:g} s (`extract_timeout_seconds`), it is {status}"
        raise ExtractError(self._sentence(identifier, reason))

    def _sentence(self, identifier: str, what: str) -> str:
        return f"Stream {self._entity}: the extract {identifier} {what}."
