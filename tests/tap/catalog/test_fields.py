from __future__ import annotations

from typing import Any

import pytest
from tap_oracle_wms.api.models import DescribedField
from tap_oracle_wms.catalog.fields import (
    EntityField,
    Kind,
    fields_from_schema,
    fields_of,
    json_schema,
)


def described(**types: Any) -> Any:
    return {name: DescribedField(type=token) for name, token in types.items()}


def kinds(entity: Any = "x", **types: Any) -> Any:
    return {f.name: f.kind for f in fields_of(entity, described(**types))}


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("integer", Kind.INTEGER),
        ("decimal", Kind.DECIMAL),
        ("float", Kind.DECIMAL),
        ("number", Kind.DECIMAL),
        ("boolean", Kind.BOOLEAN),
        ("string", Kind.STRING),
        ("clob", Kind.STRING),
        ("datetime", Kind.DATETIME),
        ("date", Kind.DATE),
        ("time", Kind.TIME),
    ],
)
def test_known_types_decide(token: Any, kind: Any) -> None:
    assert kinds(some_field=token) == {"some_field": kind}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("id", Kind.INTEGER),
        ("item_id", Kind.RELATION),
        ("status_id", Kind.STATUS),
        ("vas_status_id", Kind.STATUS),
        ("order_dtl_set", Kind.COUNT),
        ("item_metrics_set", Kind.JSON),
        ("picked_ts", Kind.DATETIME),
        ("ord_date", Kind.DATE),
        ("start_time", Kind.TIME),
        ("hold_flg", Kind.BOOLEAN),
        ("lpn_count", Kind.INTEGER),
        ("shipped_qty", Kind.DECIMAL),
        ("anything_else", Kind.JSON),
    ],
)
def test_unknown_types_are_told_by_name(name: Any, kind: Any) -> None:
    assert kinds(**{name: "mystery"}) == {name: kind}


def test_a_relation_is_told_by_name_even_when_described_as_integer() -> None:
    assert kinds(item_id="integer") == {"item_id": Kind.RELATION}


def test_text_that_ends_in_id_stays_text() -> None:
    assert kinds(external_id="string") == {"external_id": Kind.STRING}


def test_id_comes_first() -> None:
    assert next(iter(kinds(code="string", id="integer"))) == "id"


@pytest.mark.parametrize("entity", ["container", "iblpn", "oblpn"])
def test_fields_that_only_records_have_are_added(entity: Any) -> None:
    assert kinds(entity, id="integer") == {
        "id": Kind.INTEGER,
        "facility_id": Kind.RELATION,
        "company_id": Kind.RELATION,
        "cart_nbr": Kind.STRING,
    }


def test_a_relation_becomes_id_and_key() -> None:
    schema = json_schema(fields_of("x", described(item_id="relation")), urls=False)

    assert schema["properties"] == {
        "item_id": {
            "type": ["integer", "null"],
            "minimum": -(2**63),
            "maximum": 2**63 - 1,
            "description": "Id of the related record",
        },
        "item_key": {
            "type": ["string", "null"],
            "description": "Key of the record that item_id points at",
        },
    }


def test_a_field_that_is_named_like_a_relations_key_keeps_its_name() -> None:
    fields = fields_of("x", described(parm_id="relation", parm_key="string"))

    names = list(json_schema(fields, urls=False)["properties"])

    assert names == ["parm_id", "parm_id_key", "parm_key"]


def test_everything_but_the_id_may_be_null() -> None:
    fields = fields_of("x", described(id="integer", code="string"))

    schema = json_schema(fields, urls=False)

    assert schema["properties"]["id"]["type"] == "integer"
    assert schema["properties"]["code"]["type"] == ["string", "null"]
    assert schema["required"] == ["id"]


def test_lengths_and_descriptions_are_kept() -> None:
    field = {"code": DescribedField("string", max_length=25, description="Short name")}

    schema = json_schema(fields_of("x", field), urls=False)

    assert schema["properties"]["code"] == {
        "type": ["string", "null"],
        "maxLength": 25,
        "description": "Short name",
    }


def test_urls_are_offered_on_request() -> None:
    fields = fields_of("x", described(item_id="relation"))

    assert "url" not in json_schema(fields, urls=False)["properties"]
    assert {"url", "item_id_url"} <= set(json_schema(fields, urls=True)["properties"])


def test_a_catalog_gives_back_the_fields_it_was_made_from() -> None:
    types = {
        "id": "integer", "code": "string", "qty": "decimal", "flag": "boolean",
        "mod_ts": "datetime", "ord_date": "date", "start_time": "time", "nbr_count": "integer",
        "item_id": "relation", "status_id": "relation", "order_dtl_set": "set",
        "item_metrics_set": "set", "odd": "mystery", "external_id": "string",
        "parm_id": "relation", "parm_key": "string",
    }  # fmt: skip
    fields = fields_of("order_hdr", described(**types))
    expected = [(f.name, f.kind, f.key) for f in fields]

    for urls in (False, True):
        again = fields_from_schema(json_schema(fields, urls=urls))
        assert [(f.name, f.kind, f.key) for f in again] == expected


def test_a_catalog_of_another_tap_is_understood_by_names_and_types() -> None:
    schema = {
        "properties": {
            "id": {"type": ["null", "integer"]},
            "facility_id": {"type": "integer"},
            "mod_ts": {"type": ["null", "string"], "format": "date-time"},
        }
    }

    assert fields_from_schema(schema) == (
        EntityField("id", Kind.INTEGER),
        EntityField("facility_id", Kind.RELATION, key="facility_key"),
        EntityField("mod_ts", Kind.DATETIME),
    )
