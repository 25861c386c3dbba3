"""The entity list and `describe`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wms_standin.catalog.entities import Entity, Field

_NO_REQUIRED: Final = {"set", "computed"}
_LETTERS: Final = {True: "Y", False: "N"}
_TYPES: Final = {"pk": "integer", "text": "string", "computed": "field"}
"""Tokens of kinds that do not go by their own name."""


def entity_list(entities: Mapping[str, Entity], base: str) -> dict[str, str]:
    """Return entity names, sorted, with their URLs without a trailing slash."""
    return {name: f"{base}/entity/{name}" for name in sorted(entities)}


def describe(entity: Entity, tokens: Mapping[str, str], *, letters: bool = False) -> dict[str, Any]:
    """Return filterable field names, and per field its type and limits.

    `tokens` are types by kind of field; with `letters`, `required` is Y or N.
    """
    shown = [field for field in entity.fields.values() if field.described]
    return {
        "parameters": sorted(field.name for field in shown if field.kind not in _NO_REQUIRED),
        "fields": {field.name: _field(field, tokens, letters=letters) for field in shown},
    }


def _field(field: Field, tokens: Mapping[str, str], *, letters: bool) -> dict[str, Any]:
    likely = _TYPES.get(field.kind, field.kind)
    facts: dict[str, Any] = {"type": tokens.get(field.kind, likely)}
    if field.kind in _NO_REQUIRED:
        return facts
    facts["required"] = _LETTERS[field.required] if letters else field.required
    if field.default is not None:
        facts["default"] = field.default
    if field.kind == "string":
        facts["allow_blank"] = not field.required
        facts["max_length"] = field.max_length
    if field.minimum is not None:
        facts["min_value"], facts["max_value"] = field.minimum, field.maximum
    return facts
