"""What Meltano shows of a run's logs, and a collector of its trace."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.collector import Collector

if TYPE_CHECKING:
    from .conftest import Project

pytestmark = pytest.mark.external


@pytest.mark.long
def test_a_run_of_meltano_is_one_trace_and_one_run_in_every_line(project: Project) -> None:
    with Collector() as collector:
        project.meltano(
            "--log-format=json",
            "run",
            "tap-oracle-wms-incremental",
            "target-oracle-incremental",
            variables={
                **collector.environment,
                "TAP_ORACLE_WMS_FACILITY_CODE": '["*"]',
                "TAP_ORACLE_WMS_LOG_METRICS": "true",
                "TARGET_ORACLE_LOG_METRICS": "true",
            },
        )

    (trace,) = {span.trace for span in collector.spans}
    roots = {span.service: span for span in collector.spans if not span.parent}
    assert roots.keys() == {"tap-oracle-wms", "target-oracle"}
    lines = [json.loads(line) for line in project.log.splitlines() if line.startswith("{")]
    plugins = [line for line in lines if line.get("app_name") in roots]
    (run_id,) = {line["run_id"] for line in plugins}
    assert run_id.replace("-", "") == trace
    assert not [line for line in lines if "ResourceWarning" in line["event"]]
    for name in roots:
        told = [line for line in plugins if line["app_name"] == name and "facility" in line]
        assert {line["facility"] for line in told} == {"*"}
        assert {line["trace_id"] for line in told if "trace_id" in line} == {trace}
        assert {"item", "order_hdr", "order_status"} <= {line.get("stream_name") for line in told}
        metrics = {line["metric_info"]["metric"] for line in told if "metric_info" in line}
        assert "record_count" in metrics
