"""Read the files of one extract, several at a time, and wait for files that are missing."""

from __future__ import annotations

import logging
import re
import tempfile
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from tap_oracle_wms.errors import ExtractError
from tap_oracle_wms.extract.formats import batches
from tap_oracle_wms.extract.store import StoredFile, rewritten
from tap_oracle_wms.observing import logs, telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Future

    import pyarrow as pa

    from tap_oracle_wms.api.client import WmsClient
    from tap_oracle_wms.extract.store import ExtractStore
    from tap_oracle_wms.extract.task import Extraction, ExtractTask

AHEAD = 3
"""Files that are fetched before they are read."""

_ENDING = re.compile(r"\.(csv|json|parquet)(\.gz|\.gzip|\.snappy)?$", re.IGNORECASE)

logger = logging.getLogger("tap-oracle-wms")


class FileReader:
    """Reads the files of an extract that are not emitted yet."""

    def __init__(
        self,
        client: WmsClient,
        task: ExtractTask,
        store: ExtractStore,
        extraction: Extraction,
        batch_rows: int,
    ) -> None:
        self._batch_rows = batch_rows
        self._client, self._task, self._store = client, task, store
        self._extraction = extraction
        self._waiting: float | None = None
        """The moment since which files have been missing."""

    def batches(
        self, asked: Sequence[str], counted: Mapping[str, str]
    ) -> Iterator[tuple[pa.RecordBatch | None, str]]:
        """Batches and the names of their files; None in place of a batch after a file's last one.

        `counted` is what WMS is asked to count: the files must hold no fewer rows.

        Raises:
            ExtractError: The task fails, or its files are not those of a whole extract.
        """
        extraction = self._extraction
        extraction.prefix = self._task.wait(extraction.id)
        while True:
            if new := self._unread():
                self._waiting = None
                yield from self._read(new, asked)
                continue
            shown = self._task.count(counted)
            if self._unread():  # looks again at what was read, too
                continue
            if self._rows >= min(extraction.counted, shown):
                self._compare(max(extraction.counted, shown))
                return
            self._wait(min(extraction.counted, shown))

    @property
    def _rows(self) -> int:
        return sum(rows for _, rows, _ in self._extraction.files.values())

    def _unread(self) -> list[StoredFile]:
        """Return the files whose rows have not left yet.

        Raises:
            ExtractError: A file is not of an extract, or has changed since it was read.
        """
        done, unread = self._extraction.files, []
        for file in self._store.files(str(self._extraction.prefix)):
            if not _ENDING.search(file.name):
                msg = (
                    f"File {file.name} is none that WMS extracts; remove it, or find out who "
                    f"writes to the folder."
                )
                raise ExtractError(msg)
            if file.name not in done:
                unread.append(file)
            elif done[file.name][0] != file.tag:
                raise ExtractError(rewritten(file.name))
        return unread

    def _wait(self, needed: int) -> None:
        """Wait for missing files, for a limited time.

        Raises:
            ExtractError: `extract_settle_seconds` have passed.
        """
        now, settings = time.monotonic(), self._client.settings
        self._waiting = self._waiting or now
        left = self._waiting + settings.extract_settle_seconds - now
        if left <= 0:
            msg = (
                f"The {len(self._extraction.files)} files of the extract {self._extraction.id} "
                f"hold {self._rows:,} rows, but WMS shows {needed:,}: a file is missing or cut off."
            )
            raise ExtractError(msg)
        self._client.cancellation.wait(min(left, settings.extract_poll_seconds))
        self._client.cancellation.check()

    def _compare(self, shown: int) -> None:
        if self._rows > shown:
            logger.warning(
                "The extract %s holds %d rows, WMS shows %d: an extract is not limited to the "
                "companies and facilities of the user.",
                self._extraction.id,
                self._rows,
                shown,
            )

    def _read(
        self, files: Sequence[StoredFile], asked: Sequence[str]
    ) -> Iterator[tuple[pa.RecordBatch | None, str]]:
        with (
            tempfile.TemporaryDirectory(prefix="tap-oracle-wms-") as folder,
            ThreadPoolExecutor(AHEAD) as pool,
        ):
            fetch = logs.carried(self._fetch)
            waiting = deque(enumerate(files))
            fetched: deque[tuple[StoredFile, Path, Future[str]]] = deque()
            while waiting or fetched:
                while waiting and len(fetched) <= AHEAD:
                    number, file = waiting.popleft()
                    copy = Path(folder) / str(number)
                    fetched.append((file, copy, pool.submit(fetch, file, copy)))
                self._client.cancellation.check()
                file, copy, digest = fetched.popleft()
                yield from self._one(file, copy, digest.result(), asked)
                copy.unlink()

    def _fetch(self, file: StoredFile, copy: Path) -> str:
        with telemetry.span("file"):
            return self._store.fetch(file, copy)

    def _one(
        self, file: StoredFile, copy: Path, digest: str, asked: Sequence[str]
    ) -> Iterator[tuple[pa.RecordBatch | None, str]]:
        """Yield the batches of a file; none where one of the same content was read before."""
        files, rows = self._extraction.files, 0
        twin = next((name for name, known in files.items() if known[2] == digest), None)
        if twin is not None:
            logger.warning("File %s is the same as %s: left out.", file.name, twin)
        else:
            for batch in _ahead(batches(copy, file.name, asked, self._batch_rows)):
                rows += len(batch)
                yield batch, file.name
        files[file.name] = (file.tag, rows, digest)
        yield None, file.name


def _ahead(source: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Decode the next batch while the caller works on one."""
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(next, source, None)
        while (batch := following.result()) is not None:
            following = pool.submit(next, source, None)
            yield batch
