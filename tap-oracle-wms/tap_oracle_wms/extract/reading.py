"""Read an entity from the files of a data extract, which WMS writes.

The window, its overlap and the hand-over from full to incremental are those of reading by pages.
STATE names the files that are emitted; a file counts only when all of it is.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from tap_oracle_wms.catalog.discovery import blank_texts, codes_of
from tap_oracle_wms.catalog.fields import DELETED_AT
from tap_oracle_wms.errors import ExtractError
from tap_oracle_wms.extract.beginning import Beginning
from tap_oracle_wms.extract.columns import FileColumns
from tap_oracle_wms.extract.files import FileReader
from tap_oracle_wms.extract.pieces import Columns, Piece
from tap_oracle_wms.extract.related_keys import Lookup
from tap_oracle_wms.reading.filters import scope
from tap_oracle_wms.reading.protocol import Proof

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_oracle_wms.config.limits import Limits
    from tap_oracle_wms.extract.task import Extraction
    from tap_oracle_wms.reading.plan import ReadPlan
    from tap_oracle_wms.reading.request import Terms
    from tap_oracle_wms.reading.sweep import Sweep


class ExtractReading:
    """Reads the files of one extract; the bookmark follows each file."""

    total = None
    proof = Proof()

    def __init__(self, beginning: Beginning, extraction: Extraction, limits: Limits) -> None:
        self._beginning, self._extraction, self._limits = beginning, extraction, limits
        self.plan: ReadPlan = beginning.terms.plan
        self.sweep: Sweep | None = beginning.terms.sweep
        self.numbers = beginning.wanted.numbers
        request, wanted = beginning.terms.request, beginning.wanted
        self._entity = request.name
        self._lookup = Lookup(
            beginning.terms.client,
            request.entity,
            wanted.of_links,
            wanted.of_rows,
            limits.many_lookups,
        )
        self._keep()

    @classmethod
    def begin(cls, terms: Terms, limits: Limits) -> ExtractReading | None:
        """Resume or start an extract; None where the entity has to be read by pages."""
        beginning = Beginning(terms)
        extraction = beginning.extraction()
        return None if extraction is None else cls(beginning, extraction, limits)

    def _keep(self) -> None:
        self.plan.bookmark.extract = self._extraction.pack()

    def pieces(self) -> Iterator[Piece]:
        """Yield the rows to emit, and a mark after the last rows of each file.

        Raises:
            ExtractError: The extract cannot be relied on; it is not resumed then.
        """
        try:
            yield from self._pieces()
        except ExtractError:
            self.plan.bookmark.extract = None
            raise
        self._extraction.finished = True
        self._extraction.files = {}
        self._keep()

    def _pieces(self) -> Iterator[Piece]:
        terms, wanted = self._beginning.terms, self._beginning.wanted
        codes = self._codes()
        blank = blank_texts(terms.client, self._entity)
        files = FileColumns(self._entity, terms.request.entity.fields, wanted.asked, blank)
        reader = FileReader(
            terms.client,
            self._beginning.task,
            self._beginning.store,
            self._extraction,
            self._limits.extract_batch,
        )
        for batch, name in reader.batches(wanted.asked, self._beginning.counted):
            if batch is None:
                yield Piece({}, self.numbers, is_milestone=True)
                continue
            files.check(batch, name)
            columns = self._in_window(files.converted(batch), codes)
            if len(columns["id"]):
                yield Piece(self._completed(columns), self.numbers)

    def _codes(self) -> Columns:
        """Link -> the ids of the companies or facilities that are read."""
        terms, found = self._beginning.terms, {}
        for name, codes in scope(terms.request.entity.by_name, terms.request.settings).items():
            link = name.partition("__")[0]
            seen = codes_of(terms.client, link.removesuffix("_id"), {"code__in": codes})
            found[link] = pa.array(list(seen), pa.int64())
        return found

    def _in_window(self, columns: Columns, codes: Columns) -> Columns:
        """Keep the rows that pages would give.

        An extract cannot be asked for an upper bound, or for companies and facilities.

        Raises:
            ExtractError: A row has no id.
        """
        window, stamps = self.plan.window, columns[str(self._beginning.key)]
        if columns["id"].null_count:
            msg = f"Stream {self._entity}: an extracted row has no id."
            raise ExtractError(msg)
        masks = [pc.is_in(columns[link], ids) for link, ids in codes.items()]
        if window.since is not None:
            masks.append(pc.greater_equal(stamps, pa.scalar(window.since, stamps.type)))
        if window.until is not None:
            masks.append(pc.less(stamps, pa.scalar(window.until, stamps.type)))
        if not masks:
            return columns
        wanted = reduce(pc.and_, masks)
        return {name: column.filter(wanted) for name, column in columns.items()}

    def _completed(self, columns: Columns) -> Columns:
        found = self._lookup.complete(columns)
        made = {
            part.name: found[part.name] if part.name in found else columns[part.field.name]
            for part in self._beginning.wanted.parts
        }
        if self.sweep is not None:
            made[DELETED_AT] = pa.nulls(len(columns["id"]), pa.string())
        return made

    def commit(self, piece: Piece) -> None:
        """Note in the bookmark that a file is out, at its end."""
        if piece.is_milestone:
            self._keep()

    @property
    def schema_changes(self) -> dict[str, list[str]]:
        """None: a file that lacks a field fails the read, and one that has more is not told."""
        return {}

    def warn(self) -> None:
        """Log what could not be looked up."""
        self._lookup.report()

    def close(self) -> None:
        """Do nothing: no file stays open outside `pieces`."""
