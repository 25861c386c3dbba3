"""Data Extract to BATCH files to direct path: the same tables as by RECORD messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.pipeline.comparison import CORE

if TYPE_CHECKING:
    from pathlib import Path

    from wms_standin import WmsStandin

    from tests.conftest import OracleSchema
    from tests.pipeline.conftest import Pipeline


RICH = ("facility", "item", "order_hdr", "allocation")  # every kind of value and of link
JSONL = {"format": "jsonl", "compression": "gzip"}


@pytest.mark.parametrize(
    ("entities", "encoding"),
    [
        pytest.param(RICH, {"format": "parquet"}, id="parquet"),
        pytest.param(CORE, {"format": "parquet"}, id="all in parquet", marks=pytest.mark.long),
        pytest.param(CORE, JSONL, id="all in jsonl", marks=pytest.mark.long),
    ],
)
def test_extracts_by_batch_fill_the_same_tables_as_by_record(
    pipeline: Pipeline,
    wms: WmsStandin,
    oracle: OracleSchema,
    tmp_path: Path,
    entities: tuple[str, ...],
    encoding: dict[str, Any],
) -> None:
    lake, files = tmp_path / "lake", tmp_path / "files"
    lake.mkdir()
    files.mkdir()
    wms.extracts.add_endpoint("LAKE", lake.as_uri())
    pipeline.tap_config |= {
        "entities": list(entities),
        "read_mode": "data_extract",
        "extract_endpoint": "LAKE",
        "extract_path": "out",
        "extract_storage_url": f"{lake.as_uri()}/out",
        "extract_poll_seconds": 0.02,
        "extract_settle_seconds": 0.2,
    }
    by_record = pipeline.run()
    assert by_record.exit_codes == (0, 0), by_record.errors
    pipeline.tap_config["batch_config"] = {
        "encoding": encoding,
        "storage": {"root": files.as_uri()},
    }
    pipeline.target_config |= {"table_prefix": "B_", "load_path": "direct"}
    by_batch = pipeline.run()
    assert by_batch.exit_codes == (0, 0), by_batch.errors
    assert by_batch.state is not None
    assert by_batch.records == 0
    assert sum(_same(oracle, name.upper()) for name in entities) == by_record.records


def _same(oracle: OracleSchema, table: str) -> int:
    """The number of rows, after a look at each value."""
    described = [
        oracle.query(
            "select column_name, data_type, char_length, data_precision, data_scale, nullable "
            "from user_tab_columns where table_name = :1 order by 1",
            name,
        )
        for name in (table, f"B_{table}")
    ]
    assert described[0] == described[1]
    names = [column[0] for column in described[0] if not column[0].startswith("_SDC_")]
    columns = ", ".join(f'"{name}"' for name in names)
    by_record, by_batch = (
        oracle.query(f'select {columns} from "{name}" order by "ID"')
        for name in (table, f"B_{table}")
    )
    assert by_batch == by_record
    return len(by_record)
