"""Convert columns of extracted files into the columns of the selected properties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from tap_oracle_wms.api.models import Related
from tap_oracle_wms.catalog.fields import COMPUTED, EntityField, Kind
from tap_oracle_wms.errors import DataError, ExtractError
from tap_oracle_wms.extract.conversion import Mismatch, converted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_related = msgspec.json.Decoder(Related | int)


@dataclass(frozen=True)
class Part:
    """A property: the field that it comes from, and the part of the field's value that it is."""

    name: str
    field: EntityField
    part: str = "value"
    """`value`, or `key` or `url` of a link."""


def parts(fields: tuple[EntityField, ...], selected: Collection[str]) -> Iterator[Part]:
    """The selected properties, in the order of records."""
    for field in sorted(fields, key=lambda f: f.name != "id"):
        name = f"{field.name}_count" if field.kind is Kind.COUNT else field.name
        made = [Part(name, field)]
        if field.kind is Kind.RELATION:
            made += [Part(field.key, field, "key"), Part(f"{field.name}_url", field, "url")]
        yield from (part for part in made if part.name in selected)
    if "url" in selected:
        yield Part("url", EntityField("url", Kind.URL))


def is_column(entity: str, field: EntityField) -> bool:
    """Whether files hold a field: it is no set, is not computed, and has a known type."""
    return (
        field.kind not in {Kind.COUNT, Kind.JSON, Kind.URL}
        and not field.name.endswith("_set")
        and field.name not in COMPUTED.get(entity, set())
    )


@dataclass(frozen=True)
class Wanted:
    """Which properties are read from the extracted files, and which from the entity API."""

    parts: tuple[Part, ...]
    asked: list[str]
    """The fields that WMS shall write."""
    of_links: dict[str, list[str]]
    """Link -> its properties that files may lack."""
    of_rows: dict[str, Kind]
    """Properties that no file holds."""

    @classmethod
    def of(
        cls,
        entity: str,
        fields: tuple[EntityField, ...],
        selected: Collection[str],
        needed: Collection[str],
    ) -> Wanted:
        """The fields of selected properties and those that are `needed` besides."""
        found = tuple(parts(fields, selected))
        wanted = {*needed, *(part.field.name for part in found)}
        of_links: dict[str, list[str]] = {}
        for part in found:
            if part.part != "value":
                of_links.setdefault(part.field.name, []).append(part.name)
        return cls(
            found,
            [f.name for f in fields if f.name in wanted and is_column(entity, f)],
            of_links,
            {
                part.name: part.field.kind
                for part in found
                if part.part == "value" and not is_column(entity, part.field)
            },
        )

    @property
    def numbers(self) -> set[str]:
        """The properties that hold decimals."""
        return {part.name for part in self.parts if part.field.kind is Kind.DECIMAL}


class FileColumns:
    """Converts the batches of one entity's files."""

    def __init__(
        self, entity: str, fields: tuple[EntityField, ...], asked: list[str], never_null: set[str]
    ) -> None:
        """`never_null` are texts that WMS shows as "" where the database holds none."""
        self._entity = entity
        self._by_name = {field.name: field for field in fields}
        self._asked = asked
        self._never_null = never_null

    def check(self, batch: pa.RecordBatch, name: str) -> None:
        """Check that a file has the fields that were asked for.

        Raises:
            ExtractError: It lacks a field, which the sentence names.
        """
        lacking = [field for field in self._asked if field not in batch.schema.names]
        if lacking:
            msg = (
                f"File {name} lacks {', '.join(lacking[:5])} of what was extracted of "
                f"{self._entity}; deselect these fields, or read the entity by pages."
            )
            raise ExtractError(msg)

    def converted(self, batch: pa.RecordBatch) -> dict[str, pa.Array]:
        """Field -> values, and for links that come as objects `<field>.key` and `<field>.url`."""
        made: dict[str, pa.Array] = {}
        for name in self._asked:
            made |= self._field(self._by_name[name], batch.column(name), batch)
        return made

    def _field(
        self, field: EntityField, column: pa.Array, batch: pa.RecordBatch
    ) -> dict[str, pa.Array]:
        try:
            if field.kind in {Kind.RELATION, Kind.STATUS} and _is_object(column):
                return self._link(field, column)
            values = converted(column, field.kind)
        except (Mismatch, msgspec.DecodeError) as error:
            raise DataError(self._complaint(field, batch, str(error))) from None
        if field.kind is Kind.STRING and field.name in self._never_null:
            values = pc.fill_null(values, "")
        return {field.name: values}

    def _link(self, field: EntityField, column: pa.Array) -> dict[str, pa.Array]:
        if pa.types.is_struct(column.type):
            ids, keys, urls = (pc.struct_field(column, name) for name in ("id", "key", "url"))
            return {
                field.name: converted(ids, Kind.INTEGER),
                f"{field.name}.key": converted(keys, Kind.STRING),
                f"{field.name}.url": converted(urls, Kind.STRING),
            }
        found = [None if text is None else _related.decode(text) for text in column.to_pylist()]
        links = [each if isinstance(each, Related) else Related(each) for each in found]
        keys_of = [None if link.key is None else str(link.key) for link in links]
        return {
            field.name: pa.array([link.id for link in links], pa.int64()),
            f"{field.name}.key": pa.array(keys_of, pa.string()),
            f"{field.name}.url": pa.array([link.url for link in links], pa.string()),
        }

    def _complaint(self, field: EntityField, batch: pa.RecordBatch, reason: str) -> str:
        first = batch.column("id")[0].as_py() if "id" in batch.schema.names else "?"
        return (
            f"Stream {self._entity}, field {field.name}, extracted rows from id {first} on: "
            f"{reason}; deselect the field, or read the entity by pages."
        )


def _is_object(column: pa.Array) -> bool:
    if pa.types.is_struct(column.type):
        return True
    return bool(pa.types.is_string(column.type) and pc.any(pc.starts_with(column, "{")).as_py())
