"""Section 2 of the interface: the entity list and describe."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import wms_standin
from wms_standin import Options, WmsStandin

from ..conftest import Get, client

FACTS = json.loads((Path(wms_standin.__file__).parent / "catalog/entities.json").read_text())


def test_the_entity_list_is_a_sorted_object_of_urls_without_a_trailing_slash(get: Get) -> None:
    entities = get("/").json()
    assert list(entities) == sorted(FACTS["entities"])
    assert len(entities) == 311
    assert entities["order_hdr"] == ("https://127.0.0.1:443/acme/wms/lgfapi/v10/entity/order_hdr")


def test_describe_lists_every_field_with_its_facts(get: Get) -> None:
    for name, facts in FACTS["entities"].items():
        fields = get(f"/{name}/describe/").json()["fields"]
        assert list(fields) == list(facts)
        for field, fact in facts.items():
            shown = fields[field]
            assert shown.get("max_length") == fact.get("max_length"), (name, field)
            assert shown.get("default") == fact.get("default"), (name, field)
            assert shown.get("min_value") == fact.get("min"), (name, field)


def test_describe_has_the_documented_shape(get: Get) -> None:
    answer = get("/order_hdr/describe/").json()
    fields = answer["fields"]
    assert list(answer) == ["parameters", "fields"]
    assert answer["parameters"] == sorted(answer["parameters"])
    assert fields["id"] == {"type": "integer", "required": True}
    assert fields["create_user"] == {
        "type": "string",
        "required": False,
        "default": "",
        "allow_blank": True,
        "max_length": 30,
    }
    assert fields["status_id"] == {"type": "relation", "required": True}
    assert fields["order_dtl_set"] == {"type": "set"}
    assert fields["cust_number_1"] == {
        "type": "integer",
        "required": False,
        "default": 0,
        "min_value": -99999999999,
        "max_value": 99999999999,
    }
    assert fields["mod_ts"]["default"] == "now"
    assert fields["total_orig_ord_qty"] == {"type": "decimal", "required": True}


@pytest.mark.parametrize(
    ("entity", "field"),
    [
        ("order_hdr", "url"),
        ("order_hdr", "facility_id"),
        ("order_hdr", "company_id"),
        ("container", "facility_id"),
        ("iblpn", "company_id"),
        ("oblpn", "cart_nbr"),
        ("location", "ignore_attr_values_for_restrict_invn_attr"),
    ],
)
def test_some_fields_are_in_records_but_not_in_describe(get: Get, entity: str, field: str) -> None:
    assert field not in get(f"/{entity}/describe/").json()["fields"]
    assert field in get(f"/{entity}/", page_size=1).json()["results"][0]


def test_image_data_is_described_but_comes_only_when_asked_for(get: Get) -> None:
    assert "image_data" in get("/item/describe").json()["fields"]
    assert "image_data" not in get("/item", page_size=1).json()["results"][0]
    asked = get("/item", page_size=1, fields="id,image_data").json()["results"][0]
    assert list(asked) == ["id", "image_data"]
    assert len(asked["image_data"]) >= 80


def test_tokens_of_describe_are_an_option() -> None:
    tokens = {"relation": "foreign_key", "set": "list", "decimal": "number"}
    with WmsStandin(options=Options(describe_tokens=tokens)) as standin, client(standin) as http:
        fields = http.get("/order_hdr/describe/").json()["fields"]
    assert fields["id"]["type"] == "integer"
    assert fields["order_type_id"]["type"] == "foreign_key"
    assert fields["order_dtl_set"]["type"] == "list"
    assert fields["orig_sale_price"]["type"] == "number"


def test_described_keys_plus_extras_are_the_record_keys_of_every_entity(
    get: Get, wms: WmsStandin
) -> None:
    for name in FACTS["entities"]:
        if name == "inventory_history":
            continue
        described = set(get(f"/{name}/describe").json()["fields"]) - {"image_data"}
        record = get(f"/{name}", page_size=1).json()["results"][0]
        table = wms.world.entity(name).table
        extra = {"url", *FACTS["record_only_fields"].get(table, [])}
        assert set(record) == described | extra, name


def test_records_of_known_entities_have_their_true_key_order(get: Get) -> None:
    for name, order in FACTS["record_order"].items():
        assert list(get(f"/{name}", page_size=1).json()["results"][0]) == order
