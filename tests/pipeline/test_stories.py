"""Every source tells the same true story; see `stories.py`."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from wms_standin import Fault

from alerts import outcome
from tests.documents import shell_block
from tests.pipeline.conftest import Pipeline
from tests.pipeline.stories import ENTITIES, STORIES, Played, Scene, Story
from tests.programs.forks import on_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from oracle_standin import OracleStandin
    from wms_standin import WmsStandin

    from tests.conftest import OracleSchema


PLUGIN_LINE = re.compile(r"^[\d-]+ [\d:,]+ \| (\w+) +\| (\S+) +\| (.*)$")
"""A line of a plugin's log as the SDK formats it in a shell."""
STALL = Fault(kind="hang", seconds=20, entity="item", params={"page_size": "*"})


@pytest.fixture
def scene(
    tmp_path: Path, wms: WmsStandin, oracle_schema: OracleSchema, oracle_server: OracleStandin
) -> Iterator[Scene]:
    tap: dict[str, Any] = {"base_url": wms.base_url, "log_metrics": True}
    tap |= {"username": wms.username, "password": wms.password}
    yield Scene(Pipeline(tmp_path, tap, {}), wms, oracle_schema, oracle_server)
    oracle_server.faults.clear()


def play(scene: Scene, story: Story) -> Played:
    story.arrange(scene)
    return Played(scene, scene.pipeline.run())


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_every_source_tells_the_same_story(scene: Scene, story: Story) -> None:
    played = play(scene, story)
    runs_sentence = (
        "" if story.status == "degraded" and story.target == "finished" else (story.sentence)
    )

    # the exit codes
    tap_code, target_code = played.run.exit_codes
    assert story.exit_codes in {(tap_code, target_code), (None, target_code)}

    # the reports
    tap, target = played.report("tap"), played.report("target")
    assert tap["exit_code"] == tap_code
    assert target["exit_code"] == target_code
    assert story.tap in {tap["status"], None}
    assert target["status"] == story.target
    assert runs_sentence in (target["error"] or "")
    assert bool(runs_sentence) == bool(target["error"])
    assert {n: s["status"] for n, s in target["streams"].items()} == story.streams
    assert not {scene.wms.password, scene.oracle.password} & set(
        json.dumps([tap, target]).split('"')
    )

    # status, page and health
    problems = " ".join(played.status["details"]["problems"])
    assert played.status["status"] == story.status
    assert story.sentence in problems
    assert bool(story.sentence) == bool(problems)
    assert html.escape(story.sentence) in played.page
    assert f'class="{story.status}"' in played.page
    assert played.health["status"] == story.health
    assert story.sentence.split("GET")[0] in " ".join(played.health["details"]["problems"])

    # what is in the tables, the log, the status and the page
    told = played.status["details"].get("streams", {})
    if story.status != "unhealthy":
        for name in story.streams or [None]:
            check_figures(played, story, name, told)

    check_alert(played, story, runs_sentence)
    check_metrics(played)


def check_alert(played: Played, story: Story, sentence: str) -> None:
    """What people would be told: lateness is no run's, and is told by status and health."""
    code = max(map(abs, played.run.exit_codes))
    lines = [each for name in ("tap", "target") for each in played.run.errors[name].splitlines()]
    log = [PLUGIN_LINE.sub(r"[\1] \2 \3", line).replace("[ERROR]", "[error]") for line in lines]
    told, report = outcome.read(code, log, 1.0), played.report("target")
    rejected = sum(each["rejected"] for each in report["streams"].values())
    severity = "failure" if code else "warning" if rejected else "success"
    assert told.severity == severity
    assert sentence in " ".join(told.causes)
    assert bool(told.causes) == bool(sentence)
    assert f"Exit code {code} after 1 s." in told.details
    for name, each in report["streams"].items():
        figures = f"{name}: {each['read']:,} read, {each['written']:,} loaded"
        assert any(line.startswith(figures) for line in told.details) == bool(each["read"])


def check_metrics(played: Played) -> None:
    """The SDK's counters add up to what the reports say was read and loaded or refused.

    It counts no record of a flush that failed, of which the bad ones alone may be kept.
    """
    for plugin in ("tap", "target"):
        counted: Counter[str] = Counter()
        for text in re.findall(r"METRIC: (\{.*\})", played.run.errors[plugin]):
            metric = json.loads(text)
            if metric["metric"] == "record_count":
                counted[metric["tags"]["stream"]] += metric["value"]
        streams = played.report(plugin)["streams"]
        if plugin == "tap":
            said = {name: each["read"] for name, each in streams.items()}
        else:
            flushed = {n: each for n, each in streams.items() if each["flushes"]}
            said = {n: each["written"] + each["rejected"] for n, each in flushed.items()}
        assert counted == Counter(said)


def check_figures(played: Played, story: Story, name: str | None, told: dict[str, Any]) -> None:
    if name is None:  # the run came to no stream
        assert played.log == {None: (story.target, None, None, None)}
        return
    scene, reported = played.scene, played.report("target")["streams"][name]
    figures = tuple(reported[each] for each in ("status", "read", "written", "rejected"))
    assert played.log[name] == figures
    last = told[name]["last_run"]
    assert (
        told[name]["status"],
        *(last[f"rows_{n}"] for n in ("read", "written", "rejected")),
    ) == (figures)
    ((rows,),) = scene.oracle.query(f'select count(*) from "{name.upper()}"')
    assert rows == reported["written"]
    if reported["status"] == "finished":
        assert rows == scene.wms.world.count(name) - reported["rejected"]
    kinds = [reported["status"], *(["late"] if told[name]["late"] else [])]
    assert f'<tr class="{" ".join(kinds)}" data-stream="{name}">' in played.page
    if "REJECTS" in scene.oracle.tables():
        where = 'where "STREAM" = :1 and "RUN_ID" = :2'
        ((kept,),) = scene.oracle.query(f'select count(*) from "REJECTS" {where}', name, "night")
        assert kept == reported["rejected"]


def test_the_next_good_run_ends_every_story(scene: Scene) -> None:
    broken = play(scene, STORIES["Oracle is full"])
    assert broken.status["status"] == "degraded"
    scene.server.faults.clear()
    again = Played(scene, scene.pipeline.run(broken.run.state))
    assert again.run.exit_codes == (0, 0)
    assert (again.status["status"], again.health["status"]) == ("healthy", "healthy")
    runs = again.status["details"]["runs"]
    assert [run["status"] for run in runs] == ["finished", "failed"]


def test_a_killed_tap_leaves_a_run_that_is_incomplete(scene: Scene) -> None:
    def kill(run: Any, line: bytes) -> None:
        if line.startswith(b'{"type":"STATE"'):
            run.tap.kill()

    scene.wms.fail(STALL)
    played = Played(scene, scene.pipeline.run(watch=kill))
    assert played.run.exit_codes == (-9, 0)
    assert played.report("target")["status"] == "incomplete"
    assert "its last STATE says that it is running" in played.status["details"]["problems"][0]
    assert played.log["company"][0] == "finished"


def test_the_questions_of_the_documentation_are_answered(scene: Scene) -> None:
    folder = scene.pipeline.folder
    (folder / "tap.json").write_text(json.dumps(scene.pipeline.tap_config))
    (folder / "target.json").write_text(json.dumps(scene.pipeline.target_config))
    scene.earlier(1, *ENTITIES)
    done = subprocess.run(
        ["bash", "-ec", shell_block("docs/operation.md", "questions")],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=110,
        check=False,
        env={**os.environ, "PATH": f"{on_path()}:{os.environ['PATH']}"},
    )
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[1:3]] == list(ENTITIES)
    assert 'data-stream="item"' in (folder / "status.html").read_text("utf-8")
    found = json.loads((folder / "health.json").read_text("utf-8"))
    assert found["status"] == "healthy"
    assert found["details"]["tap-oracle-wms"]["details"]["entities"] > 300
    assert set(found["details"]["load"]["streams"]) == set(ENTITIES)
