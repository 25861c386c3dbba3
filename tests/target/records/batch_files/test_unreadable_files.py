"""Of a file that cannot be read nothing is loaded, and no STATE after it is written."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any
from unittest import mock

import pyarrow as pa
import pytest
from pyarrow import parquet
from singer_sdk.exceptions import RecordsWithoutSchemaException
from singer_sdk.singerlib.exceptions import InvalidInputLine
from target_oracle.target import TargetOracle

from tests.target.conftest import Target, record, state, text
from tests.target.records.batch_files.batches import (
    batch,
    write,
)
from tests.target.records.batch_files.conftest import (
    S,
)

if TYPE_CHECKING:
    from pathlib import Path


def refused(target: Target, *messages: Any, **given_settings: Any) -> str:
    """What a run says that fails: a STATE before the BATCH is all that comes out of it."""
    known, out = TargetOracle(config={**target.config, **given_settings}), io.StringIO()
    lines = [S, record("s", id=9), state("before"), *messages, state("after")]
    failure = pytest.raises((InvalidInputLine, RecordsWithoutSchemaException))
    with redirect_stdout(out), failure as raised:
        known.run(io.StringIO(text(lines)))
    assert out.getvalue() in {"", '"before"\n'}
    return str(raised.value)


def test_a_missing_file_fails_before_its_neighbours_are_loaded(
    target: Target, file: Path, tmp_path: Path
) -> None:
    missing = tmp_path / "gone.parquet"
    message = refused(target, batch("s", file, missing), batch_size_rows=1)
    assert message == f"The BATCH file {missing.as_uri()} is not there."
    assert target.rows("S", '"ID"') == [(9,)]


def test_a_truncated_file_fails_before_its_neighbours_are_loaded(
    target: Target, file: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(file.read_bytes()[:-5])
    message = refused(target, batch("s", file, cut), batch_size_rows=1)
    assert message.startswith(
        f"The BATCH file {cut.as_uri()} cannot be read: Parquet magic bytes not found"
    )
    assert target.rows("S", '"ID"') == [(9,)]


def test_a_damaged_page_is_found(target: Target, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    columns = pa.table({"id": range(1000), "v": [f"v{n}" for n in range(1000)]})
    parquet.write_table(columns, path, write_page_checksum=True, compression="none")
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"v500", b"v5x0", 1))
    message = refused(target, batch("s", path))
    assert message.startswith(f"The BATCH file {path.as_uri()} cannot be read:")
    assert "CRC" in message
    assert not target.rows("S", '"ID"', "1")[1:]


def test_text_that_is_no_utf_8_is_found(target: Target, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    latin = pa.array([b"caf\xe9"]).view(pa.string())
    parquet.write_table(pa.table({"id": [1], "v": latin}), path)
    message = refused(target, batch("s", path))
    assert message.startswith(f"The BATCH file {path.as_uri()} cannot be read: ")
    assert "UTF8" in message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(b'{"id": 1}\n' * 2000)[:-20], "Compressed file ended"),
        (b'{"id": 1}\n', "Not a gzipped file"),
        (gzip.compress(b'{"id": 1}\n{"id": 2, "v'), "line 2 is cut off or no object"),
    ],
    ids=["truncated", "not packed", "cut before it was packed"],
)
def test_damaged_lines_are_found(target: Target, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(content)
    message = refused(target, batch("s", path))
    assert message.startswith(f"The BATCH file {path.as_uri()} cannot be read: {said}")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"encoding": {"format": "avro"}}, "Invalid enum value 'avro' - at `$.encoding.format`."),
        ({"encoding": {}}, "Object missing required field `format` - at `$.encoding`."),
        ({"manifest": "file:///a"}, "Expected `array`, got `str` - at `$.manifest`."),
        ({"manifest": None}, "Expected `array`, got `null` - at `$.manifest`."),
    ],
)
def test_a_batch_message_that_is_none_is_refused(
    target: Target, file: Path, changed: dict[str, Any], said: str
) -> None:
    assert refused(target, batch("s", file) | changed) == f"A BATCH message cannot be read: {said}"


def test_an_unknown_compression_is_refused(target: Target, tmp_path: Path) -> None:
    message = batch("s", tmp_path / "a.gz")
    message["encoding"]["compression"] = "zstd"
    assert "compression 'zstd' cannot be read: write jsonl with gzip or none." in refused(
        target, message
    )


def test_a_place_of_an_unknown_kind_is_refused(target: Target, file: Path) -> None:
    message = batch("s", file) | {"manifest": ["nowhere://a/b.parquet"]}
    assert refused(target, message).startswith("The BATCH file nowhere://a/b.parquet cannot be ")


def test_no_password_in_the_address_of_a_file_is_shown(target: Target, file: Path) -> None:
    message = batch("s", file) | {"manifest": ["nowhere://me:secret@a/b.parquet"]}
    assert "nowhere://***@a/b.parquet" in refused(target, message)


def test_a_batch_before_its_schema_is_refused(target: Target, file: Path) -> None:
    message = refused(target, batch("t", file))
    assert message == "Stream 't': a BATCH came before its SCHEMA. The tap must send it first."


def test_parquet_without_its_extra_is_refused(target: Target, file: Path) -> None:
    with mock.patch.dict(sys.modules, {"target_oracle.records.arrow": None}):
        assert "need the extra: target-oracle[parquet]." in refused(target, batch("s", file))


def test_without_batch_files_nothing_of_the_extra_is_imported() -> None:
    code = "import sys, target_oracle.target; sys.exit('pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "gz"])
def test_empty_files_hold_no_state_back(target: Target, tmp_path: Path, suffix: str) -> None:
    empty = write(tmp_path / f"a.{suffix}", [])
    none = batch("s", empty) | {"manifest": []}
    assert target.load(S, batch("s", empty), state(1), none, state(2)) == [1, 2]
    assert target.rows("S") == []
