"""Sections 1 and 4: paths, methods, formats, error bodies."""

from __future__ import annotations

import uuid
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import httpx
import pytest

from ..conftest import Get, client

if TYPE_CHECKING:
    from wms_standin import WmsStandin


@pytest.mark.parametrize("path", ["/company", "/company/", "//company/", "//company//"])
def test_slashes_may_trail_or_double(wms: WmsStandin, path: str) -> None:
    url = f"{wms.base_url}/wms/lgfapi/v10/entity{path}?code=ACME"
    answer = httpx.get(url, auth=(wms.username, wms.password))
    assert [row["code"] for row in answer.json()["results"]] == ["ACME"]


def test_the_format_is_chosen_by_suffix_or_parameter_and_json_is_the_default(get: Get) -> None:
    assert get("/company").headers["content-type"] == "application/json; charset=utf-8"
    assert get("/company.json").json() == get("/company").json()
    for answer in (get("/company.xml"), get("/company", format="xml")):
        assert answer.headers["content-type"] == "application/xml; charset=utf-8"
        root = ET.fromstring(answer.content)
        assert root.tag == "company"
        codes = [item.findtext("code") for item in root.findall("results/list-item")]
        assert set(codes) == {"ACME", "GLOBEX", "INITECH"}


def test_null_is_an_empty_element_in_xml(get: Get, wms: WmsStandin) -> None:
    order = next(row for row in wms.world.rows("order_hdr") if row["exp_date"] is None)
    root = ET.fromstring(get(f"/order_hdr/{order['id']}.xml").content)
    assert root.tag == "order_hdr"
    elements = {element.tag: element for element in root}
    assert (elements["exp_date"].text, len(elements["exp_date"])) == (None, 0)
    assert [part.tag for part in elements["facility_id"]] == ["id", "key", "url"]


@pytest.mark.parametrize(
    "path", ["/no_such_entity", "/order_hdr/1", "/order_hdr/abc", "/rf_key_map/1"]
)
def test_unknown_resources_are_404_with_the_error_envelope(get: Get, path: str) -> None:
    answer = get(path)
    assert answer.status_code == 404
    body = answer.json()
    assert list(body) == ["reference", "code", "message"]
    assert uuid.UUID(body["reference"])
    assert body["code"] == "NOT_FOUND"


def test_an_unknown_version_is_404(wms: WmsStandin) -> None:
    url = f"{wms.base_url}/wms/lgfapi/v11/entity/"
    assert httpx.get(url, auth=(wms.username, wms.password)).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
def test_other_methods_are_405(wms: WmsStandin, method: str) -> None:
    with client(wms) as http:
        answer = http.request(method, "/order_hdr/")
    assert answer.status_code == 405
    assert answer.json()["code"] == "METHOD_NOT_ALLOWED"


def test_errors_come_in_xml_too(get: Get) -> None:
    answer = get("/order_hdr.xml", no_such_field="1")
    assert answer.status_code == 400
    root = ET.fromstring(answer.content)
    assert root.tag == "error"
    assert root.findtext("code") == "VALIDATION_ERROR"
    assert root.findtext("details/no_such_field") == "Unknown field no_such_field"


def test_head_tells_existence_without_a_body(wms: WmsStandin) -> None:
    row_id = wms.world.ids("order_hdr")[0]
    with client(wms) as http:
        assert http.head(f"/order_hdr/{row_id}").status_code == 200
        assert (http.head("/item").status_code, http.head("/item").content) == (200, b"")
        assert http.head("/order_hdr/1").status_code == 404
        assert http.head("/order_hdr?order_nbr=nothing").status_code == 404
        assert http.head("/order_hdr?nothing=1").status_code == 400


def test_head_with_if_modified_since_tells_whether_a_row_changed(wms: WmsStandin) -> None:
    row = wms.world.rows("order_hdr")[5]
    modified = row["mod_ts"].isoformat()
    with client(wms) as http:
        path = f"/order_hdr/{row['id']}/"
        same = http.head(path, headers={"If-Modified-Since": modified})
        older = http.head(path, headers={"If-Modified-Since": "2020-01-01T00:00:00Z"})
        rfc = http.head(path, headers={"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"})
    assert (same.status_code, older.status_code, rfc.status_code) == (304, 200, 304)


def test_retrieve_is_a_bare_object_with_last_modified_in_the_users_zone(
    get: Get, wms: WmsStandin
) -> None:
    row = wms.world.rows("order_hdr")[5]
    answer = get(f"/order_hdr/{row['id']}/")
    assert answer.json()["order_nbr"] == row["order_nbr"]
    assert answer.headers["last-modified"] == answer.json()["mod_ts"]
    assert answer.headers["last-modified"].endswith("-03:00")
    listed = get("/order_hdr", id=row["id"]).json()["results"]
    assert listed == [answer.json()]


def test_retrieve_takes_fields_and_values_list(get: Get, wms: WmsStandin) -> None:
    row = wms.world.rows("order_hdr")[5]
    assert get(f"/order_hdr/{row['id']}", fields="id,order_nbr").json() == {
        "id": row["id"],
        "order_nbr": row["order_nbr"],
    }
    assert get(f"/order_hdr/{row['id']}", values_list="status_id__description:status").json() == {
        "status": "Shipped"
    }
