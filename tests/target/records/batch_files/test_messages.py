"""BATCH messages name files, which are read, checked and stamped like RECORD messages."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import parquet
from target_oracle.errors import RecordError

from tests.target.conftest import schema, state

if TYPE_CHECKING:
    from pathlib import Path

    from tests.target.conftest import Message, Target


S = schema("s", {"id": {"type": "integer"}, "v": {"type": ["null", "string"]}}, ["id"])


def batch(*paths: Path, **encoding: Any) -> Message:
    encoding = {"format": "jsonl", "compression": "gzip", **encoding}
    manifest = [path.as_uri() for path in paths]
    return {"type": "BATCH", "stream": "s", "encoding": encoding, "manifest": manifest}


def test_records_of_batch_files_are_loaded_like_others(target: Target, tmp_path: Path) -> None:
    packed, plain = tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl"
    packed.write_bytes(gzip.compress(b'{"id": 1, "v": "a"}\n{"id": 2, "v": "b"}\n'))
    plain.write_bytes(b'{"id": 2, "v": "c"}\n')
    states = target.load(
        S, batch(packed), batch(plain, compression="none"), state(1), add_record_metadata=True
    )
    assert target.rows("S", '"ID", "V"') == [(1, "a"), (2, "c")]
    assert all(at for (at,) in target.rows("S", '"_SDC_BATCHED_AT"'))
    assert states == [1]


def test_records_of_batch_files_are_validated(target: Target, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(gzip.compress(b'{"id": "x"}\n'))
    with pytest.raises(RecordError, match="Stream 's', record id=x"):
        target.load(S, batch(file), state(1))


def test_batch_files_in_parquet_are_loaded(target: Target, tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    moment = datetime(2024, 1, 2, 3, 4, 5, 678901, UTC)
    columns = {"id": [1, 2], "at": [moment, None], "price": [Decimal("1.10"), Decimal("2.25")]}
    parquet.write_table(pa.table(columns), file)
    described = schema(
        "s",
        {
            "id": {"type": "integer"},
            "at": {"type": ["null", "string"], "format": "date-time"},
            "price": {"type": "number"},
        },
        ["id"],
    )
    target.load(described, batch(file, format="parquet"), state(1))
    assert target.rows("S") == [
        (1, moment.replace(tzinfo=None), Decimal("1.10")),
        (2, None, Decimal("2.25")),
    ]


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_batch_files_get_the_same_dates_and_metadata_as_records(
    target: Target, tmp_path: Path, kind: str
) -> None:
    rows = [{"id": 1, "at": "2024-01-02T03:04:05Z"}, {"id": 2, "at": "soon"}]
    file = tmp_path / f"a.{kind}"
    if kind == "parquet":
        parquet.write_table(pa.Table.from_pylist(rows), file)
    else:
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    at = {"type": ["null", "string"], "format": "date-time"}
    target.load(
        schema("s", {"id": {"type": "integer"}, "at": at}, ["id"]),
        batch(file, format=kind, compression="none"),
        datetime_error_treatment="null",
        add_record_metadata=True,
        run_id="night-7",
    )
    found = target.rows("S", '"ID", "AT", "_SDC_RUN_ID"')
    assert found == [(1, datetime(2024, 1, 2, 3, 4, 5), "night-7"), (2, None, "night-7")]


def test_batch_files_are_looked_for_where_the_settings_say(target: Target, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b'{"id": 1, "v": "a"}\n'))
    message = {**batch(), "manifest": ["a.jsonl.gz"]}
    config = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": tmp_path.as_uri()},
    }
    target.load(S, message, batch_config=config)
    assert target.rows("S") == [(1, "a")]
