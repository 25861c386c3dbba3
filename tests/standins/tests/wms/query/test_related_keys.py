"""The `key` of links: one column, several, another language, or now this and now that."""

from __future__ import annotations

from typing import Any

import pytest
from wms_standin import Options, WmsStandin

from ..conftest import client


def keys(standin: WmsStandin, entity: str, link: str, target: str) -> dict[int, str]:
    """Target id -> key that links to it show; none that stands for "none"."""
    with client(standin) as http:
        rows = http.get(f"/{entity}?page_size=1250&fields={link}").json()["results"]
    assert all(link in row for row in rows)
    found: dict[int, str] = {}
    for row in rows:
        if row[link] and row[link]["id"]:
            found[row[link]["id"]] = row[link]["key"]
            assert standin.world.key(target, row[link]["id"]) == row[link]["key"]
    assert found
    return found


def column(standin: WmsStandin, target: str, name: str, found: dict[int, str]) -> dict[int, Any]:
    return {row_id: standin.world.row(target, row_id)[name] for row_id in found}


def test_keys_are_one_column_unless_known_otherwise(wms: WmsStandin) -> None:
    found = keys(wms, "order_hdr", "facility_id", "facility")
    assert found == column(wms, "facility", "code", found)
    sizes = keys(wms, "location", "locn_size_type_id", "location_size_type")
    assert all(" / " in key for key in sizes.values())
    assert any("," in key for key in keys(wms, "allocation", "order_dtl_id", "order_dtl").values())


@pytest.mark.parametrize("form", ["composite", "localised", "mixed"])
def test_the_form_of_keys_is_an_option(form: Any) -> None:
    forms = {"item": form, "facility": form, "order_status": form}
    with WmsStandin(options=Options(key_forms=forms)) as standin:
        for link, target, name in (
            ("item_id", "item", "item_alternate_code"), ("facility_id", "facility", "code"),
        ):  # fmt: skip
            found = keys(standin, "inventory", link, target)
            plain = column(standin, target, name, found)
            if form == "mixed":
                assert {i for i in found if found[i] == plain[i]} == {i for i in found if i % 7}
            else:
                assert not found.items() & plain.items()
        item = next(iter(standin.world.rows("item")[1:]))
        company = standin.world.row("company", item["company_id"])["code"]
        expected = {
            "composite": f"{company} / {item['item_alternate_code']}",
            "localised": f"{item['item_alternate_code']} [pt-BR]",
        }
        if form in expected:
            assert standin.world.key("item", item["id"]) == expected[form]


def test_a_composite_key_follows_its_owner(own_wms: WmsStandin) -> None:
    with WmsStandin(options=Options(key_forms={"item": "composite"})) as standin:
        before = keys(standin, "inventory", "item_id", "item")
        for company in standin.world.ids("company"):
            if company:
                standin.world.update("company", company, code=f"NEW{company}")
        after = keys(standin, "inventory", "item_id", "item")
    assert all(key.startswith("NEW") for key in after.values())
    assert before.keys() == after.keys()
