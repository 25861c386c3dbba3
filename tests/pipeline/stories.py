"""What may happen to the pair at night, and what everything that tells of it must then say.

A story is arranged, played once, and told by every source: the exit codes, both reports, the load
log, `--status`, `--health` and the page. Another way of telling (an alert, a metric) takes part by
a test over `STORIES` that looks at `Played`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.api.client import WmsClient
from tap_oracle_wms.commands.check import connection_report as tap_check
from tap_oracle_wms.config.settings import Settings as TapSettings
from target_oracle.commands.health import health
from target_oracle.commands.page import page
from target_oracle.commands.status import status
from target_oracle.config.sources import load
from wms_standin import Fault

from tests.target.commands import history

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from oracle_standin import OracleStandin
    from target_oracle.commands.answers import Answer
    from wms_standin import WmsStandin

    from tests.conftest import OracleSchema
    from tests.pipeline.conftest import Pipeline, Run

ENTITIES = ("company", "item")
HURRY = {"max_retries": 1, "retry_wait_seconds": 0.01}


@dataclass
class Scene:
    """The pair between two systems that can be made to fail."""

    pipeline: Pipeline
    wms: WmsStandin
    oracle: OracleSchema
    server: OracleStandin

    def __post_init__(self) -> None:
        self.pipeline.tap_config |= {"entities": list(ENTITIES), "run_id": "night", **HURRY}
        self.pipeline.tap_config["summary_file"] = str(self.file("tap"))
        self.pipeline.target_config = {
            **self.oracle.config,
            "run_id": "night",
            "log_metrics": True,
            "max_retries": 0,
            "load_log_table": "LOAD_LOG",
            "late_after_minutes": 60,
            "summary_file": str(self.file("target")),
        }

    def file(self, plugin: str) -> Path:
        return self.pipeline.folder / f"{plugin}.jsonl"

    def set_target(self, **settings: Any) -> None:
        self.pipeline.target_config |= settings

    def earlier(self, minutes: float, *streams: str) -> None:
        """Runs of the past."""
        started = datetime.now(UTC) - timedelta(minutes=minutes)
        given = history.settings(self.pipeline.target_config)
        report = history.run(started, {name: history.stream(40) for name in streams})
        history.keep(given, [report])


@dataclass
class Played:
    """A story that has happened: each source by its name."""

    scene: Scene
    run: Run

    def report(self, plugin: str) -> dict[str, Any]:
        (line,) = self.scene.file(plugin).read_text("utf-8").splitlines()
        found: dict[str, Any] = json.loads(line)
        return found

    @cached_property
    def log(self) -> dict[str | None, tuple[Any, ...]]:
        """Stream -> status, read, written, rejected, of the run `night`."""
        columns = "STREAM", "STATUS", "ROWS_READ", "ROWS_WRITTEN", "ROWS_REJECTED"
        names = ", ".join(f'"{name}"' for name in columns)
        found = self.scene.oracle.query(
            f'select {names} from "LOAD_LOG" where "RUN_ID" = :1', "night"
        )
        return {row[0]: row[1:] for row in found}

    @cached_property
    def status(self) -> dict[str, Any]:
        return self._status.as_dict()

    @cached_property
    def page(self) -> str:
        return page(self._status)

    @cached_property
    def _status(self) -> Answer:
        return status(load(self.scene.pipeline.target_config)[0])

    @cached_property
    def health(self) -> dict[str, Any]:
        client = WmsClient(TapSettings.model_validate(self.scene.pipeline.tap_config))
        told, _ = tap_check(client)
        client.close()
        settings = load(self.scene.pipeline.target_config)[0]
        return health(settings, json.dumps(told)).as_dict()


@dataclass(frozen=True)
class Story:
    """What happens, and the one truth about it.

    `sentence` is part of what every source says went wrong; '' where nothing did.
    """

    arrange: Callable[[Scene], object]
    exit_codes: tuple[int | None, int]
    tap: str | None
    """Status of the tap's run; None, like its exit code, where that depends on the pipe's size."""
    target: str
    streams: dict[str, str] = field(default_factory=dict)
    """Status of each stream that the run came to."""
    status: str = "degraded"
    health: str = "degraded"
    sentence: str = ""


def _bad_items(scene: Scene, count: int) -> int:
    """Let a rule refuse so many items; how many there are."""
    ids = sorted(scene.wms.world.ids("item"))
    rule = {"properties": {"id": {"minimum": ids[count]}}}
    scene.set_target(streams={"item": {"rules": [rule]}}, on_invalid="reject", max_rejects=3)
    return len(ids)


STORIES: dict[str, Story] = {
    "all is well": Story(
        lambda _: None,
        (0, 0),
        "finished",
        "finished",
        {"company": "finished", "item": "finished"},
        status="healthy",
        health="healthy",
    ),
    "WMS is away": Story(
        lambda scene: scene.wms.fail(Fault(status=503)),
        (1, 0),
        "failed",
        "incomplete",
        health="unhealthy",
        sentence="WMS did not answer GET /entity/ in 2 attempts: status 503.",
    ),
    "WMS fails in the middle": Story(
        lambda scene: scene.wms.fail(Fault(status=503, entity="item", params={"page_size": "*"})),
        (1, 0),
        "failed",
        "incomplete",
        {"company": "finished", "item": "incomplete"},
        sentence="WMS did not answer GET /entity/item/ in 2 attempts: status 503.",
    ),
    "Oracle is away": Story(
        lambda scene: scene.server.faults.raise_error(1017, matching="^CONNECT", times=None),
        (None, 1),
        None,
        "failed",
        status="unhealthy",
        health="unhealthy",
        sentence="user name or password is wrong",
    ),
    "Oracle is full": Story(
        lambda scene: scene.server.faults.raise_error(
            1653, matching='(INSERT|MERGE) INTO .*"ITEM"', times=None
        ),
        (None, 1),
        None,
        "failed",
        {"company": "finished", "item": "failed"},
        sentence="the tablespace is full: add space (ORA-01653).",
    ),
    "as many bad rows as may be": Story(
        lambda scene: _bad_items(scene, 3),
        (0, 0),
        "finished",
        "finished",
        {"company": "finished", "item": "finished"},
        status="healthy",
        health="healthy",
    ),
    "too many bad rows": Story(
        lambda scene: _bad_items(scene, 4),
        (None, 1),
        None,
        "failed",
        {"company": "finished", "item": "failed"},
        sentence="More than max_rejects (3) records are bad",
    ),
    "one entity is late": Story(
        lambda scene: scene.earlier(180, "wave"),
        (0, 0),
        "finished",
        "finished",
        {"company": "finished", "item": "finished"},
        sentence="wave: late. Its data is 3 h old, allowed are 60 min.",
    ),
}
