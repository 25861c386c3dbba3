"""The quick starts of the plugins' READMEs, as pasted, against the stand-ins."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.documents import shell_block
from tests.programs.forks import on_path
from tests.target.conftest import record, schema, state, text

if TYPE_CHECKING:
    from pathlib import Path

    from wms_standin import WmsStandin

    from tests.conftest import OracleSchema


def _program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{script}")
    path.chmod(0o755)


def _paste(block: str, folder: Path, values: dict[str, str], **environment: str) -> str:
    """What a block prints; the reader's own values in the place of the examples."""
    for example, value in values.items():
        assert example in block
        block = block.replace(example, value)
    path = f"{folder}:{on_path()}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", block],
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_quick_start_of_the_tap(wms: WmsStandin, tmp_path: Path) -> None:
    script = """import json, sys
for line in sys.stdin:
    open("received.jsonl", "a").write(line)
    if json.loads(line)["type"] == "STATE":
        print(json.dumps(json.loads(line)["value"]))"""
    _program(tmp_path, "some-target", script)
    values = {
        "https://x1.wms.ocs.oraclecloud.com/acme": wms.base_url,
        "=reader": f"={wms.username}",
        "PASSWORD=…": f"PASSWORD={wms.password}",
    }
    answer = json.loads(
        _paste(shell_block("tap-oracle-wms/README.md", "quick start"), tmp_path, values)
    )
    assert answer["status"] == "healthy"
    catalog = json.loads((tmp_path / "catalog.json").read_text())
    assert [each["stream"] for each in catalog["streams"]] == ["order_dtl", "order_hdr"]
    lines = map(json.loads, (tmp_path / "received.jsonl").read_bytes().splitlines())
    ids = [(m["stream"], m["record"]["id"]) for m in lines if m["type"] == "RECORD"]
    assert set(ids) == {
        (entity, row["id"])
        for entity in ("order_hdr", "order_dtl")
        for row in wms.world.rows(entity)
    }
    assert json.loads((tmp_path / "state.json").read_text())["bookmarks"].keys() == {
        "order_hdr",
        "order_dtl",
    }


def test_the_quick_start_of_the_target(oracle_schema: OracleSchema, tmp_path: Path) -> None:
    messages = [
        schema("s", {"id": {"type": "integer"}}, ["id"]),
        record("s", id=7),
        state({"n": 1}),
    ]
    (tmp_path / "messages.jsonl").write_text(text(messages))
    _program(tmp_path, "some-tap", "print(open('messages.jsonl').read(), end='')")
    host, port = oracle_schema.dsn.partition("/")[0].split(":")
    values = {
        "db.example.com": host,
        "USER=wms": f"USER={oracle_schema.user}",
        "PASSWORD=…": f"PASSWORD={oracle_schema.password}",
    }
    block = shell_block("target-oracle/README.md", "quick start")
    said = _paste(block, tmp_path, values, TARGET_ORACLE_PORT=port)
    checked, end = json.JSONDecoder().raw_decode(said)
    probed = json.loads(said[end:])
    assert checked["status"] == "healthy"
    assert probed["as_expected"] is True
    assert oracle_schema.query("select id from s") == [(7,)]
    assert json.loads((tmp_path / "state.json").read_text()) == {"n": 1}


def test_the_pipe_in_a_shell_goes_on_where_it_was(
    wms: WmsStandin, oracle_schema: OracleSchema, tmp_path: Path
) -> None:
    user = {"username": wms.username, "password": wms.password}
    reader = {"base_url": wms.base_url, "entities": ["order_hdr"], **user}
    (tmp_path / "tap.json").write_text(json.dumps(reader))
    (tmp_path / "target.json").write_text(json.dumps(oracle_schema.config))
    block = shell_block("README.md", "shell")
    _paste(block, tmp_path, {})
    wms.clock.shift(timedelta(minutes=1))
    new = wms.world.insert("order_hdr", mod_user="NEW")
    wms.clock.shift(timedelta(minutes=1))
    wms.requests.clear()
    _paste(block, tmp_path, {})
    assert {row[0] for row in oracle_schema.query("select id from order_hdr")} == set(
        wms.world.ids("order_hdr")
    )
    assert new in wms.world.ids("order_hdr")
    assert any("mod_ts__gte" in str(request) for request in wms.requests)
