"""A comparison looks at the newest version of each row of a history, and heals what it can."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wms_standin import WmsStandin

from tests.pipeline.reconciling import Pair
from tests.tap.commands.reconcile.conftest import Judge
from tests.tap.conftest import time_passes_here_as_well

if TYPE_CHECKING:
    import pytest

    from tests.conftest import OracleSchema

__all__ = ["time_passes_here_as_well"]

PERIODS = {"load_method": "history", "history_validity": True, "add_record_metadata": True}


def test_a_row_that_was_deleted_is_healed_once_in_all_its_versions(
    oracle_schema: OracleSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    with WmsStandin(seed=3, rows={"allocation": 5}) as wms:
        Judge(wms, monkeypatch).small()
        pair = Pair(wms, oracle_schema, monkeypatch, ["allocation"], target=dict(PERIODS))
        pair.run()
        gone, changed, *_ = wms.world.ids("allocation")
        for key in (gone, changed):
            wms.world.update("allocation", key, alloc_qty=7)
        wms.clock.shift(timedelta(hours=1))
        pair.run()
        versions = 'select "ID" from "ALLOCATION" group by "ID" having count(*) = 2 order by 1'
        assert oracle_schema.query(versions) == [(key,) for key in sorted((gone, changed))]
        wms.world.delete("allocation", gone)
        assert pair.report().ids("allocation") == {"extra": [gone]}
        assert pair.heal().code == 0
        proof = pair.report()
        assert (proof.code, proof.report["equal"]) == (0, True)
        assert proof.entity("allocation")["rows_compared"] == wms.world.count("allocation")
        assert {each["type"] for each in pair.heal().messages} == {"STATE"}  # the report alone
