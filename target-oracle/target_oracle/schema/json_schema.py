"""A schema as a tap sends it -> one that can be validated against and typed. Pure.

Taps send what their sources say: drafts 3 and 4, references, keywords whose values are none. Each
is put into the form of a later draft, where that says the same, or is left out and told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs

Schema = Mapping[str, Any]

_BY_NAME = frozenset({"properties", "patternProperties", "definitions", "$defs"})
_LISTS = frozenset({"anyOf", "oneOf", "allOf"})
_SINGLE = frozenset({"items", "additionalProperties", "not", "contains", "propertyNames"})
_EXCLUSIVE = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
_DEFINITIONS = ("definitions", "$defs")
_TYPES = {
    "float": "number",
    "double": "number",
    "decimal": "number",
    "numeric": "number",
    "int": "integer",
    "long": "integer",
    "bigint": "integer",
    "bool": "boolean",
    "str": "string",
    "text": "string",
}
"""Names that are no types of JSON Schema, and the types that they can only mean."""
LEAST_STEP = 1e-15
"""A `multipleOf` below it says how a source stores its numbers; as a rule, it would refuse them."""
MOST_REFERENCES = 1000
"""References that are put in place of what they point at; more stand for a schema that explodes."""
_MISSING = object()


@dataclass
class SchemaReader:
    """Reads one stream's schema; `told` are sentences about what was left out."""

    root: Schema
    told: list[str] = field(default_factory=list)
    _references: int = 0

    def read(self) -> dict[str, Any]:
        """Return the schema in a form that the validator knows."""
        found = self._object(self.root, (), ())
        if not _refers(found):
            for name in _DEFINITIONS:
                found.pop(name, None)
        if (
            str(found.get("$schema", ""))
            .rstrip("#")
            .endswith(("draft-03/schema", "draft-04/schema"))
        ):
            del found["$schema"]  # its keywords are those of later drafts now
        return found

    def _object(
        self, schema: Schema, path: tuple[str, ...], within: tuple[str, ...]
    ) -> dict[str, Any]:
        resolved, within = self._resolved(schema, within)
        found: dict[str, Any] = {}
        for keyword, value in _without_draft_4(resolved).items():
            read = self._keyword(keyword, value, path, within)
            if read is not _MISSING:
                found[keyword] = read
        if isinstance(found.get("required"), list) and isinstance(found.get("properties"), dict):
            found["required"] = [n for n in found["required"] if n in found["properties"]]
        return _flat(found)

    def _keyword(
        self, keyword: str, value: Any, path: tuple[str, ...], within: tuple[str, ...]
    ) -> Any:
        if keyword in _BY_NAME and isinstance(value, Mapping):
            inner = path if keyword == "properties" else None
            return {
                name: self._any(each, path if inner is None else (*inner, name), within)
                for name, each in value.items()
            }
        if keyword in _LISTS and isinstance(value, list):
            return [self._any(each, path, within) for each in value]
        if keyword in _SINGLE and isinstance(value, Mapping):
            return self._object(value, path, within)
        return self._limit(keyword, self._type(value, path) if keyword == "type" else value, path)

    def _limit(self, keyword: str, value: Any, path: tuple[str, ...]) -> Any:
        """Return the value of a keyword that holds no schema; `_MISSING` where it says nothing."""
        if keyword == "multipleOf" and isinstance(value, int | float) and 0 < value < LEAST_STEP:
            return _MISSING
        if _is_sound(keyword, value):
            return value
        self._tell(path, f"its `{keyword}` is none of JSON Schema's, and is ignored")
        return _MISSING

    def _any(self, schema: Any, path: tuple[str, ...], within: tuple[str, ...]) -> Any:
        if isinstance(schema, Mapping):
            return self._object(schema, path, within)
        if isinstance(schema, bool):
            return schema
        self._tell(path, "its schema is no object, and is ignored")
        return {}

    def _type(self, value: Any, path: tuple[str, ...]) -> Any:
        """Return the type by its name in JSON Schema, where it has another one that is plain."""
        names = value if isinstance(value, list) else [value]
        meant = [_TYPES.get(name, name) if isinstance(name, str) else name for name in names]
        if meant == names:
            return value
        self._tell(path, f"its type `{value}` is taken for {' or '.join(map(str, meant))}")
        return meant if isinstance(value, list) else meant[0]

    def _resolved(self, schema: Schema, within: tuple[str, ...]) -> tuple[Schema, tuple[str, ...]]:
        """Replace a local reference by what it points at, with the keywords beside it."""
        while isinstance(reference := schema.get("$ref"), str):
            target = _pointed(self.root, reference)
            if target is None or reference in within or self._references >= MOST_REFERENCES:
                break
            self._references += 1
            within = (*within, reference)
            schema = {**target, **{k: v for k, v in schema.items() if k != "$ref"}}
        return schema, within

    def _tell(self, path: tuple[str, ...], what: str) -> None:
        where = f"property '{'.'.join(path)}'" if path else "the schema"
        self.told.append(f"{where}: {what}")


def _is_sound(keyword: str, value: Any) -> bool:
    """Whether a keyword may have this value; only compiling tells it of a pattern."""
    try:
        if keyword == "pattern":
            jsonschema_rs.validator_for({keyword: value})
        return jsonschema_rs.meta.is_valid({keyword: value})
    except jsonschema_rs.ValidationError:
        return False


def _pointed(root: Schema, reference: str) -> Schema | None:
    """Follow a JSON pointer within the document; None where it leads to no object."""
    if not reference.startswith("#/"):
        return None
    found: Any = root
    for part in reference[2:].split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else None


def _without_draft_4(schema: Schema) -> dict[str, Any]:
    """Write numbers for the bounds that draft 4 marks as exclusive by a boolean."""
    found = dict(schema)
    for exclusive, bound in _EXCLUSIVE.items():
        if not isinstance(found.get(exclusive), bool):
            continue
        if found.pop(exclusive) and bound in found:
            found[exclusive] = found.pop(bound)
    return found


def _flat(schema: dict[str, Any]) -> dict[str, Any]:
    """Put the keywords of `allOf` beside it; it stays where they contradict."""
    branches = schema.get("allOf")
    if not branches or not all(isinstance(each, dict) for each in branches):
        return schema
    found = {k: v for k, v in schema.items() if k != "allOf"}
    clashes = False
    for branch in branches:
        for keyword, value in branch.items():
            clashes |= found.setdefault(keyword, value) != value
    return {**found, "allOf": branches} if clashes else found


def _refers(schema: Any) -> bool:
    """Whether a reference is left."""
    if isinstance(schema, Mapping):
        return "$ref" in schema or any(map(_refers, schema.values()))
    return isinstance(schema, list) and any(map(_refers, schema))


def with_any_document(schema: Schema) -> dict[str, Any]:
    """Return the schema for validation: a property that is an object or array may be any JSON.

    Its column takes any text, and taps that say `object` send arrays, and JSON as text, as well.
    """
    properties = {
        name: _any_document(each) if isinstance(each, Mapping) else each
        for name, each in schema["properties"].items()
    }
    return {**schema, "properties": properties}


def _any_document(schema: Schema) -> Schema:
    names = schema.get("type", ())
    types = {names} if isinstance(names, str) else set(names)
    if not types or not types <= {"object", "array", "null"}:
        return schema
    return {**schema, "type": sorted(types | {"object", "array", "string"})}
