"""What a collector sees of the pair: one trace, and both ends of the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.collector import Collector

if TYPE_CHECKING:
    import pytest

    from .conftest import Pipeline

RUN = "0198b6a2-5d7e-7c3a-9f7e-0a1b2c3d4e5f"
"""As in MELTANO_PARENT_CONTEXT_UUID, which Meltano sets for all plugins of one command."""


def test_tap_and_target_share_one_trace_and_count_the_same_rows(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MELTANO_PARENT_CONTEXT_UUID", RUN)
    pipeline.tap_config |= {"entities": ["order_hdr", "order_dtl", "uom"]}
    with Collector() as collector:
        for name, value in collector.environment.items():
            monkeypatch.setenv(name, value)

        run = pipeline.run()

    assert run.exit_codes == (0, 0), run.errors
    assert {span.trace for span in collector.spans} == {RUN.replace("-", "")}
    assert {span.attributes["singer.run_id"] for span in collector.spans} == {RUN}
    roots = {span.service for span in collector.spans if not span.parent}
    assert roots == {"tap-oracle-wms", "target-oracle"}
    ids = {span.id for span in collector.spans}
    assert all(span.parent in ids for span in collector.spans if span.parent)
    assert not [span for span in collector.spans if span.failed]
    for stream in ("order_hdr", "order_dtl", "uom"):
        about = {"singer.stream": stream}
        read, written = (
            collector.total(f"singer.rows.{name}", **about) for name in ("read", "written")
        )
        assert read == 2 * written > 0  # read by the tap, and again by the target
