"""Define what Dagster runs from `plan.json`: a job for each Meltano schedule, an op for each step.

    dagster dev -f definitions.py

Steps of one task run at the same time, up to WORKERS of them. Steps of one entity (its facilities)
run one after the other, since a table has one writer at a time; so do the tasks of a job. The
project's alerts are sent for runs that fail.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from itertools import count
from pathlib import Path
from typing import Any

import dagster as dg

HERE = Path(__file__).parent
PROJECT = Path(os.environ.get("MELTANO_PROJECT_ROOT", HERE.parents[2]))
MELTANO = shlex.split(os.environ.get("MELTANO_COMMAND", "meltano"))
TASKS = Path(os.environ.get("MELTANO_TASKS_DIR", PROJECT / ".meltano" / "tasks"))
WORKERS = int(os.environ.get("WORKERS", "2"))
RETRY = dg.RetryPolicy(
    max_retries=int(os.environ.get("STEP_RETRIES", "2")),
    delay=float(os.environ.get("STEP_RETRY_SECONDS", "60")),
    backoff=dg.Backoff.EXPONENTIAL,
)
SHARED = ("extractors", "loaders", "utilities")
"""Folders of installed plugins."""


def named(step: dict[str, Any]) -> str:
    """Return a name for the step that Dagster accepts."""
    parts = (step["task"].split()[0], step.get("entity"), step.get("facility"))
    return re.sub(r"\W", "_", "__".join(filter(None, parts)), flags=re.ASCII)


def folder(name: str) -> Path:
    """Make Meltano's folder for a step, and return it.

    A plugin's state and catalog files have fixed names in that folder, so that steps which shared
    it would read each other's files. The installed plugins are shared by links.
    """
    path = TASKS / name
    path.mkdir(parents=True, exist_ok=True)
    for each in SHARED:
        there, here = PROJECT / ".meltano" / each, path / each
        if there.is_dir() and not here.is_symlink():
            here.symlink_to(there, target_is_directory=True)
    return path


def command(step: dict[str, Any], *, again: bool) -> list[str]:
    """Return the command of a step; `again` when an attempt died and left its lock behind."""
    parts = (step.get("entity"), step.get("facility"))
    suffix = "-".join(filter(None, parts))
    options = [f"--state-id-suffix={suffix}"] if suffix else []
    return [*MELTANO, "run", *(["--force"] if again else []), *options, *step["task"].split()]


def environment(step: dict[str, Any]) -> dict[str, str]:
    """Return the variables that narrow a task to this step and give it a folder of its own."""
    found = {"MELTANO_SYS_DIR_ROOT": str(folder(named(step)))}
    if entity := step.get("entity"):
        found["TAP_ORACLE_WMS_ENTITIES"] = json.dumps([entity])
    if facility := step.get("facility"):
        found["TAP_ORACLE_WMS_FACILITY_CODE"] = json.dumps([facility])
    return found


def op(job_name: str, step: dict[str, Any]) -> dg.OpDefinition:
    """Return the op that runs a step of a job, and fails when Meltano does."""

    @dg.op(
        name=f"{job_name}__{named(step)}",  # unique, also where two jobs have the same step
        ins={"after": dg.In(dg.Nothing)},
        out=dg.Out(dg.Nothing),
        retry_policy=RETRY,
    )
    def run(context) -> None:  # no annotation: Dagster evaluates it, and cannot read text
        again = context.retry_number > 0 or context.run.parent_run_id is not None
        process = subprocess.Popen(
            command(step, again=again),
            cwd=PROJECT,
            env={**os.environ, **step["env"], **environment(step)},
        )
        try:
            code = process.wait()
        finally:  # also when the run is cancelled
            process.terminate()
            process.wait()
        if code:
            msg = f"meltano run ended with exit code {code}"
            raise dg.Failure(msg)

    return run


def job(schedule: dict[str, Any]) -> dg.JobDefinition:
    """Return the job of a Meltano schedule."""
    name = schedule["job"].replace("-", "_")

    @dg.job(
        name=name,
        executor_def=dg.multiprocess_executor.configured({"max_concurrent": WORKERS}),
        tags={"dagster/max_retries": 2, "dagster/retry_strategy": "FROM_FAILURE"},
    )
    def whole() -> None:
        before: list[Any] = []
        for steps in schedule["tasks"]:
            last: dict[Any, Any] = {}
            for step, number in zip(steps, count(), strict=False):
                lane = step.get("entity", number)
                earlier = [last[lane]] if lane in last else before
                last[lane] = op(name, step).alias(named(step))(after=earlier)
            before = list(last.values())

    return whole


@dg.run_failure_sensor(name="alerts", default_status=dg.DefaultSensorStatus.RUNNING)
def send_alert(context: dg.RunFailureSensorContext) -> None:
    """Send an alert for a failed run that names the steps that failed."""
    failed = [event.step_key for event in context.get_step_failure_events()]
    sentence = f"Failed: {', '.join(failed)}." if failed else context.failure_event.message
    subprocess.run(
        [*MELTANO, "invoke", "alerts:failed", context.dagster_run.job_name, sentence],
        cwd=PROJECT,
        check=True,
    )


def definitions() -> dg.Definitions:
    """Return all jobs and schedules, and the sensor.

    Raises:
        FileNotFoundError: `plan.py` has not been run.
    """
    schedules = json.loads((HERE / "plan.json").read_bytes())
    jobs = {each["job"]: job(each) for each in schedules}
    return dg.Definitions(
        jobs=list(jobs.values()),
        sensors=[send_alert],
        schedules=[
            dg.ScheduleDefinition(
                job=jobs[each["job"]],
                cron_schedule=each["cron"],
                default_status=dg.DefaultScheduleStatus.RUNNING,
            )
            for each in schedules
        ],
    )


defs = definitions()
