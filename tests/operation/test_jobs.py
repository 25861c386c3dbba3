"""Jobs as an operator runs them: full, incremental, and what passes between the two."""

from __future__ import annotations

import json
import signal
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.hub import PROJECT
from tests.operation.conftest import ENTITIES, PIPELINE
from tests.pipeline.comparison import assert_equal

if TYPE_CHECKING:
    from subprocess import Popen

    from wms_standin import WmsStandin

    from tests.conftest import OracleSchema
    from tests.operation.conftest import Project

pytestmark = [pytest.mark.external, pytest.mark.timeout(600)]
INCREMENTAL = "incremental-sync-job"
MELTANO_YML: dict[str, Any] = yaml.safe_load((PROJECT / "meltano.yml").read_text("utf-8"))
EXTRACTOR: dict[str, Any] = MELTANO_YML["plugins"]["extractors"][0]
ALL = len(EXTRACTOR["config"]["entities"])
LINES = 60
"""Lines that the log of a full load of all entities has at most, of which each entity takes two."""


def change(wms: WmsStandin) -> dict[str, int]:
    """A new row and a few changed ones in two entities, eight minutes later; how many."""
    wms.clock.shift(timedelta(minutes=4))
    changed = {}
    for entity in ("item", "order_hdr"):
        ids = [key for key in wms.world.ids(entity) if key > 0][::9]
        for key in ids:
            wms.world.update(entity, key, mod_user="CHANGED")
        wms.world.insert(entity, mod_user="NEW")
        changed[entity] = len(ids) + 1
    wms.clock.shift(timedelta(minutes=4))
    return changed


def everything(wms: WmsStandin) -> dict[str, int]:
    return {entity: wms.world.count(entity) for entity in ENTITIES}


def test_the_incremental_job_goes_on_from_the_full_one(
    project: Project, wms: WmsStandin, oracle_schema: OracleSchema
) -> None:
    project.meltano("run", "full-sync-job")
    assert project.read() == everything(wms)
    assert len(project.log.splitlines()) <= LINES - 2 * (ALL - len(ENTITIES))

    changed = change(wms)
    project.meltano("run", INCREMENTAL)
    codes = wms.world.count("order_status")  # without mod_ts: read in full each time
    assert project.read() == {**changed, "order_status": codes}
    assert_equal(wms.world, oracle_schema, names=ENTITIES, sets=False)


@pytest.mark.long
@pytest.mark.parametrize("again", [["full-sync-job"], ["--full-refresh", INCREMENTAL]])
def test_a_full_run_after_incremental_ones_reads_everything_again(
    project: Project, wms: WmsStandin, oracle_schema: OracleSchema, again: list[str]
) -> None:
    project.meltano("run", INCREMENTAL)
    before = project.state(PIPELINE)
    project.read()
    change(wms)
    project.meltano("run", *again)

    assert project.read() == everything(wms)
    assert_equal(wms.world, oracle_schema, names=ENTITIES)
    after = project.state(PIPELINE)
    assert after["item"]["replication_key_value"] > before["item"]["replication_key_value"]


@pytest.mark.long
def test_the_log_of_a_full_load_can_be_read_and_names_every_stream(project: Project) -> None:
    entities = EXTRACTOR["config"]["entities"]
    project.meltano(
        "run",
        "full-sync-job",
        variables={"TAP_ORACLE_WMS_INCREMENTAL_ENTITIES": json.dumps(entities)},
    )

    lines = project.log.splitlines()
    assert len(lines) <= LINES
    told = {name: sum(f" {name} " in line for line in lines) for name in entities}
    assert [name for name, times in told.items() if times < 2] == []  # by the tap, and the target


@pytest.mark.long
def test_the_jobs_of_an_entity_read_that_entity_and_share_its_state(
    project: Project, wms: WmsStandin
) -> None:
    project.meltano("run", "sync-order_hdr-full")
    assert project.read() == {"order_hdr": wms.world.count("order_hdr")}

    changed = change(wms)
    project.meltano("run", "sync-order_hdr-incremental")
    assert project.read() == {"order_hdr": changed["order_hdr"]}
    assert "not found in the catalog" not in project.log


@pytest.mark.long
def test_a_failing_job_says_so_by_its_exit_code(project: Project, wms: WmsStandin) -> None:
    wrong = {"TAP_ORACLE_WMS_PASSWORD": "hunter2-wrong"}

    project.meltano("run", INCREMENTAL, code=1, variables=wrong)
    assert "hunter2" not in project.log
    project.meltano("run", "full-sync-job", code=1, variables=wrong)
    assert "WMS refused the credentials (401)" in project.log


@pytest.mark.long
def test_a_suffix_keeps_states_apart(project: Project, wms: WmsStandin) -> None:
    project.meltano("run", "--state-id-suffix=first", INCREMENTAL)
    project.read()
    project.meltano("run", "--state-id-suffix=second", INCREMENTAL)

    assert project.read() == everything(wms)
    listed = project.meltano("state", "list").split()
    assert listed == [f"demo:{PIPELINE}:first", f"demo:{PIPELINE}:second"]


@pytest.mark.long
def test_columns_and_replication_may_be_chosen_by_variables(
    project: Project, wms: WmsStandin, oracle_schema: OracleSchema
) -> None:
    chosen = {
        "TAP_ORACLE_WMS_INCREMENTAL__SELECT": '["item.id", "item.code", "item.mod_ts"]',
        "TAP_ORACLE_WMS_INCREMENTAL__METADATA": '{"item": {"replication-method": "FULL_TABLE"}}',
    }
    for _ in range(2):
        project.meltano("run", INCREMENTAL, variables=chosen)
        assert project.read() == {"item": wms.world.count("item")}

    columns = oracle_schema.query(
        "select column_name from user_tab_columns where table_name = 'ITEM' order by 1"
    )
    of_wms = [name for (name,) in columns if not name.startswith("_SDC_")]
    assert of_wms == ["CODE", "ID", "MOD_TS"]


@pytest.mark.long
def test_a_second_run_of_the_same_job_is_refused_while_the_first_runs(
    project: Project, wms: WmsStandin
) -> None:
    running = project.start(
        "run", INCREMENTAL, variables={"TAP_ORACLE_WMS_POLL_INTERVAL_SECONDS": "3600"}
    )
    try:
        wait_for(running, "order_status: ")
        project.meltano("run", INCREMENTAL, code=1)
        assert f"Another 'demo:{PIPELINE}' pipeline is already running" in project.log
        project.meltano("run", "full-sync-job", code=1)
        assert f"Another 'demo:{PIPELINE}' pipeline is already running" in project.log
        project.read()
        project.meltano("run", "--force", INCREMENTAL)
        assert project.read()["order_status"] == wms.world.count("order_status")
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=240)


def wait_for(process: Popen[str], text: str) -> None:
    assert process.stderr
    seen = []
    for line in process.stderr:
        seen.append(line)
        if text in line:
            return
    raise AssertionError("".join(seen))


@pytest.mark.long
def test_schedules_and_jobs_are_what_meltano_lists(project: Project) -> None:
    listed = json.loads(project.meltano("schedule", "list", "--format=json"))["schedules"]["job"]
    assert [(s["name"], s["cron_interval"], s["job"]["name"]) for s in listed] == [
        ("weekly-full", "0 2 * * 0", "full-sync-with-alerts"),
        ("every-quarter-of-an-hour", "*/15 * * * *", "incremental-sync-with-alerts"),
    ]
    jobs = json.loads(project.meltano("job", "list", "--format=json"))["jobs"]
    assert [job["job_name"] for job in jobs] == [job["name"] for job in MELTANO_YML["jobs"]]


@pytest.mark.long
def test_a_schedule_runs_its_job(project: Project, wms: WmsStandin) -> None:
    project.meltano("schedule", "run", "every-quarter-of-an-hour")
    assert project.read() == everything(wms)


@pytest.mark.parametrize("entity", ["allocation", "order_hdr", "order_dtl"])
def test_every_entity_with_jobs_of_its_own_has_both(entity: str) -> None:
    jobs = {job["name"]: job["tasks"] for job in MELTANO_YML["jobs"]}
    commands = MELTANO_YML["plugins"]["utilities"][0]["commands"]
    pair = f"tap-oracle-wms-{entity}-incremental target-oracle-incremental"
    assert jobs[f"sync-{entity}-incremental"] == [pair]
    assert jobs[f"sync-{entity}-full"] == [f"full-load:{entity}"]
    assert commands[entity] == f"run {pair}"
