"""Settings, files and catalogs that cannot work are refused before anything is read."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from tap_oracle_wms.config.sources import load, naive_times
from tap_oracle_wms.errors import ConfigError
from tap_oracle_wms.output.batch_settings import check_batches
from tap_oracle_wms.output.stream_maps import check_maps
from wms_standin import Latency

from tests.tap.conftest import config_for, discovered, ended, parsed, run, selected, sentences

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wms_standin import WmsStandin

    from tests.tap.conftest import Program

BATCH: dict[str, Any] = {"encoding": {"format": "jsonl"}, "storage": {"root": "file:///tmp/x"}}

CLASHES: dict[str, tuple[dict[str, Any], str]] = {
    "maps": ({"stream_maps": {"uom": {"code": None}}}, "Setting `stream_maps` does not reach"),
    "flattening": ({"flattening_enabled": True}, "Setting `flattening_enabled` does not reach"),
}
BATCHES: dict[str, tuple[Any, str]] = {
    "no encoding": ({"storage": BATCH["storage"]}, "`batch_config` lacks `encoding.format`"),
    "no storage": ({"encoding": BATCH["encoding"]}, "`batch_config` lacks `storage.root`"),
    "no root": ({**BATCH, "storage": {"prefix": "x"}}, "`batch_config` lacks `storage.root`"),
    "text": ("jsonl", "`batch_config` must be an object"),
    "empty": ({}, "`batch_config` lacks `encoding.format`"),
    "format": ({**BATCH, "encoding": {"format": "csv"}}, "must be jsonl or parquet"),
    "unknown": ({**BATCH, "bach_size": 5}, "`batch_config.bach_size` is unknown"),
    "unknown part": (
        {**BATCH, "storage": {"root": "file:///x", "url": "y"}},
        "`batch_config.storage.url` is unknown",
    ),
    "size": ({**BATCH, "batch_size": 0}, "`batch_config.batch_size` must be a whole number"),
    "storage": ({**BATCH, "storage": {"root": "nosuch://x"}}, "nosuch://, which is no known"),
}


@pytest.mark.parametrize("clash", CLASHES)
def test_batches_go_with_no_maps(wms: WmsStandin, clash: str) -> None:
    other, sentence = CLASHES[clash]

    with pytest.raises(ConfigError, match=sentence):
        run(config_for(wms, entities="uom", batch_config=BATCH, **other))

    assert not wms.requests


@pytest.mark.parametrize("mistake", BATCHES)
def test_a_mistake_in_batch_config_gets_one_sentence(mistake: str) -> None:
    given, sentence = BATCHES[mistake]

    with pytest.raises(ConfigError, match=sentence):
        check_batches({"batch_config": given})


def test_batches_to_s3_need_their_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, "s3", raising=False)

    with pytest.raises(ConfigError, match=r"s3://, which needs: tap-oracle-wms\[s3\]"):
        check_batches({"batch_config": {**BATCH, "storage": {"root": "s3://bucket/x"}}})


PROPERTIES = {"uom": {"id", "code", "cust_name"}, "item": {"id", "barcode"}}
MAPS: dict[str, tuple[dict[str, Any], str]] = {
    "stream": ({"uon": {}}, "names `uon`, which matches no entity; did you mean `uom`"),
    "glob": ({"uon*": {}}, "names `uon*`, which matches no entity"),
    "source": ({"copy": {"__source__": "uon"}}, "names `uon`, which matches no entity"),
    "removed stream": ({"uon": None}, "names `uon`"),
    "dropped": (
        {"uom": {"cust_nme": None}},
        "for `uom`: `cust_nme` is no property; did you mean `cust_name`",
    ),
    "dropped by word": ({"uom": {"cust_nme": "__NULL__"}}, "`cust_nme` is no property"),
    "asked for": ({"uom": {"x": "md5(record['cust_nme'])"}}, "`cust_nme` is no property"),
    "got": ({"uom": {"x": "_.get('cust_nme', '')"}}, "`cust_nme` is no property"),
    "filter": ({"uom": {"__filter__": "record['cust_nme'] == 1"}}, "`cust_nme` is no property"),
    "glob's": ({"*": {"cust_nme": None}}, "for `*`: `cust_nme` is no property"),
}


@pytest.mark.parametrize("mistake", MAPS)
def test_stream_maps_of_what_there_is_not_are_refused(mistake: str) -> None:
    maps, sentence = MAPS[mistake]

    with pytest.raises(ConfigError) as caught:
        check_maps(maps, ["uom", "item", "shift"], PROPERTIES)

    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    "maps",
    [
        {"__else__": None},
        {"shift": {"anything": None}},
        {"uom": {"cust_name": None, "hashed": "md5(code)", "__else__": None}},
        {"units": {"__source__": "uom", "code": "record['code']"}},
        {"*": {"barcode": None}},
        {"uom": {"x": "nosuch("}},
    ],
)
def test_stream_maps_of_what_there_is_are_taken(maps: dict[str, Any]) -> None:
    check_maps(maps, ["uom", "item", "shift"], PROPERTIES)


def test_a_mistyped_map_ends_a_run_before_it_reads(wms: WmsStandin) -> None:
    with pytest.raises(ConfigError, match="did you mean `predefined_flg`"):
        run(config_for(wms, entities="uom", stream_maps={"uom": {"predefined_flag": None}}))

    assert not [r for r in wms.requests if r.path.rstrip("/").endswith("/uom")]


def test_times_without_an_offset_are_told() -> None:
    given = {"base_url": "https://h/e", "username": "u", "password": "p"}
    naive = {
        "start_date": "2026-01-31 08:00:00",
        "filters": {"uom": {"create_ts__gt": "2026-01-31T08:00"}},
    }
    plain = {"start_date": "2026-01-31", "end_date": "2026-02-01T08:00:00+02:00"}

    said = list(naive_times(load({**given, **naive}, set())[0]))

    assert [each.partition(" has a time without an offset: ")[0] for each in said] == [
        "Setting `start_date`",
        "Setting `filters` for `uom`: `create_ts__gt`",
    ]
    assert "UTC is taken; where another is meant, write it with its offset and in quotes" in said[0]
    assert list(naive_times(load({**given, **plain}, set())[0])) == []


ENCODINGS = ["utf-8-sig", "utf-16", "utf-16-le", "utf-8"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_files_of_other_encodings_are_read(
    wms: WmsStandin, program: Callable[..., Program], tmp_path: Path, encoding: str
) -> None:
    config = config_for(wms, entities="uom")
    catalog = selected(discovered(config), "uom")
    files = {"config": config, "catalog": catalog, "state": {"bookmarks": {}}}
    arguments = []
    for name, content in files.items():
        (tmp_path / f"{name}.json").write_bytes(json.dumps(content).encode(encoding))
        arguments += [f"--{name}", str(tmp_path / f"{name}.json")]

    done = program(*arguments)

    assert done.returncode == 0
    records = [m["record"]["id"] for m in parsed(done.stdout) if m["type"] == "RECORD"]
    assert sorted(records) == wms.world.ids("uom")


SEVERAL = b'{"bookmarks": {"uom": {}}}\n{"bookmarks": {"uom": {}}}\n'
LATIN = '{"bookmarks": {}, "x": "\xe9"}'.encode("latin-1")
FILES = {
    "latin-1 state": (
        "--state",
        LATIN,
        "The state file is not JSON in UTF-8 or UTF-16; save it",
    ),
    "latin-1 catalog": ("--catalog", LATIN, "The catalog file is not JSON in UTF-8 or UTF-16"),
    "latin-1 config": ("--config", LATIN, "is not JSON in UTF-8 or UTF-16; save it as UTF-8."),
    "several states": ("--state", SEVERAL, "holds several lines of JSON; keep the last one alone"),
}


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_cannot_be_read_gets_one_sentence(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path, file: str
) -> None:
    option, content, sentence = FILES[file]
    (tmp_path / "odd.json").write_bytes(content)
    (tmp_path / "config.json").write_text('{"base_url": "https://host.invalid/acme"}')
    arguments = ["--config", str(tmp_path / "config.json"), option, str(tmp_path / "odd.json")]

    done = ended(monkeypatch, *arguments)

    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    (said,) = [line.message for line in caplog.records if line.levelname == "ERROR"]
    assert sentence in said


@pytest.mark.parametrize("variable", ["LOGLEVEL", "TAP_ORACLE_WMS_LOGLEVEL"])
def test_a_level_of_logs_that_is_none_gets_one_sentence(
    wms: WmsStandin, program: Callable[..., Program], variable: str
) -> None:
    done = program(config=config_for(wms), **{variable: "bogus"})

    assert done.returncode == 1
    assert sentences(done) == [
        f"Variable {variable} must be DEBUG, INFO, WARNING, ERROR or CRITICAL."
    ]
    assert "Traceback" not in done.stderr


def of_root(catalog: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The catalog with more metadata of its one stream."""
    for metadata in catalog["streams"][0]["metadata"]:
        if not metadata["breadcrumb"]:
            metadata["metadata"] |= more
    return catalog


def test_a_catalog_may_not_take_the_key_away(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_hdr")
    other = of_root(
        selected(discovered(config), "order_hdr"), **{"table-key-properties": ["order_nbr"]}
    )
    without = selected(discovered(config), "order_hdr")
    for metadata in without["streams"][0]["metadata"]:
        if metadata["breadcrumb"] == ["properties", "id"]:
            metadata["metadata"] = {"inclusion": "available", "selected": False}

    assert str(run(config, catalog=other).error) == (
        "Stream order_hdr: its metadata `table-key-properties` names `order_nbr`, but WMS is read "
        "by `id`; take it out."
    )
    assert str(run(config, catalog=without).error) == (
        "Stream order_hdr: the catalog deselects `id`, the key that its rows are read by; select "
        "it."
    )


def test_another_replication_key_names_the_setting(wms: WmsStandin) -> None:
    config = config_for(wms, entities="order_hdr")
    catalog = selected(discovered(config), "order_hdr")
    catalog["streams"][0]["replication_key"] = "create_ts"

    refused = run(config, catalog=catalog)
    assert isinstance(refused.error, ConfigError)
    assert "set setting `replication_key` to create_ts, its replication key to" in str(
        refused.error
    )
    done = run({**config, "replication_key": "create_ts"}, catalog=catalog)
    assert done.error is None
    assert sorted(r["id"] for r in done.records("order_hdr")) == wms.world.ids("order_hdr")


def test_a_hangup_stops_like_a_termination(wms: WmsStandin, tmp_path: Path) -> None:
    wms.latency = Latency(factor=0.1)
    (tmp_path / "config.json").write_text(
        json.dumps(config_for(wms, entities="order_dtl", page_size=20, max_concurrency=1))
    )
    started = subprocess.Popen(
        [
            *("env", "--default-signal=HUP", sys.executable, "-m", "tap_oracle_wms"),
            *("--config", str(tmp_path / "config.json")),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while sum(r.path.rstrip("/").endswith("/order_dtl") for r in wms.requests) < 3:
        time.sleep(0.02)

    started.send_signal(signal.SIGHUP)
    out, err = started.communicate(timeout=30)

    assert started.returncode == 129
    assert "stopped by SIGHUP" in err
    messages = parsed(out)
    assert messages[-1]["type"] == "STATE"
    assert messages[-1]["value"]["report"]["status"] == "stopped"
