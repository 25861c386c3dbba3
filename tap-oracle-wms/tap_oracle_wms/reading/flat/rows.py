"""Rows of a `values_list`, decoded into the shape of records: only what must be is converted."""

from __future__ import annotations

from collections import deque
from itertools import repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from tap_oracle_wms.api.models import Page
from tap_oracle_wms.catalog.fields import DELETED_AT, EntityField, Kind
from tap_oracle_wms.errors import DataError
from tap_oracle_wms.reading.bookmark import FIRST_ID
from tap_oracle_wms.reading.record_lines import EncodedRows
from tap_oracle_wms.reading.records import RecordShape
from tap_oracle_wms.reading.values import CONVERSIONS, WIRE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from tap_oracle_wms.reading.values import Column

_AS_WRITTEN = {Kind.DATE}
"""What is encoded as the text that records have."""

_CHECKED = {Kind.DECIMAL}
"""What a conversion leaves as it is, or refuses."""

BLOCK = 128
"""Rows that are converted and encoded at once: they stay in the processor's cache meanwhile."""

_encoder = msgspec.json.Encoder(decimal_format="number")


class FlatRows:
    """How rows are asked for and decoded: each is an object that is encoded as its record.

    A row has the properties of records in their order, and what else is asked for. `fields` are
    those that a `values_list` carries, and `paths` lead to keys of related records. Properties that
    neither gives are set later.
    """

    keyed = True
    id_of = staticmethod(attrgetter("f0"))
    """Return a row's id."""

    def __init__(
        self,
        stream: str,
        fields: Sequence[EntityField],
        paths: Collection[str],
        names: Sequence[str],
        *,
        marks_deletes: bool = False,
    ) -> None:
        """`marks_deletes`: records have the time of their deletion, which is null."""
        self.stream = stream
        self.names = names
        """The properties of records."""
        self.carried = [field.name for field in fields]
        kinds = {field.name: field.kind for field in fields} | dict.fromkeys(paths, Kind.KEY)
        self.projection = {"values_list": ",".join(sorted(kinds, key=lambda name: name != "id"))}
        order = sorted(dict.fromkeys([*names, *kinds, DELETED_AT]), key=lambda name: name != "id")
        self._attributes = {name: f"f{n}" for n, name in enumerate(order)}
        self._getters = {name: attrgetter(at) for name, at in self._attributes.items()}
        self._is_plain = set(self.carried) <= set(names)
        """Whether a row has nothing that records have not."""
        self._kinds = kinds
        self._converted = {
            field.name: field.kind
            for field in fields
            if field.kind in CONVERSIONS and field.kind not in _AS_WRITTEN
        }
        self.row = msgspec.defstruct(
            "FlatRow",
            [
                (at, int if at == "f0" else WIRE[kinds[name]])
                if name in kinds
                else (at, Any, None if marks_deletes and name == DELETED_AT else msgspec.UNSET)
                for name, at in self._attributes.items()
            ],
            rename={at: name for name, at in self._attributes.items()},
            forbid_unknown_fields=True,
            kw_only=True,
            gc=False,
        )
        """The type of rows."""
        self._decoder = msgspec.json.Decoder(Page[self.row])  # type: ignore[name-defined] # made here

    def forgo(self, names: Collection[str]) -> None:
        """Ask for all columns, for values were compared with them."""

    def bare(self) -> RecordShape:
        """Return the shape of the same rows' ids alone."""
        return RecordShape(self.stream, (EntityField("id", Kind.INTEGER),), {"id"})

    def decode(self, content: bytes, after: int = FIRST_ID) -> Page[Any]:
        """Decode a page of rows that have all of the columns and no other, after an id.

        Raises:
            DataError: They have not, or a value has the wrong type.
            msgspec.DecodeError: The content is no whole page.
        """
        try:
            return self._decoder.decode(content)
        except msgspec.ValidationError as error:
            msgspec.json.decode(content, type=Page[dict[str, msgspec.Raw]])
            where = "" if after == FIRST_ID else f", after id {after}"
            msg = f"Stream {self.stream}: a `values_list` gives what it should not{where}: {error}."
            raise DataError(msg) from None

    def column(self, name: str, rows: Sequence[Any]) -> Column:
        """Return the values that rows have for now."""
        return list(map(self._getters[name], rows))

    def put(self, name: str, rows: Iterable[Any], values: Iterable[Any]) -> None:
        """Give rows their values of a property."""
        deque(map(setattr, rows, repeat(self._attributes[name]), values), maxlen=0)

    def omit(self, names: Iterable[str], rows: Sequence[Any]) -> None:
        """Leave columns out of the records of rows."""
        for name in names:
            self.put(name, rows, repeat(msgspec.UNSET))

    def convert(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Convert the decoded values of rows into those of records, and encode them.

        Raises:
            DataError: A value cannot be expressed.
        """
        blocks = []
        for start in range(0, len(rows), BLOCK):
            block = rows[start : start + BLOCK]
            for name, kind in self._converted.items():
                self._convert(name, kind, block)
            if self._is_plain:
                blocks.append(_encoder.encode_lines(block))
        return EncodedRows(rows, blocks) if blocks else rows

    def _convert(self, name: str, kind: Kind, rows: Sequence[Any]) -> None:
        try:
            made = CONVERSIONS[kind](self.column(name, rows))
        except ValueError as error:
            msg = f"Stream {self.stream}: in a `values_list`, a value of {name} {error}."
            raise DataError(msg) from None
        if kind not in _CHECKED:
            self.put(name, rows, made)

    def columns(self, names: Iterable[str], rows: Sequence[Any]) -> dict[str, Column]:
        """Return properties of converted rows."""
        return {
            name: CONVERSIONS[Kind.DATE](self.column(name, rows))
            if self._kinds.get(name) in _AS_WRITTEN
            else self.column(name, rows)
            for name in names
        }
