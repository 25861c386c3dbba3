"""The 311 entities: names, fields and record order, read from `entities.json`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

Storage = Literal["int", "bool", "text", "decimal", "ts", "date", "float", "none"]
"""How a field is kept in SQLite; `none` is derived from other rows when read."""

_STORAGE: Final[dict[str, Storage]] = {
    "pk": "int",
    "relation": "int",
    "integer": "int",
    "boolean": "bool",
    "string": "text",
    "text": "text",
    "time": "text",
    "decimal": "decimal",
    "datetime": "ts",
    "date": "date",
    "set": "none",
}
_COMPUTED: Final[dict[tuple[str, str], Storage]] = {
    ("dock", "shipment_nbr"): "text",
    ("dock", "trailer_nbr"): "text",
    ("ib_shipment", "lpn_count"): "int",
    ("ib_shipment", "received_lpn_count"): "int",
    ("ib_shipment", "shipped_qty"): "float",
    ("ib_shipment", "received_qty"): "float",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One column of an entity; `described` and `recorded` say where the API shows it."""

    name: str
    kind: str
    storage: Storage
    wire: str = "str"
    required: bool = False
    nullable: bool = False
    default: Any = None
    max_length: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    target: str = ""
    blank_url: bool = False
    described: bool = True
    recorded: bool = True

    @property
    def is_link(self) -> bool:
        """Whether the wire form is `{id, key, url}` (status relations are bare integers)."""
        return self.kind == "relation" and self.wire != "int"

    @property
    def never_null(self) -> bool:
        """Only ids and fields with a default; `required` means "not blank", not "never null"."""
        return self.kind == "pk" or self.default is not None


@dataclass(frozen=True, slots=True)
class ChildSet:
    """A `*_set` field: the rows of `child` whose `by` points here.

    `count` renders `{result_count, url}` or null, `single` renders `{id, key, url}`,
    `array` renders a list of links.
    """

    child: str
    by: str
    shape: Literal["count", "single", "array"] = "count"


@dataclass(frozen=True, slots=True)
class Entity:
    """A resource of the API; a `view` (column, value) is a part of another entity's `table`."""

    name: str
    fields: dict[str, Field] = field(hash=False)
    record_keys: tuple[str, ...]
    table: str
    view: tuple[str, str | int] | None = None

    @property
    def has_id(self) -> bool:
        """Three entities have no `id` at all."""
        return "id" in self.fields

    @property
    def has_mod_ts(self) -> bool:
        """Whether rows carry create_ts and mod_ts (never one without the other)."""
        return "mod_ts" in self.fields

    @property
    def stored(self) -> tuple[Field, ...]:
        """The fields that are columns of the table."""
        return tuple(f for f in self.fields.values() if f.storage != "none")


SETS: Final[dict[tuple[str, str], ChildSet]] = {
    ("order_hdr", "order_dtl_set"): ChildSet("order_dtl", "order_id"),
    ("order_hdr", "order_lock_set"): ChildSet("order_lock", "order_id"),
    ("order_hdr", "order_instructions_set"): ChildSet("order_instruction", "order_id", "array"),
    ("order_dtl", "order_instructions_set"): ChildSet("order_instruction", "order_dtl_id", "array"),
    ("order_dtl", "required_serial_nbr_set"): ChildSet("order_dtl_serial_nbr", "order_dtl_id"),
    ("ib_shipment", "ib_shipment_dtl_set"): ChildSet("ib_shipment_dtl", "ib_shipment_id"),
    ("purchase_order_hdr", "purchase_order_dtl_set"): ChildSet(
        "purchase_order_dtl", "purchase_order_id"
    ),
    ("container", "inventory_lock_set"): ChildSet("container_lock_xref", "container_id"),
    ("inventory", "serial_nbr_set"): ChildSet("serial_nbr_inventory", "inventory_id"),
    ("item", "item_metrics_set"): ChildSet("item_metrics", "item_id", "single"),
    ("item", "item_characteristics_set"): ChildSet("item_characteristics", "item_id", "single"),
    ("pallet", "container_set"): ChildSet("container", "pallet_id"),
    ("work_order_hdr", "work_order_kit_set"): ChildSet("work_order_kit", "work_order_id"),
    ("work_order_kit", "work_order_component_set"): ChildSet(
        "work_order_component", "work_order_kit_id"
    ),
}
"""Keyed by table, so that views of a table share its sets."""

VIEWS: Final[dict[str, tuple[str, tuple[str, str | int]]]] = {
    "iblpn": ("container", ("type", "I")),
    "oblpn": ("container", ("type", "O")),
    "active_location": ("location", ("type_id", 1)),
    "reserve_location": ("location", ("type_id", 2)),
}
"""View -> table and the column and value that tell its rows."""

_HIDDEN: Final = {"order_lock": Field("order_id", "relation", "int", target="order_hdr")}
"""Columns no record shows, needed to know whose child a row is."""

_RECORD_ONLY: Final[dict[str, Field]] = {
    "facility_id": Field("facility_id", "relation", "int", "fk", target="facility"),
    "company_id": Field("company_id", "relation", "int", "fk", target="company"),
    "cart_nbr": Field("cart_nbr", "string", "text", default="", max_length=30),
    "ignore_attr_values_for_restrict_invn_attr": Field(
        "ignore_attr_values_for_restrict_invn_attr", "boolean", "bool", "bool", default=False
    ),
}
_HEAD: Final = ("id", "url", "create_user", "create_ts", "mod_user", "mod_ts")


def _field(entity: str, name: str, fact: dict[str, Any]) -> Field:
    kind = fact["t"]
    return Field(
        name=name,
        kind=kind,
        storage=_COMPUTED[entity, name] if kind == "computed" else _STORAGE[kind],
        wire=fact["wire"],
        required=fact.get("required", False),
        nullable=fact.get("null", False),
        default=fact.get("default"),
        max_length=fact.get("max_length"),
        minimum=fact.get("min"),
        maximum=fact.get("max"),
        target=fact.get("to", ""),
        blank_url="url" in fact,
        recorded=name != "image_data",
    )


def _extra_fields(name: str, record_only: list[str]) -> dict[str, Field]:
    extra = {key: replace(_RECORD_ONLY[key], described=False) for key in record_only}
    if name in _HIDDEN:
        hidden = _HIDDEN[name]
        extra[hidden.name] = replace(hidden, described=False, recorded=False)
    return extra


def _record_keys(fields: dict[str, Field], order: list[str] | None) -> tuple[str, ...]:
    if order is not None:
        return tuple(order)
    rest = [name for name, field in fields.items() if name not in _HEAD and field.recorded]
    return tuple([key for key in _HEAD if key in fields or key == "url"] + rest)


def _entity(name: str, facts: dict[str, Any]) -> Entity:
    table, view = VIEWS.get(name, (name, None))
    fields = {key: _field(table, key, fact) for key, fact in facts["entities"][name].items()}
    fields |= _extra_fields(name, facts["record_only_fields"].get(table, []))
    order = facts["record_order"].get(name, facts["record_order"].get(table))
    return Entity(name, fields, _record_keys(fields, order), table, view)


@cache
def load_entities() -> dict[str, Entity]:
    """Return all entities by name, sorted."""
    facts = msgspec.json.decode((Path(__file__).parent / "entities.json").read_bytes())
    return {name: _entity(name, facts) for name in sorted(facts["entities"])}


def without_fields(names: Iterable[str]) -> dict[str, Entity]:
    """Return all entities, of which those fields (`entity.field`) are in no record or describe."""
    entities = dict(load_entities())
    for name in names:
        entity, field = entities[name.partition(".")[0]], name.partition(".")[2]
        hidden = replace(entity.fields[field], described=False, recorded=False)
        keys = tuple(key for key in entity.record_keys if key != field)
        fields = entity.fields | {field: hidden}
        entities[entity.name] = replace(entity, fields=fields, record_keys=keys)
    return entities


KEY_FIELDS: Final[dict[str, str]] = {
    "item": "item_alternate_code",
    "location": "locn_str",
    "container": "container_nbr",
    "order_hdr": "order_nbr",
    "ib_shipment": "shipment_nbr",
    "purchase_order_hdr": "po_nbr",
    "load": "load_nbr",
    "wave": "run_nbr",
    "task": "task_nbr",
    "pallet": "pallet_nbr",
    "batch_number": "batch_nbr",
    "serial_nbr": "serial_nbr",
    "order_lock": "lock_code",
    "work_order_hdr": "work_order_nbr",
    "movement_request_hdr": "movement_request_nbr",
    "uom": "uom_code",
    "inventory_lock": "lock_code",
    "ib_shipment_type": "shipment_type",
    "location_size_type": "size_type",
    "inventory": "",
    "inventory_attribute": "",
    "item_metrics": "",
    "item_characteristics": "",
}


KeyForm = Literal["plain", "composite", "mixed", "localised"]
"""How the `key` of links looks: like one column (`plain`), like the owner's key and that column
(`composite`, and `mixed` for one row in seven), or translated (`localised`)."""
COMPOSITE_KEYS: Final[dict[str, KeyForm]] = {"location_size_type": "composite"}
"""Keys known to be of more than one column; `order_dtl` has its order's number and its own."""


def key_field(entity: Entity) -> str:
    """Return the column that links to this entity show as `key`; `""` when keys are blank."""
    candidates = [KEY_FIELDS.get(entity.table), entity.table, f"{entity.table}_code", "code"]
    candidates += [f"{entity.table}_nbr", "name", f"{entity.table}_name", "description"]
    if KEY_FIELDS.get(entity.table) == "":
        return ""
    return next((name for name in candidates if name in entity.fields), "")
