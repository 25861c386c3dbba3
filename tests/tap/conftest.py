"""Runs of the tap in this process and as a program."""

from __future__ import annotations

import io
import json
import os
import subprocess
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from tap_oracle_wms.config.limits import Limits
from tap_oracle_wms.tap import TapOracleWMS
from wms_standin.data.clock import Clock

from tests.programs.forks import forked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from wms_standin import WmsStandin

Message = dict[str, Any]


@pytest.fixture(autouse=True)
def time_passes_here_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the tap's own clock follow the stand-in's, which tests move forward."""
    moved: list[Clock] = []
    shift = Clock.shift

    def shift_both(clock: Clock, by: timedelta) -> None:
        shift(clock, by)
        moved[:] = [clock]

    monkeypatch.setattr(Clock, "shift", shift_both)
    now = "tap_oracle_wms.api.clock.own_time"
    monkeypatch.setattr(now, lambda: moved[0].now() if moved else datetime.now(UTC))


def parsed(text: str) -> list[Message]:
    """Messages of a run's output, numbers exact."""
    return [json.loads(line, parse_float=Decimal) for line in text.split("\n") if line]


@dataclass
class Run:
    """What a run wrote."""

    messages: list[Message]
    tap: TapOracleWMS
    error: Exception | None = None

    def of(self, kind: str) -> list[Message]:
        return [message for message in self.messages if message["type"] == kind]

    def records(self, stream: str) -> list[dict[str, Any]]:
        return [m["record"] for m in self.of("RECORD") if m["stream"] == stream]

    @property
    def streams(self) -> list[str]:
        return [message["stream"] for message in self.of("SCHEMA")]

    @property
    def state(self) -> dict[str, Any]:
        states = self.of("STATE")
        value: dict[str, Any] = states[-1]["value"] if states else {}
        return value

    def bookmark(self, stream: str) -> dict[str, Any]:
        found: dict[str, Any] = self.state["bookmarks"][stream]
        return found


def config_for(wms: WmsStandin, **more: Any) -> dict[str, Any]:
    """Settings that reach a stand-in, in a hurry."""
    return {
        "base_url": wms.base_url,
        "username": wms.username,
        "password": wms.password,
        "retry_wait_seconds": 0.01,
        **more,
    }


def tap_with(**limits: Any) -> type[TapOracleWMS]:
    """The tap with other limits than its own."""
    return type("TapWithLimits", (TapOracleWMS,), {"limits": Limits(**limits)})


def run(
    config: dict[str, Any],
    catalog: Any = None,
    state: Any = None,
    kind: type[TapOracleWMS] = TapOracleWMS,
) -> Run:
    """Run the tap here; an error ends the run and is kept."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    error = None
    with redirect_stdout(out):
        tap = kind(config=dict(config), catalog=catalog, state=state)
        try:
            tap.run()
        except Exception as caught:  # noqa: BLE001 - tests look at it
            error = caught
        finally:
            tap.close()
    out.seek(0)
    return Run(parsed(out.read()), tap, error)


def discovered(config: dict[str, Any]) -> dict[str, Any]:
    """The catalog that --discover prints."""
    with redirect_stdout(io.StringIO()) as out:
        tap = TapOracleWMS(config=dict(config), setup_mapper=False)
        tap.run_discovery()
        tap.close()
    catalog: dict[str, Any] = json.loads(out.getvalue())
    return catalog


def selected(catalog: dict[str, Any], *streams: str) -> dict[str, Any]:
    """A catalog with these streams selected and no other."""
    for entry in catalog["streams"]:
        for metadata in entry["metadata"]:
            if not metadata["breadcrumb"]:
                metadata["metadata"]["selected"] = entry["tap_stream_id"] in streams
    return catalog


def replayed(records: Iterable[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """The table that an upserting target would hold."""
    return {record["id"]: record for record in records}


def expected(wms: WmsStandin, entity: str) -> dict[int, dict[str, Any]]:
    """Each row of the stand-in's own data as the record it should be, less keys of relations."""
    return {row["id"]: _record(row) for row in wms.world.rows(entity)}


def without_keys(table: dict[int, dict[str, Any]], wms: WmsStandin, entity: str) -> Any:
    """Records less what the world's rows do not hold: keys of relations and sets as JSON."""
    known = _record(wms.world.rows(entity)[0])
    return {
        row_id: {name: value for name, value in record.items() if name in known}
        for row_id, record in table.items()
    }


UNSPREAD = {"order_instructions_set", "item_metrics_set", "item_characteristics_set", "image_data"}
"""Sets that leave as JSON, and what records carry on request only: tested on their own."""
UNTYPED = {"ignore_attr_values_for_restrict_invn_attr"}
"""Never described: leaves as the text of its JSON."""


def _record(row: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for name, value in row.items():
        if name in UNTYPED:
            record[name] = json.dumps(value)
        elif name not in UNSPREAD and name.endswith("_set"):
            record[f"{name}_count"] = len(value) if isinstance(value, list) else value
        elif name not in UNSPREAD:
            record[name] = _plain(value)
    return record


def _plain(value: Any) -> Any:
    """The value as a RECORD message spells it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date | time) else value


Program = subprocess.CompletedProcess[str]


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Program]:
    """Run the tap as a program: arguments, and settings as a config file."""

    def start(
        *arguments: str, config: dict[str, Any] | None = None, stdin: str | None = None, **env: str
    ) -> Program:
        settings = []
        if config is not None:
            path = tmp_path / "config.json"
            path.write_text(json.dumps(config))
            settings = ["--config", str(path)]
        return subprocess.run(
            [*forked("tap_oracle_wms"), *settings, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            cwd=tmp_path,
            env={**os.environ, **env},
            check=False,
        )

    return start


CORE = ["company", "item", "location", "inventory", "container", "order_hdr", "order_dtl", "shift"]


def listed(wms: WmsStandin, entity: str) -> list[Any]:
    """The list requests for an entity."""
    return [r for r in wms.requests if r.path.rstrip("/").endswith(f"/entity/{entity}")]


def sentences(done: Program) -> list[str]:
    """What a failed program said, less the SDK's routine lines."""
    lines = [line for line in done.stderr.splitlines() if " | ERROR " in line]
    return [line.split(" | ", 3)[3] for line in lines]


def ended(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    """How the program ends when it runs in this process, whose logging it leaves alone."""
    monkeypatch.setattr("tap_oracle_wms.observing.logs.begin", lambda: None)
    return CliRunner().invoke(TapOracleWMS.get_singer_command(), arguments)
