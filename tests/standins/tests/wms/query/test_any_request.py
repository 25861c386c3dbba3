"""Whatever is asked, the answer is one the interface knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wms_standin.query.filters import LOOKUPS

if TYPE_CHECKING:
    from ..conftest import Get

FIELDS = st.sampled_from(
    [
        "id", "mod_ts", "ord_date", "order_nbr", "stop_ship_flg", "orig_sale_price", "status_id",
        "facility_id__code", "facility_id", "order_type_id__company_id__name", "order_dtl_set",
        "orderdtl", "nothing", "exp_date", "shipto_facility_id__id", "url",
    ]
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(
        ["", "90", "1,2", "null", "true", "2025-01-01", "2025-01-01T00:00:00", "1e400"]
    ),
    st.integers().map(str),
    st.text(max_size=5),
)
RESERVED = st.sampled_from(["page", "page_size", "cursor", "ordering", "fields", "values_list"])


@st.composite
def parameters(draw: st.DrawFn) -> tuple[str, str]:
    if draw(st.booleans()):
        name = draw(RESERVED)
        return name, draw(st.one_of(FIELDS, FIELDS.map("max({})".format), VALUES))
    lookup = draw(st.sampled_from(["", *sorted(LOOKUPS)]))
    path = f"{draw(FIELDS)}__{lookup}" if lookup else draw(FIELDS)
    return path + draw(st.sampled_from(["", "!"])), draw(VALUES)


@settings(
    max_examples=120,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    wanted=st.lists(parameters(), max_size=3),
    mode=st.sampled_from(["paged", "sequenced"]),
    distinct=st.sampled_from(["", "true"]),
)
def test_no_query_breaks_the_server(
    get: Get, wanted: list[tuple[str, str]], mode: str, distinct: str
) -> None:
    answer = get("/order_hdr", **{**dict(wanted), "page_mode": mode, "distinct": distinct})
    assert answer.status_code in {200, 400, 404}, answer.text
    assert set(answer.json()) >= ({"results"} if answer.status_code == 200 else {"reference"})
