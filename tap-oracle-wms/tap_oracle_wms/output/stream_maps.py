"""Write the records of one stream, after stream maps if there are any."""

from __future__ import annotations

import ast
import difflib
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import MappingError
from singer_sdk.mapper import SameRecordTransform

from tap_oracle_wms.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from singer_sdk.mapper import StreamMap
    from singer_sdk.streams import Stream

    from tap_oracle_wms.output.writer import BufferedWriter
    from tap_oracle_wms.reading.protocol import Piece


RECORD_NAMES = {"record", "_"}
"""What expressions call the record."""


def check_maps(
    maps: Mapping[str, Any], offered: Collection[str], properties: Mapping[str, Collection[str]]
) -> None:
    """Check that the streams and properties exist that stream maps are for.

    `offered` are the names of all entities, `properties` those of the streams of this run.

    Raises:
        ConfigError: One does not exist.
    """
    for name, given in maps.items():
        rules = given if isinstance(given, dict) else {}
        source = str(rules.get("__source__", name))
        if source.startswith("__"):
            continue
        if not any(fnmatchcase(entity, source) for entity in offered):
            near = _near(source, offered, "entity")
            msg = f"Setting `stream_maps` names `{source}`, which matches no {near}"
            raise ConfigError(msg)
        mapped = [known for stream, known in properties.items() if fnmatchcase(stream, source)]
        if mapped:
            _check_rules(name, rules, set().union(*mapped))


def _check_rules(name: str, rules: Mapping[str, Any], known: Collection[str]) -> None:
    for made, rule in rules.items():
        asked = {made} if rule in {None, "__NULL__"} and not made.startswith("__") else set()
        asked |= set(_properties_of(rule)) if isinstance(rule, str) else set()
        for wanted in sorted(asked - set(known)):
            near = _near(wanted, known, "property")
            msg = f"Setting `stream_maps` for `{name}`: `{wanted}` is no {near}"
            raise ConfigError(msg)


def _properties_of(expression: str) -> Iterator[str]:
    """Yield the properties that an expression asks of the record: `record["…"]`, `.get("…")`."""
    try:
        tree = ast.parse(expression, mode="eval")
    except SyntaxError:  # the SDK says so
        return
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Name(id=of), slice=ast.Constant(value=str() as name)):
                pass
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=of), attr="get"),
                args=[ast.Constant(value=str() as name), *_],
            ):
                pass
            case _:
                continue
        if of in RECORD_NAMES:
            yield name


def _near(name: str, known: Collection[str], what: str) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0)
    return f"{what}; did you mean `{near[0]}`?" if near else f"{what}."


class Emission:
    """Writes pages of records; what the maps make of a stream is looked up once."""

    def __init__(self, stream: Stream, writer: BufferedWriter) -> None:
        self._stream = stream
        self._writer = writer

    @cached_property
    def is_mapped(self) -> bool:
        """Whether stream maps or flattening change the records."""
        kinds = [type(stream_map) for stream_map in self._stream.stream_maps]
        flattened = bool(self._stream.config.get("flattening_enabled"))
        return flattened or kinds != [SameRecordTransform]

    def write(self, piece: Piece, version: int | None) -> None:
        """Write a piece of a reading."""
        name = self._stream.name
        if self.is_mapped:
            self.write_records(piece.records(), version, piece.extracted)
        elif (lines := piece.lines(name, version)) is None:
            self._writer.write_records(name, piece.records(), version, piece.extracted)
        else:
            for some in lines:
                self._writer.write_lines(some)

    def write_records(
        self, records: Sequence[dict[str, Any]], version: int | None, extracted: datetime
    ) -> None:
        """Write records that were `extracted` together."""
        if not self.is_mapped:
            self._writer.write_records(self._stream.name, records, version, extracted)
            return
        for stream_map in self._stream.stream_maps:
            mapped = (self._mapped(stream_map, record) for record in records)
            found = [record for record in mapped if record is not None]
            self._writer.write_records(stream_map.stream_alias, found, version, extracted)

    def _mapped(self, stream_map: StreamMap, record: dict[str, Any]) -> dict[str, Any] | None:
        """Apply a map to a record; its own errors are not shown, since they may hold values.

        Raises:
            ConfigError: The map fails; the sentence has no values.
        """
        try:
            return stream_map.transform(dict(record))
        except Exception as error:  # noqa: BLE001 - whatever an expression raises
            said = str(error) if isinstance(error, MappingError) else f"{type(error).__name__}."
            msg = (
                f"Setting `stream_maps` cannot be applied to {self._stream.name} "
                f"{record.get('id')}: {said}"
            )
            raise ConfigError(msg) from None
