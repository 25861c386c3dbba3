"""`--keys`: the keys and versions of all living rows, in key order, and an end that proves it."""

from __future__ import annotations

import io
import json
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import oracledb
import pytest
from target_oracle.commands import keys as command
from target_oracle.commands.keys import write_keys
from target_oracle.errors import TableError, TargetError
from target_oracle.target import TargetOracle

from tests.programs.forks import forked
from tests.target.conftest import Target, record, schema, state
from tests.target.loading.conftest import SORTED, row, version

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import OracleSchema

ITEM = schema(
    "item",
    {
        "id": {"type": "integer"},
        "mod_ts": {"type": ["null", "string"], "format": "date-time"},
        "_sdc_deleted_at": {"type": ["null", "string"], "format": "date-time"},
    },
    ["id"],
) | {"bookmark_properties": ["mod_ts"]}
LOG = {"load_log_table": "LOAD_LOG"}
HISTORY: dict[str, Any] = {"load_method": "history", "add_record_metadata": True}
PERIODS: dict[str, Any] = {**HISTORY, "history_validity": True}


def asked(
    target: Target, *globs: str, catalog: str | None = None, **settings: Any
) -> list[dict[str, Any]]:
    """The lines of the answer."""
    plugin = TargetOracle(config={**target.config, **settings})
    output = io.BytesIO()
    try:
        write_keys(plugin.current_run.session, plugin.mapper, globs, catalog, output)
    finally:
        plugin.current_run.workers.close()
    return [json.loads(line) for line in output.getvalue().splitlines()]


def rows(lines: list[dict[str, Any]]) -> list[tuple[Any, Any]]:
    """Keys and versions of all blocks."""
    return [
        pair
        for line in lines
        if line["type"] == "BLOCK"
        for pair in zip(line["keys"], line["values"], strict=True)
    ]


def test_living_rows_in_key_order_with_their_versions(target: Target) -> None:
    before = datetime.now(UTC)
    target.load(
        ITEM,
        record("item", id=30, mod_ts="2026-01-01T12:00:00+02:00"),
        record("item", id=4, mod_ts="2026-01-02T00:00:00.123456Z"),
        record("item", id=-1, mod_ts=None),
        record("item", id=9_007_199_254_740_993, mod_ts="2026-01-03T00:00:00Z"),
        record("item", id=5, mod_ts="2026-01-02T00:00:00Z", _sdc_deleted_at="2026-01-05T00:00:00Z"),
        **LOG,
    )
    lines = asked(target, **LOG)
    assert [line["type"] for line in lines] == ["KEYS", "BLOCK", "END", "EOF"]
    head = lines[0]
    now = datetime.fromisoformat(head.pop("now"))
    assert abs((now - before).total_seconds()) < 600
    assert head == {
        "type": "KEYS",
        "version": 1,
        "stream": "item",
        "table": f"{target.schema.user}.ITEM",
        "key_properties": ["id"],
        "replication_key": "mod_ts",
        "rows": 4,
        "loaded_until": None,
        "load_method": "upsert",
    }
    assert rows(lines) == [
        (-1, None),
        (4, "2026-01-02T00:00:00.123456Z"),
        (30, "2026-01-01T10:00:00Z"),
        (9_007_199_254_740_993, "2026-01-03T00:00:00Z"),
    ]
    assert lines[2:] == [
        {"type": "END", "stream": "item", "rows": 4},
        {"type": "EOF", "streams": 1},
    ]


def test_composite_keys_are_arrays_and_exact(target: Target) -> None:
    target.load(
        schema("pair", {"a": {"type": "number"}, "b": {"type": "string"}}, ["a", "b"]),
        '{"type": "RECORD", "stream": "pair", "record": '
        '{"a": 12345678901234567890.123456789, "b": "é"}}',
        record("pair", a=2, b="B"),
        record("pair", a=2, b="a"),
        **LOG,
    )
    plugin = TargetOracle(config={**target.config, **LOG})
    output = io.BytesIO()
    write_keys(plugin.current_run.session, plugin.mapper, (), None, output)
    plugin.current_run.workers.close()
    (block,) = [line for line in output.getvalue().splitlines() if b'"BLOCK"' in line]
    assert '[[2,"B"],[2,"a"],[12345678901234567890.123456789,"é"]]' in block.decode()
    assert b"values" not in block


def test_blocks_hold_a_bounded_number_of_rows(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "BLOCK_ROWS", 3)
    target.load(ITEM, *(record("item", id=n) for n in range(7)), **LOG)
    lines = asked(target, **LOG)
    blocks = [line["keys"] for line in lines if line["type"] == "BLOCK"]
    assert blocks == [[0, 1, 2], [3, 4, 5], [6]]


@pytest.mark.parametrize("method", ["append-only", "history"])
def test_rows_of_several_versions_count_once_with_the_newest(target: Target, method: str) -> None:
    target.load(
        ITEM,
        record("item", id=1, mod_ts="2026-01-01T00:00:00Z"),
        record("item", id=1, mod_ts="2026-01-03T00:00:00Z"),
        record("item", id=2, mod_ts="2026-01-02T00:00:00Z"),
        load_method=method,
        **LOG,
    )
    lines = asked(target, load_method=method, **LOG)
    assert lines[0]["rows"] == 2
    assert rows(lines) == [(1, "2026-01-03T00:00:00Z"), (2, "2026-01-02T00:00:00Z")]


def test_a_row_of_a_history_has_gone_where_its_newest_version_is_marked(target: Target) -> None:
    """ACTIVATE_VERSION marks no other: the older ones were never deleted."""
    first = [row(1, "a", 1), row(1, "b", 3), row(2, "z", 1), row(3, "k", 1)]
    settings = {**HISTORY, **LOG}
    target.load(SORTED, *({**each, "version": 1} for each in first), version(1), **settings)
    target.load(SORTED, row(2, "z", 1, version=2), version(2), **settings)
    target.load(SORTED, row(3, "l", 5, version=2), **settings)  # it came again
    lines = asked(target, **settings)
    assert lines[0]["rows"] == lines[2]["rows"] == 2
    assert rows(lines) == [(2, "2024-01-01T00:00:00Z"), (3, "2024-01-05T00:00:00Z")]


def test_versions_without_a_time_are_the_oldest_of_a_history(target: Target) -> None:
    """A table that the target did not make may have such rows."""
    settings, day = {**HISTORY, **LOG}, datetime(2024, 1, 1)
    given = [(1, None, None), (2, None, day), (3, None, None), (3, day, day)]
    with target.schema.connect() as connection:
        cursor = connection.cursor()
        cursor.execute('create table s (id number, v varchar2(9), at date, "_SDC_DELETED_AT" date)')
        cursor.setinputsizes(None, oracledb.DB_TYPE_DATE, oracledb.DB_TYPE_DATE)
        cursor.executemany("insert into s values (:1, null, :2, :3)", given)
        connection.commit()
    target.load(SORTED, row(4, "a", 2), **settings)
    found = asked(target, **settings)
    assert (found[0]["rows"], rows(found)) == (2, [(1, None), (4, "2024-01-02T00:00:00Z")])


@pytest.mark.parametrize("globs", [(), ("s",)], ids=["logged", "named"])
def test_a_row_of_a_history_with_periods_has_gone_where_no_version_is_in_force(
    target: Target, globs: tuple[str, ...]
) -> None:
    settings = {**PERIODS, **({"streams": {"s": {"replication_key": "at"}}} if globs else LOG)}
    target.load(SORTED, row(1, "a", 1), row(1, "b", 3), row(2, "z", 1), row(3, "k", 1), **settings)
    gone = [record("s", id=n, _sdc_deleted_at="2024-01-06T00:00:00Z") for n in (1, 3)]
    target.load(SORTED, *gone, **settings)
    target.load(SORTED, row(3, "l", 8), **settings)
    lines = asked(target, *globs, **settings)
    assert (lines[0]["key_properties"], lines[0]["replication_key"]) == (["id"], "at")
    assert lines[0]["rows"] == lines[2]["rows"] == 2
    assert rows(lines) == [(2, "2024-01-01T00:00:00Z"), (3, "2024-01-08T00:00:00Z")]


def test_a_history_that_only_its_name_tells_of_needs_its_replication_key(target: Target) -> None:
    target.load(SORTED, row(1, "a", 1), **HISTORY)
    with pytest.raises(TableError, match=r"Stream 's': .* `replication_key`"):
        asked(target, "s", **HISTORY)


def test_streams_are_known_from_a_catalog(target: Target, tmp_path: Path) -> None:
    target.load(ITEM, record("item", id=1, mod_ts="2026-01-01T00:00:00Z"), table_prefix="WMS_")
    catalog = tmp_path / "catalog.json"
    entry = {
        "tap_stream_id": "item",
        "stream": "item",
        "schema": ITEM["schema"],
        "key_properties": ["id"],
        "replication_key": "mod_ts",
        "metadata": [{"breadcrumb": [], "metadata": {"selected": True}}],
    }
    catalog.write_text(json.dumps({"streams": [entry]}))
    lines = asked(target, catalog=str(catalog), table_prefix="WMS_")
    assert lines[0]["table"] == f"{target.schema.user}.WMS_ITEM"
    assert rows(lines) == [(1, "2026-01-01T00:00:00Z")]


def test_a_named_stream_needs_neither_catalog_nor_load_log(target: Target) -> None:
    target.load(ITEM, record("item", id=1, mod_ts="2026-01-01T00:00:00Z"))
    lines = asked(target, "item", streams={"item": {"replication_key": "mod_ts"}})
    assert lines[0]["key_properties"] == ["id"]
    assert rows(lines) == [(1, "2026-01-01T00:00:00Z")]


def test_the_load_log_tells_until_when_a_table_is_loaded(target: Target) -> None:
    """Also where the last run, of all rows, had no replication key, or no STATE at all."""
    first, last = "2026-01-05T00:00:00+00:00", "2026-01-06T00:00:00+00:00"
    row = record("item", id=1, mod_ts="2026-01-01T00:00:00Z")
    for bookmark in (first, last):
        reached = {"bookmarks": {"item": {"replication_key_value": bookmark}}}
        target.load(ITEM, row, state(reached), **LOG)
    target.load({**ITEM, "bookmark_properties": None}, row, **LOG)
    lines = asked(target, **LOG)
    assert lines[0]["loaded_until"] == last
    assert lines[0]["replication_key"] == "mod_ts"
    (named, *_) = asked(target, "item", streams={"item": {"replication_key": "mod_ts"}})
    assert named["loaded_until"] is None


def test_globs_choose(target: Target) -> None:
    for name in ("order_hdr", "order_dtl", "item"):
        target.load({**ITEM, "stream": name}, record(name, id=1), **LOG)
    lines = asked(target, "order_*", **LOG)
    assert [line["stream"] for line in lines if line["type"] == "KEYS"] == [
        "order_dtl",
        "order_hdr",
    ]
    assert lines[-1] == {"type": "EOF", "streams": 2}


def test_a_glob_that_chooses_nothing_is_no_answer_beside_one_that_does(target: Target) -> None:
    """Else a comparison would call equal what it has not seen."""
    target.load(ITEM, record("item", id=1))
    target.load({**ITEM, "stream": "order_hdr"}, record("order_hdr", id=1))
    with pytest.raises(TargetError, match=r"no stream matches order_\*: .*`load_log_table`"):
        asked(target, "order_*", "item")
    target.load({**ITEM, "stream": "order_hdr"}, record("order_hdr", id=1), **LOG)
    with pytest.raises(TargetError, match=r"no stream matches wave_\*: "):
        asked(target, "order_*", "wave_*", "item", **LOG)
    lines = asked(target, "order_*", "item", **LOG)
    assert [line["stream"] for line in lines if line["type"] == "KEYS"] == ["item", "order_hdr"]


def test_a_table_without_a_key_is_left_out_and_named(
    target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    target.load(schema("free", {"v": {"type": "integer"}}), record("free", v=1))
    assert asked(target, "free") == [{"type": "EOF", "streams": 0}]
    assert "Stream 'free'" in caplog.text
    assert "has no key" in caplog.text


@pytest.mark.parametrize(
    ("globs", "says"),
    [
        ((), "no stream is known"),
        (("none_*",), "no stream matches none_*"),
        (("none",), "Stream 'none': there is no table NONE"),
    ],
)
def test_what_cannot_be_answered_is_a_sentence(
    target: Target, globs: tuple[str, ...], says: str
) -> None:
    with pytest.raises(TargetError) as caught:
        asked(target, *globs)
    assert says in str(caught.value)


def test_nothing_is_seen_of_what_others_commit_meanwhile(
    oracle_schema: OracleSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The count and the rows are of one moment."""
    target = Target(oracle_schema)
    target.load(ITEM, record("item", id=1), record("item", id=2))
    blocks = command.KeyWriter._blocks

    def late(*given: Any) -> Any:
        target.load(ITEM, record("item", id=3))
        return blocks(*given)

    monkeypatch.setattr(command.KeyWriter, "_blocks", staticmethod(late))
    lines = asked(target, "item")
    assert lines[0]["rows"] == lines[2]["rows"] == 2


def test_as_a_program(target: Target, tmp_path: Path) -> None:
    target.load(ITEM, record("item", id=1))
    config = tmp_path / "config.json"
    config.write_text(json.dumps(target.config))
    run = [*forked("target_oracle"), "--config", str(config)]
    done = subprocess.run([*run, "--keys", "item"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["type"] for line in done.stdout.splitlines()] == [
        "KEYS",
        "BLOCK",
        "END",
        "EOF",
    ]
    done = subprocess.run([*run, "item"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "only --keys takes names of streams" in done.stderr
