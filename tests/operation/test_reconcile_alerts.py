"""What people hear of a comparison."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from alerts.__main__ import main
from tests.documents import blocks
from tests.operation.conftest import ENTITIES
from tests.operation.test_alerts import Webhook, webhook

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import OracleSchema
    from tests.operation.conftest import Project

__all__ = ["webhook"]

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

MELTANO = """#!{python}
import json, os, pathlib, sys
asked = sys.argv[2:]
with open({calls!r}, "a") as calls:
    calls.write(json.dumps(asked) + "\\n")
print("2026-11-21T13:18:33Z [error    ] " + asked[0] + " said so", file=sys.stderr)
plan = json.loads({plan!r})
step = "keys" if "--keys" in asked else "kept" if "--reconciled" in asked else asked[0]
if step == "keys":
    print("lines")
else:
    sys.stdout.write(sys.stdin.read() if step != "kept" else "")
if step == "tap-oracle-wms" and plan["report"]:
    pathlib.Path(os.environ["TAP_ORACLE_WMS_SUMMARY_FILE"]).write_text(json.dumps(plan["report"]))
sys.exit(plan["codes"].get(step, 0))
"""


def entity(**more: Any) -> dict[str, Any]:
    kinds = {kind: {"rows": 0} for kind in ("missing", "stale", "newer", "extra")}
    return {"status": "equal", **kinds, "healed": None, "problem": None, **more}


def report(*, equal: bool, **item: Any) -> dict[str, Any]:
    entities = {"item": entity(**item), "wave": entity()}
    return {"equal": equal, "rows_compared": 1234, "seconds": 3.2, "entities": entities}


@pytest.fixture
def compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, webhook: Webhook) -> Any:
    """Compare with a Meltano that comes to this report and these exit codes."""
    script, calls = tmp_path / "meltano", tmp_path / "calls"
    monkeypatch.setenv("ALERTS_MELTANO", str(script))
    monkeypatch.setenv("ALERTS_URLS", f"json://{webhook.address}/hook")
    monkeypatch.setenv("ALERTS_SEVERITY", "success")
    monkeypatch.setenv("MELTANO_ENVIRONMENT", "prod")
    monkeypatch.setenv("MELTANO_PROJECT_ROOT", str(tmp_path))

    def run(mode: str, found: dict[str, Any] | None, **codes: int) -> tuple[int, Any, list[Any]]:
        plan = json.dumps({"report": found, "codes": codes})
        script.write_text(MELTANO.format(python=sys.executable, calls=str(calls), plan=plan))
        script.chmod(0o755)
        code = main(["--reconcile", mode])
        asked = [json.loads(line) for line in calls.read_text().splitlines()]
        return code, webhook.posted[-1][1], asked

    return run


def test_what_is_equal_is_told_and_kept(compared: Any) -> None:
    code, posted, asked = compared("report", report(equal=True))
    assert code == 0
    title = "[prod] reconcile proved equal: 1,234 rows"
    assert (posted["type"], posted["title"]) == ("success", title)
    assert posted["message"] == "Exit code 0 after 3 s."
    assert sorted(asked[:2]) == [
        ["tap-oracle-wms", "--reconcile=report"],
        ["target-oracle", "--keys"],
    ]
    assert asked[2][:2] == ["target-oracle", "--reconciled"]
    assert len(asked) == 3


def test_what_differs_is_a_failure_with_figures(compared: Any) -> None:
    found = report(equal=False, missing={"rows": 1200}, extra={"rows": 2})
    code, posted, _ = compared("report", found, **{"tap-oracle-wms": 1})
    assert code == 1
    assert (posted["type"], posted["title"]) == ("failure", "[prod] reconcile found differences")
    assert posted["message"].splitlines() == [
        "item: 1,200 missing, 2 extra",
        "Exit code 1 after 3 s.",
    ]


def test_what_was_healed_is_a_warning(compared: Any) -> None:
    found = report(equal=False, stale={"rows": 3}, healed={"upserted": 3, "deleted": 0})
    code, posted, asked = compared("heal", found)
    assert code == 0
    title = "[prod] heal found differences and healed them"
    assert (posted["type"], posted["title"]) == ("warning", title)
    assert "item: 3 stale, 3 healed" in posted["message"]
    assert ["target-oracle"] in asked


@pytest.mark.parametrize("step", ["keys", "tap-oracle-wms"])
def test_where_nothing_could_be_said_the_logs_say_why(compared: Any, step: str) -> None:
    code, posted, asked = compared("report", None, **{step: 1})
    assert code == 1
    assert (posted["type"], posted["title"]) == ("failure", "[prod] reconcile could not compare")
    assert f"{'target-oracle' if step == 'keys' else step} said so" in posted["message"]
    assert len(asked) == 2


@pytest.mark.parametrize("step", ["keys", "kept", "target-oracle"])
def test_a_program_that_fails_is_never_a_success(compared: Any, step: str) -> None:
    mode = "heal" if step == "target-oracle" else "report"
    code, posted, _ = compared(mode, report(equal=True), **{step: 3})
    assert (code, posted["type"]) == (3, "failure")
    assert "said so" in posted["message"]


@pytest.mark.external
@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_jobs_compare_and_heal_in_a_real_meltano(
    project: Project, webhook: Webhook, oracle_schema: OracleSchema
) -> None:
    """As the weekly schedule of the documentation runs them."""
    project.environment |= {
        "ALERTS_URLS": f"json://{webhook.address}/hook",
        "ALERTS_SEVERITY": "success",
        "TAP_ORACLE_WMS_ENTITIES": json.dumps(ENTITIES),
    }
    file = project.folder / "meltano.yml"
    (example,) = [each.text for each in blocks("docs/reconcile.md") if each.language == "yaml"]
    (schedule,) = yaml.safe_load(example)["schedules"]
    plan = yaml.safe_load(file.read_text("utf-8"))
    plan["schedules"].append(schedule)
    file.write_text(yaml.safe_dump(plan), "utf-8")
    project.meltano("run", "incremental-sync-job")
    project.meltano("schedule", "run", schedule["name"])
    with oracle_schema.connect() as connection, connection.cursor() as cursor:
        cursor.execute('delete from "ITEM" where "ID" = (select min("ID") from "ITEM")')
        connection.commit()
    project.meltano("run", "reconcile-with-alerts", code=1)
    project.meltano("run", "heal-with-alerts")
    project.meltano("run", "reconcile-with-alerts")

    assert [(posted["type"], posted["title"].split(":")[0]) for _, posted in webhook.posted] == [
        ("success", "[demo] reconcile proved equal"),
        ("failure", "[demo] reconcile found differences"),
        ("warning", "[demo] heal found differences and healed them"),
        ("success", "[demo] reconcile proved equal"),
    ]
    kept = oracle_schema.query(
        'select "STATUS" from "LOAD_LOG_RECONCILED" where "STREAM" = \'item\' order by "STARTED_AT"'
    )
    assert kept == [("equal",), ("different",), ("healed",), ("equal",)]
