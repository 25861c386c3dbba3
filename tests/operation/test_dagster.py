"""The Dagster example: two workers, one state backend, a task for each entity, workers that die."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from wms_standin import Latency

from tests.hub import PROJECT
from tests.pipeline.comparison import assert_equal

if TYPE_CHECKING:
    from collections.abc import Callable

    from wms_standin import WmsStandin

    from tests.conftest import OracleSchema

pytestmark = [pytest.mark.external, pytest.mark.long, pytest.mark.timeout(2400)]
EXAMPLE = PROJECT / "docs" / "examples" / "dagster"
ENTITIES = ("order_hdr", "order_dtl", "inventory")
UV = os.environ.get("UV", "uv")
DAGSTER = [UV, "tool", "run", "--python", "3.11", "--from", "dagster==1.13.28"]
STEP = "tap_oracle_wms_incremental__{}"


@dataclass
class Cluster:
    """The example beside a copy of the project, and what its last run wrote."""

    folder: Path
    environment: dict[str, str]
    machine: str = "first"  # what is not shared: Meltano's own folders
    log: str = ""

    def plan(self, **more: str) -> list[dict[str, object]]:
        """Write plan.json by the program, as the page says."""
        done = subprocess.run(
            [*DAGSTER, "python", "plan.py"],
            cwd=self.home,
            env={**self.environment, **more},
            stdout=subprocess.PIPE,
            check=True,
            timeout=300,
        )
        (self.home / "plan.json").write_bytes(done.stdout)
        plan: list[dict[str, object]] = json.loads(done.stdout)
        return plan

    @property
    def home(self) -> Path:
        return self.folder / "dagster"

    def job(self, name: str, interrupt: Callable[[], bool] | None = None) -> int:
        """Run a job to its end; `interrupt()` is called until it says that it has acted."""
        path = self.folder / "job.log"
        tasks = self.folder / "machines" / self.machine
        with path.open("wb") as log:
            process = subprocess.Popen(
                [*DAGSTER, "dagster", "job", "execute", "-f", "definitions.py", "-j", name],
                cwd=self.home,
                env={**self.environment, "MELTANO_TASKS_DIR": str(tasks)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            until = time.monotonic() + 1200
            while process.poll() is None and time.monotonic() < until:
                if interrupt and interrupt():
                    interrupt = None
                time.sleep(0.2)
            process.kill()
        assert interrupt is None, "the job ended before it was interrupted"
        self.log = path.read_text("utf-8", errors="replace")
        return process.wait()

    def events(self) -> list[tuple[str, str]]:
        """What Dagster itself kept of the steps of the last run: kind and step, in their order."""
        runs = (self.home / "history" / "runs").glob("*-*.db")
        newest = max(runs, key=lambda path: path.stat().st_mtime)
        with closing(sqlite3.connect(newest)) as connection:
            return connection.execute(
                "select dagster_event_type, step_key from event_logs "
                "where step_key is not null order by id"
            ).fetchall()

    def succeeded(self) -> set[str]:
        return {step for kind, step in self.events() if kind == "STEP_SUCCESS"}

    def most_at_once(self) -> int:
        """How many steps were under way at the same time."""
        begin, end = ("START", "RESTARTED"), ("SUCCESS", "FAILURE", "UP_FOR_RETRY")
        change = {f"STEP_{each}": 1 for each in begin} | {f"STEP_{each}": -1 for each in end}
        return max(accumulate(change.get(kind, 0) for kind, _ in self.events()))

    def written(self) -> int:
        """The rows that the target's summaries count."""
        counts = re.findall(r"rows +([\d,]+) loaded", self.log)
        return sum(int(count.replace(",", "")) for count in counts)


def processes(*words: str) -> list[int]:
    """The processes whose command line has all of the words."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            line = path.read_bytes().decode(errors="replace")
            if all(word in line for word in words):
                found.append(int(path.parent.name))
    return found


def parent(pid: int) -> int:
    """The process that started another one."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def cluster(tmp_path: Path, wms: WmsStandin, oracle_schema: OracleSchema) -> Cluster:
    project, states = tmp_path / "project", tmp_path / "states"
    project.mkdir()
    states.mkdir()
    shutil.copy(PROJECT / "meltano.yml", project)
    for name in ("tap-oracle-wms", "target-oracle", "alerts"):
        (project / name).symlink_to(PROJECT / name)
    shutil.copytree(EXAMPLE, tmp_path / "dagster")
    target = {f"TARGET_ORACLE_{k.upper()}": str(v) for k, v in oracle_schema.config.items()}
    environment = {
        **os.environ,
        **target,
        "TAP_ORACLE_WMS_BASE_URL": wms.base_url,
        "TAP_ORACLE_WMS_USERNAME": wms.username,
        "TAP_ORACLE_WMS_PASSWORD": wms.password,
        "MELTANO_PROJECT_ROOT": str(project),
        "MELTANO_COMMAND": f"{UV} tool run meltano@4.4.1",
        "MELTANO_ENVIRONMENT": "demo",
        "MELTANO_STATE_BACKEND_URI": states.as_uri(),
        "DAGSTER_HOME": str(tmp_path / "dagster"),
        "STEP_RETRY_SECONDS": "1",
        "WORKERS": "2",
    }
    subprocess.run(
        [UV, "tool", "run", "meltano@4.4.1", "install", "extractors", "loaders"],
        cwd=project,
        env=environment,
        check=True,
        capture_output=True,
        timeout=600,
    )
    return Cluster(tmp_path, environment)


def mark(cluster: Cluster, entity: str) -> str:
    """What the command lines of a step's processes have in common: its folder."""
    return f"machines/{cluster.machine}/{STEP.format(entity)}"


def test_two_workers_load_all_in_full_and_by_change_and_make_good_who_dies(
    cluster: Cluster, wms: WmsStandin, oracle_schema: OracleSchema
) -> None:
    plan = cluster.plan(TAP_ORACLE_WMS_ENTITIES=json.dumps(ENTITIES))
    assert {each["job"]: each["cron"] for each in plan} == {
        "full-sync-with-alerts": "0 2 * * 0",
        "incremental-sync-with-alerts": "*/15 * * * *",
    }

    # A full load in which Meltano is killed in the middle of one entity: the worker tries again.
    wms.latency = Latency(factor=0.2)

    def kill_meltano() -> bool:
        reading = [each for each in wms.requests if each.entity == "order_dtl"]
        found = processes("--state-id-suffix=order_dtl") + processes(mark(cluster, "order_dtl"))
        if len(reading) > 1 and found:
            kill(found)
            wms.latency = Latency()
            return True
        return False

    assert cluster.job("full_sync_with_alerts", kill_meltano) == 0
    assert ("STEP_UP_FOR_RETRY", STEP.format("order_dtl")) in cluster.events()
    assert cluster.succeeded() == {STEP.format(each) for each in ENTITIES}
    assert cluster.most_at_once() == 2
    assert_equal(wms.world, oracle_schema, ENTITIES)
    total = sum(wms.world.count(each) for each in ENTITIES)
    states = sorted(path.name.rpartition(":")[2] for path in (cluster.folder / "states").iterdir())
    assert states == sorted(ENTITIES)

    # Another machine goes on with the same state; there a worker dies, and another takes over.
    cluster.machine = "second"
    change(wms)
    wms.latency = Latency(factor=0.5)

    def kill_worker() -> bool:
        meltano = processes("--state-id-suffix=order_hdr")
        found = processes(mark(cluster, "order_hdr"))
        if meltano and found:
            workers = {parent(pid) for pid in meltano} - {*meltano}
            kill([*workers, *meltano, *found])
            wms.latency = Latency()
            return True
        return False

    assert cluster.job("incremental_sync_with_alerts", kill_worker) == 0
    assert ("STEP_UP_FOR_RETRY", STEP.format("order_hdr")) in cluster.events()
    assert "ChildProcessCrashException" in cluster.log
    assert cluster.succeeded() == {STEP.format(each) for each in ENTITIES}
    assert cluster.most_at_once() == 2
    assert_equal(wms.world, oracle_schema, ENTITIES, sets=False)
    assert 0 < cluster.written() < total / 2  # what changed, not everything


def change(wms: WmsStandin) -> None:
    wms.clock.shift(timedelta(minutes=4))
    for entity in ENTITIES:
        ids = [row_id for row_id in wms.world.ids(entity) if row_id > 0]
        for row_id in ids[::7]:
            wms.world.update(entity, row_id, mod_user="CHANGED")
        wms.world.insert(entity, mod_user="NEW")
    wms.clock.shift(timedelta(minutes=4))


def test_facilities_become_steps_that_follow_each_other(cluster: Cluster) -> None:
    plan = cluster.plan(
        TAP_ORACLE_WMS_ENTITIES='["inventory", "item"]',
        WMS_FACILITIES='{"inventory": ["DC01", "DC02"]}',
    )
    (tasks,) = [each["tasks"] for each in plan if each["job"] == "full-sync-with-alerts"]
    command = "tap-oracle-wms-incremental target-oracle-incremental"
    env = {"TAP_ORACLE_WMS_FORCE_FULL_TABLE": "true"}
    assert tasks == [
        [
            {"task": command, "env": env, "entity": "inventory", "facility": "DC01"},
            {"task": command, "env": env, "entity": "inventory", "facility": "DC02"},
            {"task": command, "env": env, "entity": "item", "facility": None},
        ]
    ]
    show = (
        "import definitions as d; job = d.defs.resolve_job_def('full_sync_with_alerts');"
        "print({n.name: sorted(o.node for ds in deps.values() "
        "for o in ds.get_node_dependencies()) for n, deps in job.graph.dependencies.items()})"
    )
    done = subprocess.run(
        [*DAGSTER, "python", "-c", show],
        cwd=cluster.home,
        env=cluster.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    job = "full_sync_with_alerts__"  # steps of two jobs may not share a name
    first, second = (f"tap_oracle_wms_incremental__inventory__{each}" for each in ("DC01", "DC02"))
    assert f"'{job}{second}': ['{first}']" in done.stdout
    assert f"'{job}{first}': []" in done.stdout
