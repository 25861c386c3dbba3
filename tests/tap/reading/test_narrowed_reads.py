"""Companies, facilities and filters narrow what is read."""

from __future__ import annotations

import pytest
from tap_oracle_wms.errors import ConfigError
from wms_standin import Fault, WmsStandin

from tests.tap.conftest import (
    config_for,
    run,
)


def test_company_and_facility_narrow_what_is_read(
    wms: WmsStandin, caplog: pytest.LogCaptureFixture
) -> None:
    facility = wms.world.rows("order_hdr")[0]["facility_id"]
    code = next(r["code"] for r in wms.world.rows("facility") if r["id"] == facility)

    done = run(config_for(wms, entities="order_hdr,order_dtl", facility_code=code))

    orders = {r["id"] for r in wms.world.rows("order_hdr") if r["facility_id"] == facility}
    assert {r["id"] for r in done.records("order_hdr")} == orders
    assert len(done.records("order_dtl")) == len(wms.world.rows("order_dtl"))
    assert "Read without a filter on facility_id: order_dtl." in caplog.text


@pytest.mark.parametrize("entity", ["company", "facility"])
def test_a_code_that_the_user_cannot_see_is_no_success(wms: WmsStandin, entity: str) -> None:
    known = wms.world.rows(entity)[0]["code"]
    config = config_for(wms, entities="order_hdr", **{f"{entity}_code": [known, "NOWHERE"]})
    sentence = f"^Setting `{entity}_code`: the user sees no {entity} `NOWHERE`; check it"

    with pytest.raises(ConfigError, match=sentence):
        run(config)

    wms.fail(Fault(entity=entity, status=403))  # may not ask
    assert run(config).error is None


def test_filters_narrow_what_is_read(wms: WmsStandin) -> None:
    filters = {"order_*": {"status_id__lt": 90}, "order_hdr": {"order_nbr__endswith!": "1"}}

    done = run(config_for(wms, entities="order_hdr,order_dtl", filters=filters))

    orders = wms.world.rows("order_hdr")
    wanted = {r["id"] for r in orders if r["status_id"] < 90 and not r["order_nbr"].endswith("1")}
    assert 0 < len(wanted) < len(orders)
    assert {r["id"] for r in done.records("order_hdr")} == wanted
    assert all(r["status_id"] < 90 for r in done.records("order_dtl"))
