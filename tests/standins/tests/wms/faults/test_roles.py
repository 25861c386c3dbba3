"""What a request is for is told by its parameters, and by the answers before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from wms_standin import WmsStandin

    from ..conftest import Get


def roles(wms: WmsStandin, get: Get, path: str, **parameters: object) -> set[str]:
    get(path, **parameters)
    return set(wms.requests[-1].roles)


@pytest.mark.parametrize(
    ("path", "parameters", "expected"),
    [
        ("/", {}, {"entities"}),
        ("/item/describe/", {}, {"describe"}),
        ("/item/7", {}, {"retrieve"}),
        ("/item", {"page_mode": "sequenced"}, {"list", "opening"}),
        ("/item", {"id__gt": 1, "id__lte": 9}, {"list", "slice"}),
        ("/item", {"page": 2}, {"list", "next"}),
        ("/item", {"mod_ts__gte": "2020-01-01"}, {"list", "opening", "window"}),
        ("/item", {"ordering": "-id", "page_size": 1}, {"list", "greatest", "count"}),
        ("/item", {"page_size": 1, "page_mode": "sequenced"}, {"list", "opening"}),
        ("/item", {"values_list": "count(id)"}, {"list", "flat", "count"}),
        ("/item", {"id__in": "1,2"}, {"list", "by_ids"}),
        ("/item", {"fields": "id,mod_ts", "ordering": "id"}, {"list", "opening", "sweep"}),
        ("/item", {"values_list": "id"}, {"list", "flat", "opening", "sweep"}),
        ("/facility", {"fields": "id,code"}, {"list", "codes", "opening"}),
    ],
)
def test_a_request_has_the_roles_of_its_parameters(
    wms: WmsStandin, get: Get, path: str, parameters: dict[str, object], expected: set[str]
) -> None:
    assert roles(wms, get, path, **parameters) == expected


def test_a_page_after_the_last_id_of_another_goes_on(wms: WmsStandin, get: Get) -> None:
    first = wms.world.ids("order_lock")[0]
    one_row = {"ordering": "id", "page_size": 1}
    assert roles(wms, get, "/order_lock", **one_row) == {"list", "count"}
    assert roles(wms, get, "/order_lock", id__gt=first) == {"list", "slice"}
    assert roles(wms, get, "/order_lock", **one_row, page_mode="sequenced") == {"list", "opening"}
    assert roles(wms, get, "/order_lock", id__gt=first) == {"list", "next"}
    assert roles(wms, get, "/order_hdr", id__gt=first) == {"list", "slice"}
