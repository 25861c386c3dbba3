"""Decide for whole columns whether every row certainly satisfies a schema.

"No" also stands for "cannot be told this way": the rows are then looked at one by one. What a
property's own schema says is asked of the validator itself, with as few values as decide for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types as kinds

from target_oracle.records.arrow.values import json_values
from target_oracle.records.validation import CompiledValidator

if TYPE_CHECKING:
    from collections.abc import Mapping

    Schema = Mapping[str, Any]

# Keywords that assert nothing.
_NOTES = frozenset({
    "$schema", "$comment", "title", "description", "default", "examples", "format",
    "readOnly", "writeOnly", "deprecated", "selected", "inclusion",
})  # fmt: skip
_OBJECT = frozenset({
    "type", "properties", "required", "additionalProperties", "allOf", "x-at-most",
})  # fmt: skip
_LENGTHS = frozenset({"type", "minLength", "maxLength"})
_BOUNDS = frozenset(["type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"])
_REFERENCES = ('"$ref"', '"$dynamicRef"', '"$recursiveRef"')


@dataclass(frozen=True)
class Field:
    """A column of a frame and the JSON values that it stands for."""

    array: pa.Array
    is_document: bool = False

    @cached_property
    def values(self) -> list[Any]:
        """All of them."""
        return json_values(self.array, is_document=self.is_document)

    @cached_property
    def different(self) -> list[Any]:
        """Each value but null, once where Arrow can tell."""
        try:
            present = pc.unique(self.array.drop_null())
        except pa.ArrowNotImplementedError:
            present = self.array.drop_null()
        return json_values(present, is_document=self.is_document)


def satisfied(schema: Schema, fields: Mapping[str, Field], *, nulls: bool = True) -> bool:
    """Whether all rows are valid objects of the schema; without `nulls`, null is no value."""
    if not _asserted(schema) <= _OBJECT or "object" not in _types(schema, "object"):
        return False
    properties = schema.get("properties", {})
    extra = fields.keys() - properties.keys()
    draft = {"$schema": schema["$schema"]} if "$schema" in schema else {}
    return (
        all(_is_there(fields.get(name), nulls=nulls) for name in schema.get("required", ()))
        and (not extra or schema.get("additionalProperties", True) is True)
        and all(
            satisfied({**draft, **each}, fields, nulls=nulls) for each in schema.get("allOf", ())
        )
        and _at_most(schema.get("x-at-most", {}), fields)
        and all(
            _holds(schema_of, fields[name], draft, nulls=nulls)
            for name, schema_of in properties.items()
            if name in fields
        )
    )


def _asserted(schema: Schema) -> frozenset[str]:
    return frozenset(
        word for word in schema.keys() - _NOTES if not word.startswith("x-") or word == "x-at-most"
    )


def _types(schema: Schema, default: str) -> list[str]:
    declared = schema.get("type", default)
    return [declared] if isinstance(declared, str) else list(declared)


def _is_there(field: Field | None, *, nulls: bool) -> bool:
    return field is not None and (nulls or not field.array.null_count)


def _holds(schema: Any, field: Field, draft: Schema, *, nulls: bool) -> bool:
    """Whether all values of a column are valid."""
    if isinstance(schema, bool):
        return schema
    if not _asserted(schema):
        return True
    if any(each in str(schema).replace("'", '"') for each in _REFERENCES):
        return False  # they may point anywhere in the whole
    valid = CompiledValidator({**draft, **schema}).is_valid
    if nulls and field.array.null_count and not valid(None):
        return False
    if field.array.null_count == len(field.array):
        return True
    branches = schema.get("anyOf", ()) if _asserted(schema) == {"anyOf"} else ()
    present = Field(field.array.drop_null(), field.is_document) if branches else field
    return any(_holds(each, present, draft, nulls=nulls) for each in branches) or all(
        map(valid, _telling(schema, field))
    )


def _telling(schema: Schema, field: Field) -> list[Any]:
    """Return a few values that are all valid only if all of the column are."""
    array, asserted, kind = field.array, _asserted(schema), field.array.type
    if field.is_document:
        return field.different
    if kinds.is_string(kind) and asserted <= _LENGTHS:
        return _of_all_lengths(array, schema)
    if _is_number(kind) and asserted <= _BOUNDS and not _may_be_no_integer(schema, kind):
        extremes = pc.min_max(array).as_py()
        return json_values(pa.array([extremes["min"], extremes["max"]], kind))
    if _is_text(kind, schema) and asserted <= {"type", "contentEncoding"}:
        return _first(array)
    return field.different


def _first(array: pa.Array) -> list[Any]:
    index = pc.index(array.is_valid(), True).as_py()  # the value to look for
    return json_values(array[index : index + 1])


def _of_all_lengths(array: pa.Array, schema: Schema) -> list[Any]:
    if "minLength" not in schema:
        # No text has more characters than bytes.
        largest = pc.max(pc.binary_length(array)).as_py()
        if largest <= schema.get("maxLength", largest):
            return _first(array)
    lengths = pc.utf8_length(array)
    extremes = pc.min_max(lengths).as_py()
    return [array[pc.index(lengths, each).as_py()].as_py() for each in extremes.values()]


def _is_number(kind: pa.DataType) -> bool:
    return bool(kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_decimal(kind))


def _may_be_no_integer(schema: Schema, kind: pa.DataType) -> bool:
    return "number" not in _types(schema, "number") and not kinds.is_integer(kind)


def _is_text(kind: pa.DataType, schema: Schema) -> bool:
    """Whether every value is text to the schema: bytes as base64, dates and instants as such."""
    if kinds.is_binary(kind):
        return bool(schema.get("contentEncoding", "base64") == "base64")
    return "contentEncoding" not in schema and bool(kinds.is_date(kind) or kinds.is_timestamp(kind))


def _at_most(pairs: Mapping[str, str], fields: Mapping[str, Field]) -> bool:
    for low, high in pairs.items():
        if low in fields and high in fields:
            smaller, larger = fields[low].array, fields[high].array
            if not (_is_number(smaller.type) and _is_number(larger.type)):
                return False
            try:
                holds = pc.all(pc.less_equal(*_comparable(smaller, larger))).as_py()
            except pa.ArrowException:
                return False
            if holds is False:
                return False
    return True


def _comparable(one: pa.Array, other: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return both as they are, or as doubles.

    Raises:
        ArrowInvalid: A number would change by that.
    """
    if kinds.is_floating(one.type) or kinds.is_floating(other.type):
        if kinds.is_decimal(one.type) or kinds.is_decimal(other.type):
            msg = "a decimal and a double"
            raise pa.ArrowInvalid(msg)
        return one.cast(pa.float64()), other.cast(pa.float64())
    return one, other
