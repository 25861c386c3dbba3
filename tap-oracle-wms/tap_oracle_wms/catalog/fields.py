"""Convert fields as WMS describes them into properties of a JSON Schema, and back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from tap_oracle_wms.api.models import DescribedField

DELETED_AT = "_sdc_deleted_at"
DELETED_AT_PROPERTY: dict[str, Any] = {
    "type": ["string", "null"],
    "format": "date-time",
    "description": "When the row was found to be gone",
}

INT64 = {"minimum": -(2**63), "maximum": 2**63 - 1}


class Kind(Enum):
    """How a field appears in an answer, and what it becomes in a record."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    STRING = "string"
    DATETIME = "datetime"
    DATE = "date"
    TIME = "time"
    RELATION = "relation"
    """{id, key, url} -> two properties, the id and the key."""
    STATUS = "status"
    """A foreign key that appears as its bare id."""
    COUNT = "count"
    """{result_count, url} -> one property, the count."""
    JSON = "json"
    """Anything else -> one property, its JSON as text."""
    URL = "url"
    KEY = "key"
    """A related record's key on its own, text or number."""


TOKENS = {
    "integer": Kind.INTEGER, "int": Kind.INTEGER, "bigint": Kind.INTEGER, "pk": Kind.INTEGER,
    "string": Kind.STRING, "text": Kind.STRING, "varchar": Kind.STRING, "char": Kind.STRING,
    "clob": Kind.STRING,
    "boolean": Kind.BOOLEAN, "bool": Kind.BOOLEAN,
    "datetime": Kind.DATETIME, "date": Kind.DATE, "time": Kind.TIME,
    "decimal": Kind.DECIMAL, "number": Kind.DECIMAL, "float": Kind.DECIMAL,
}  # fmt: skip
"""`type` in the answer of describe -> kind, for scalars."""

SUFFIXES = {
    "_ts": Kind.DATETIME, "_date": Kind.DATE, "_time": Kind.TIME, "_flg": Kind.BOOLEAN,
    "_count": Kind.INTEGER, "_qty": Kind.DECIMAL,
}  # fmt: skip
"""Suffixes of names that tell the type where describe's `type` is unknown."""

JSON_SETS = {"item_metrics_set", "item_characteristics_set", "order_instructions_set"}
"""Sets that appear as one related object or as an array, not as a count."""

_CONTAINER_ONLY = {
    "facility_id": Kind.RELATION,
    "company_id": Kind.RELATION,
    "cart_nbr": Kind.STRING,
}
_LOCATION_ONLY = {"ignore_attr_values_for_restrict_invn_attr": Kind.JSON}
RECORD_ONLY = {
    "order_hdr": {"facility_id": Kind.RELATION, "company_id": Kind.RELATION},
    "location": _LOCATION_ONLY,
    "active_location": _LOCATION_ONLY,
    "reserve_location": _LOCATION_ONLY,
    "container": _CONTAINER_ONLY,
    "iblpn": _CONTAINER_ONLY,
    "oblpn": _CONTAINER_ONLY,
}
"""Fields that records carry and describe leaves out."""

ON_REQUEST = {"image_data"}
"""Fields that records carry only when asked for by name."""


COMPUTED = {
    "ib_shipment": {"shipped_qty", "received_qty", "lpn_count", "received_lpn_count"},
    "dock": {"shipment_nbr", "trailer_nbr"},
}
"""Fields that the serializer works out: no column of a `values_list`."""


def flat_properties(
    entity: str, fields: Iterable[EntityField], selected: Collection[str]
) -> set[str]:
    """Return the selected properties that a `values_list` can carry: only columns."""
    columns = {
        field.name
        for field in fields
        if field.kind is not Kind.COUNT and not field.name.endswith("_set")
    }
    return (columns - COMPUTED.get(entity, set())) & set(selected)


@dataclass(frozen=True)
class EntityField:
    """A field of an entity; `key` names the property of a relation's key."""

    name: str
    kind: Kind
    max_length: int | None = None
    description: str = ""
    key: str = ""

    def properties(self, *, urls: bool) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the properties that the field becomes: name, JSON Schema."""
        for name, kind, description in self._outputs(urls=urls):
            schema = _TYPES[kind] | {"type": [_TYPES[kind]["type"], "null"]}
            if self.max_length and kind is Kind.STRING and name == self.name:
                schema["maxLength"] = self.max_length
            if description:
                schema["description"] = description
            yield name, schema

    def _outputs(self, *, urls: bool) -> Iterator[tuple[str, Kind, str]]:
        if self.kind is Kind.COUNT:
            yield f"{self.name}_count", Kind.INTEGER, f"Number of rows in {self.name}"
            return
        if self.kind is Kind.RELATION:
            yield self.name, Kind.INTEGER, self.description or "Id of the related record"
            yield self.key, Kind.STRING, f"Key of the record that {self.name} points at"
            if urls:
                yield (
                    f"{self.name}_url",
                    Kind.STRING,
                    f"Address of the record {self.name} points at",
                )
            return
        yield self.name, self.kind, self.description or _DESCRIPTIONS.get(self.kind, "")


_TYPES: dict[Kind, dict[str, Any]] = {
    Kind.INTEGER: {"type": "integer", **INT64},
    Kind.STATUS: {"type": "integer", **INT64},
    Kind.DECIMAL: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.STRING: {"type": "string"},
    Kind.URL: {"type": "string"},
    Kind.KEY: {"type": "string"},
    Kind.JSON: {"type": "string", "contentMediaType": "application/json"},
    Kind.DATETIME: {"type": "string", "format": "date-time"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.TIME: {"type": "string", "format": "time"},
}
_DESCRIPTIONS = {
    Kind.STATUS: "Id of the status; its entity holds the description",
    Kind.JSON: "JSON text",
    Kind.URL: "Address of the record",
}


def fields_of(entity: str, described: Mapping[str, DescribedField]) -> tuple[EntityField, ...]:
    """Return the fields of an entity: `id`, the described ones, those that only records have."""
    kinds = {name: _kind(name, field) for name, field in described.items()}
    kinds |= {k: v for k, v in RECORD_ONLY.get(entity, {}).items() if k not in kinds}
    ordered = sorted(kinds, key=lambda name: name != "id")
    return tuple(_field(name, kinds, described.get(name)) for name in ordered)


def _field(name: str, kinds: Mapping[str, Kind], described: DescribedField | None) -> EntityField:
    return EntityField(
        name,
        kinds[name],
        described.max_length if described else None,
        (described.description or described.help_text or "") if described else "",
        key_property(name, kinds) if kinds[name] is Kind.RELATION else "",
    )


def key_property(name: str, taken: Mapping[str, object]) -> str:
    """`x_id` -> `x_key`, or `x_id_key` where the entity has a field `x_key` of its own."""
    plain = f"{name.removesuffix('_id')}_key"
    return f"{name}_key" if plain in taken else plain


def _kind(name: str, field: DescribedField) -> Kind:
    kind = TOKENS.get((field.type or "").lower())
    if name.endswith("_id") and kind in {None, Kind.INTEGER}:
        return Kind.STATUS if is_status(name) else Kind.RELATION
    if name.endswith("_set") and kind is None:
        return Kind.JSON if name in JSON_SETS else Kind.COUNT
    if name == "id":
        return Kind.INTEGER
    if kind is not None:
        return kind
    return next((kind for end, kind in SUFFIXES.items() if name.endswith(end)), Kind.JSON)


def is_status(name: str) -> bool:
    """Whether a field holds a status: a bare integer where others hold a related object."""
    return name == "status_id" or name.endswith("_status_id")


def json_schema(fields: tuple[EntityField, ...], *, urls: bool) -> dict[str, Any]:
    """JSON Schema of an entity's records; everything but `id` may be null."""
    properties: dict[str, Any] = {}
    for field in fields:
        properties.update(field.properties(urls=urls))
    if urls:
        properties |= EntityField("url", Kind.URL).properties(urls=urls)
    required = []
    if "id" in properties:
        properties["id"]["type"] = "integer"
        required = ["id"]
    return {"type": "object", "properties": properties, "required": required}


def fields_from_schema(schema: Mapping[str, Any]) -> tuple[EntityField, ...]:
    """Return the fields that a catalog's schema was made from: no describe is needed."""
    properties = schema["properties"]
    fields = []
    for name, found in properties.items():
        if name == "url" or name.startswith("_sdc_") or _is_derived(name, properties):
            continue
        kind, source = _kind_from_property(name, found), name
        if kind is Kind.COUNT:
            source = name.removesuffix("_count")
        key = key_property_in(name, properties) if kind is Kind.RELATION else ""
        fields.append(EntityField(source, kind, found.get("maxLength"), "", key))
    return tuple(fields)


def key_property_in(name: str, properties: Mapping[str, Any]) -> str:
    """Return the name that a catalog gives to the property of a relation's key."""
    careful = f"{name}_key"
    return careful if careful in properties else f"{name.removesuffix('_id')}_key"


def _is_derived(name: str, properties: Mapping[str, Any]) -> bool:
    """Whether a property is the key or url of a relation."""
    if name.endswith("_id_url"):
        return name.removesuffix("_url") in properties
    if not name.endswith("_key"):
        return False
    owners = (name.removesuffix("_key"), f"{name.removesuffix('_key')}_id")
    return any(
        owner.endswith("_id")
        and owner in properties
        and _kind_from_property(owner, properties[owner]) is Kind.RELATION
        and key_property_in(owner, properties) == name
        for owner in owners
    )


def _kind_from_property(name: str, found: Mapping[str, Any]) -> Kind:
    types = found.get("type", [])
    types = [types] if isinstance(types, str) else types
    if name.endswith("_id") and "integer" in types:
        return Kind.STATUS if is_status(name) else Kind.RELATION
    if name.endswith("_set_count"):
        return Kind.COUNT
    if found.get("contentMediaType") == "application/json":
        return Kind.JSON
    if "string" in types:
        formats = {"date-time": Kind.DATETIME, "date": Kind.DATE, "time": Kind.TIME}
        return formats.get(found.get("format", ""), Kind.STRING)
    scalars = {"integer": Kind.INTEGER, "number": Kind.DECIMAL, "boolean": Kind.BOOLEAN}
    return next((kind for token, kind in scalars.items() if token in types), Kind.JSON)
