"""Decode a slice of lines into one tuple of values per property, and check them on the way.

This way is only for records that fit their schema, as nearly all do. It returns None for a slice
with any other record; the caller then decodes that slice record by record, to the same values.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from singer_sdk.exceptions import InvalidJSONSchema

from target_oracle.records.validation import CompiledValidator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_oracle.schema.types import Schema

ATTEMPTS = 3
"""Slices in a row that may be decoded in vain before no more are tried."""

Check = Callable[[tuple[Any, ...]], bool]

# What says nothing about a single record's validity once its properties are checked.
_OBJECT = {"type", "properties", "required", "additionalProperties", "$schema", "$id"}
_ABOUT = {"title", "description", "default", "examples", "$comment", "deprecated", "format"}
_NUMBERS = frozenset({int, Decimal})
_KINDS: dict[str, tuple[Any, dict[str, str]]] = {
    "string": (str, {"maxLength": "max_length", "minLength": "min_length"}),
    "integer": (int, {"minimum": "ge", "maximum": "le"}),
    "boolean": (bool, {}),
}


class SliceDecoder:
    """Decodes one stream's lines by its schema; `names` are the properties that are loaded."""

    def __init__(self, schema: Schema, names: Sequence[str], *, checked: bool) -> None:
        required = set(schema.get("required", ())) if checked else set()
        properties = schema["properties"]
        fields, self._checks = [], list[tuple[int, Check]]()
        for number, name in enumerate(names):
            kind, check = _decoded_as(schema, properties[name]) if checked else (Any, None)
            default = msgspec.NODEFAULT if name in required else None
            fields.append((f"f{number}", kind, msgspec.field(name=name, default=default)))
            if check:
                self._checks.append((number, check))
        record = msgspec.defstruct(
            "Fields", fields, gc=False, forbid_unknown_fields=True, kw_only=True
        )
        message = msgspec.defstruct(
            "Message",
            [
                ("record", record),
                ("time_extracted", str | None, None),
                ("version", int | None, None),
            ],
            gc=False,
        )
        decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(message, float_hook=Decimal)
        self._decode = decoder.decode
        self._misses = 0

    def read(self, lines: Sequence[bytes]) -> tuple[list[Any], list[tuple[Any, ...]]] | None:
        """Messages, and values by property; None for lines that need a closer look."""
        if self._misses >= ATTEMPTS:
            return None
        self._misses += 1
        try:
            messages = list(map(self._decode, lines))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        rows = [msgspec.structs.astuple(message.record) for message in messages]
        values = list(zip(*rows, strict=True))
        if not all(check(values[number]) for number, check in self._checks):
            return None
        self._misses = 0
        return messages, values


def slice_decoder(schema: Schema, names: Sequence[str], *, checked: bool) -> SliceDecoder | None:
    """Return a decoder for the schema; None where only a whole record can be judged."""
    if checked and not _judged_by_property(schema, names):
        return None
    try:
        return SliceDecoder(schema, names, checked=checked)
    except (ValueError, TypeError, InvalidJSONSchema):
        return None  # a name or a limit that only the general way can take


def _judged_by_property(schema: Schema, names: Sequence[str]) -> bool:
    if not schema.keys() <= _OBJECT | _ABOUT or "object" not in _types(schema, "object"):
        return False
    properties = schema["properties"]
    plain = all(isinstance(properties[name], dict) for name in names)
    known = set(schema.get("required", ())) <= set(names)
    return plain and known and not _refers(schema)


def _refers(schema: Any) -> bool:
    """Whether a schema speaks of other places than its own."""
    if isinstance(schema, dict):
        return any(key in {"$ref", "$dynamicRef", "$recursiveRef"} for key in schema) or any(
            map(_refers, schema.values())
        )
    return isinstance(schema, list) and any(map(_refers, schema))


def _types(schema: Schema, *default: str) -> set[str]:
    given = schema.get("type", default)
    return {given} if isinstance(given, str) else set(given)


def _decoded_as(root: Schema, schema: Schema) -> tuple[Any, Check | None]:
    """Return the type that a property is decoded as, and what is left to check of its values."""
    types, limits = _types(schema), _limits(schema) - {"type"}
    kinds = types - {"null"}
    kind, known = _KINDS.get("".join(kinds), (None, {}))
    if kind and limits <= known.keys() and all(map(_is_small, map(schema.get, limits))):
        meta = msgspec.Meta(**{known[each]: schema[each] for each in limits})
        kind = Annotated[kind, meta] if limits else kind
        return (kind | None if "null" in types else kind), None
    if kinds and kinds <= {"integer", "number"} and "number" in kinds and not limits:
        return Any, _of_types(_NUMBERS | ({type(None)} if "null" in types else set()))
    return Any, _valid_by(root, schema)


def _of_types(allowed: frozenset[type]) -> Check:
    return lambda values: allowed.issuperset(map(type, values))


def _valid_by(root: Schema, schema: Schema) -> Check | None:
    if not _limits(schema):
        return None
    draft = {"$schema": root["$schema"]} if "$schema" in root else {}
    is_valid = CompiledValidator({**draft, **schema}).is_valid
    return lambda values: all(map(is_valid, values))


def _limits(schema: Schema) -> set[str]:
    """Return the keywords that say which values are valid."""
    return {k for k in schema.keys() - _ABOUT if k == "x-at-most" or not k.startswith("x-")}


def _is_small(limit: object) -> bool:
    """Whether msgspec takes a number as a limit."""
    return type(limit) is int and -(2**63) <= limit < 2**63
