"""BATCH files of extracts hold what RECORD messages hold, by types that keep it."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tap_oracle_wms.output.batch_files import BatchFiles
from tap_oracle_wms.tap import TapOracleWMS
from wms_standin import ExtractFault, ExtractOptions

from tests.tap.conftest import config_for, parsed, replayed, run, tap_with
from tests.tap.extract.test_equality import CORE, RICH, TIMELESS

if TYPE_CHECKING:
    from wms_standin import WmsStandin

    from tests.tap.conftest import Run

ENTITIES = tuple(name for name in CORE if name not in TIMELESS)
JSONL = {"format": "jsonl", "compression": "gzip"}
PARQUET = {"format": "parquet"}


def batched(
    bulk: dict[str, Any],
    folder: Path,
    encoding: dict[str, str],
    entities: tuple[str, ...] = ENTITIES,
    kind: type[TapOracleWMS] = TapOracleWMS,
    **more: Any,
) -> Run:
    storage = {"root": f"file://{folder.parent}/batches"}
    config = {"encoding": encoding, "storage": storage, **more}
    return run({**bulk, "entities": list(entities), "batch_config": config}, kind=kind)


def files(done: Run, stream: str) -> list[Path]:
    return [
        Path(urlsplit(url).path)
        for message in done.of("BATCH")
        if message["stream"] == stream
        for url in message["manifest"]
    ]


def plain(value: Any) -> Any:
    """A value of Parquet as JSON has it."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case date():
            return value.isoformat()
    return value


@pytest.mark.parametrize(
    ("form", "entities"), [("parquet", ENTITIES), ("json", RICH), ("csv", RICH)]
)
def test_parquet_batches_equal_records(
    wms: WmsStandin, bulk: dict[str, Any], folder: Path, form: str, entities: tuple[str, ...]
) -> None:
    wms.extracts.options = ExtractOptions(bytes_per_mb=10_000, timestamps="micros")

    done = batched({**bulk, "extract_format": form}, folder, PARQUET, entities)
    pages = run(config_for(wms, entities=list(entities)))

    assert done.error is None
    assert not done.of("RECORD")
    for name in entities:
        tables = [pq.read_table(path) for path in files(done, name)]
        numbers = {c for c, found in done.tap.streams[name].schema["properties"].items()
                   if "number" in found["type"]}  # fmt: skip
        rows = [
            {c: Decimal(v) if c in numbers and v is not None else plain(v) for c, v in row.items()}
            for table in tables
            for row in table.to_pylist()
        ]
        assert replayed(rows) == replayed(pages.records(name)), name
        assert len(rows) == len(replayed(rows))
        types = {c: table.schema.field(c).type for table in tables for c in table.column_names}
        assert types["id"] == pa.int64()
        assert types["mod_ts"] == pa.timestamp("us", "UTC")
        assert all(
            pa.types.is_decimal128(t) or pa.types.is_string(t)
            for c, t in types.items() if c in numbers
        )  # fmt: skip


def test_json_batches_equal_records(wms: WmsStandin, bulk: dict[str, Any], folder: Path) -> None:
    done = batched(bulk, folder, JSONL, RICH)
    pages = run(config_for(wms, entities=list(RICH)))

    for name in RICH:
        rows: list[dict[str, Any]] = []
        for path in files(done, name):
            rows += parsed(gzip.decompress(path.read_bytes()).decode())
        assert replayed(rows) == replayed(pages.records(name)), name


def test_a_batch_has_no_more_rows_than_told(
    wms: WmsStandin, bulk: dict[str, Any], folder: Path
) -> None:
    kind = tap_with(extract_batch=5)

    done = batched(bulk, folder, PARQUET, ("order_hdr",), kind=kind, batch_size=10)

    sizes = [pq.read_metadata(path).num_rows for path in files(done, "order_hdr")]
    assert max(sizes) <= 10
    assert sum(sizes) == wms.world.count("order_hdr")


def test_batches_carry_version_and_time_and_end_with_activate_version(
    wms: WmsStandin, bulk: dict[str, Any], folder: Path
) -> None:
    done = batched(bulk, folder, PARQUET, RICH)

    versions = {m["stream"]: m["version"] for m in done.of("ACTIVATE_VERSION")}
    assert versions.keys() == set(RICH)
    for message in done.of("BATCH"):
        assert message["version"] == versions[message["stream"]]
        assert datetime.fromisoformat(message["time_extracted"]).tzinfo is not None
    assert "replication_key_value" in done.bookmark("order_hdr")
    assert done.state["report"]["streams"]["order_hdr"]["read"] == wms.world.count("order_hdr")


def test_an_extract_that_breaks_off_leaves_no_bookmark(
    wms: WmsStandin, bulk: dict[str, Any], folder: Path
) -> None:
    wms.extracts.fail(ExtractFault(kind="truncated", entity="order_hdr"))

    done = batched(bulk, folder, PARQUET, RICH)

    assert "it is cut off or damaged" in str(done.error)
    assert "replication_key_value" not in done.state["bookmarks"].get("order_hdr", {})


def test_stream_maps_take_the_way_of_records(
    wms: WmsStandin, bulk: dict[str, Any], folder: Path
) -> None:
    maps = {"order_hdr": {"__alias__": "orders", "id": "id", "double": "id * 2"}}

    records = run({**bulk, "entities": "order_hdr", "stream_maps": maps}).records("orders")

    assert {r["id"]: r["double"] for r in records} == {
        row["id"]: 2 * row["id"] for row in wms.world.rows("order_hdr")
    }


def test_a_file_of_wms_counts_as_out_only_when_its_batch_file_is_whole(
    wms: WmsStandin, bulk: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = BatchFiles.manifest

    def full_disk(files: BatchFiles) -> list[str]:
        real(files)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(BatchFiles, "manifest", full_disk)

    done = batched(bulk, folder, PARQUET, ("order_hdr",))

    assert isinstance(done.error, OSError)
    bookmark = done.state["bookmarks"].get("order_hdr", {})
    assert not (bookmark.get("extract") or {}).get("files")
