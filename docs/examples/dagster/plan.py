"""Write `plan.json`, which says what Dagster is to run, from Meltano's own schedules.

    python plan.py > plan.json

A task whose extractor reads several entities becomes a step for each entity, and for each of its
facilities that WMS_FACILITIES names: {"inventory": ["DC01", "DC02"]}. A utility whose command runs
Meltano again (a full load, a job with alerts) becomes the steps of that run. Every other task is
one step.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(os.environ.get("MELTANO_PROJECT_ROOT", Path(__file__).parents[3]))
MELTANO = shlex.split(os.environ.get("MELTANO_COMMAND", "meltano"))
FACILITIES: dict[str, list[str]] = json.loads(os.environ.get("WMS_FACILITIES") or "{}")
FILE = yaml.safe_load((PROJECT / "meltano.yml").read_text("utf-8"))
JOBS = {job["name"]: job["tasks"] for job in FILE["jobs"]}
UTILITIES = {each["name"]: each for each in FILE["plugins"].get("utilities", ())}


def meltano(*arguments: str) -> Any:
    """Return what a Meltano command prints as JSON.

    Raises:
        SystemExit: There is no Meltano, or it failed and has said why.
    """
    command = [*MELTANO, *arguments, "--format=json"]
    try:
        done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, check=False)
    except FileNotFoundError:
        msg = f"There is no command '{MELTANO[0]}': set MELTANO_COMMAND to what starts Meltano."
        raise SystemExit(msg) from None
    if done.returncode:
        raise SystemExit(done.returncode)
    return json.loads(done.stdout)


def runs(task: str, env: dict[str, str]) -> list[tuple[str, dict[str, str]]]:
    """Return the `meltano run` commands that a task amounts to, each with its environment."""
    name, _, command = task.partition(":")
    utility = UTILITIES.get(name, {})
    words = str(utility.get("commands", {}).get(command, "")).split() or [""]
    env = {**env, **utility.get("env", {})}
    if words[0] == "run":  # the utility runs Meltano with variables of its own
        return [(" ".join(words[1:]), env)]
    if words[-1] in JOBS:  # alerts around a job: Dagster has its own
        return [found for each in JOBS[words[-1]] for found in runs(each, {})]
    return [(task, env)]


def steps(task: str, env: dict[str, str]) -> list[dict[str, Any]]:
    """Return the steps of a task such as `tap-oracle-wms-incremental target-oracle-incremental`."""
    blocks = task.split()
    extracts = len(blocks) == 2 and blocks[0].startswith("tap-")
    entities = meltano("config", "print", blocks[0]).get("entities") if extracts else None
    if not entities:
        return [{"task": task, "env": env}]
    return [
        {"task": task, "env": env, "entity": entity, "facility": facility}
        for entity in entities
        for facility in FACILITIES.get(entity, [None])
    ]


def plan() -> list[dict[str, Any]]:
    """Return Meltano's schedules of jobs, with the steps of each task."""
    return [
        {
            "job": schedule["job"]["name"],
            "cron": schedule["cron_interval"],
            "tasks": [
                steps(*run)
                for task in schedule["job"]["tasks"]
                for run in runs(task, schedule["env"])
            ],
        }
        for schedule in meltano("schedule", "list")["schedules"]["job"]
    ]


if __name__ == "__main__":
    json.dump(plan(), sys.stdout, indent=2)
