"""dbt itself over the tables that the pair loads: compiled, fresh, built, tested."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from tap_oracle_wms.catalog.shipped import CATALOGS

from tests.hub import PROJECT
from tests.programs.forks import forked

if TYPE_CHECKING:
    from pathlib import Path

    from wms_standin import WmsStandin

    from tests.conftest import OracleSchema
    from tests.pipeline.conftest import Pipeline

pytestmark = [pytest.mark.external, pytest.mark.timeout(600)]
CATALOG = CATALOGS["core"]
ENTITIES = [each["stream"] for each in json.loads(CATALOG.read_bytes())["streams"]]
# A part of dbt-core that only its new parser needs, and whose package fetches it from GitHub.
WITHOUT = "dbt-core-experimental-parser; python_version < '3'\n"


@dataclass
class Dbt:
    """The example project with the models of the core catalog."""

    folder: Path
    oracle: OracleSchema
    results: list[dict[str, Any]] = field(default_factory=list)

    def run(self, *arguments: str) -> int:
        """Run dbt; gives its exit code and keeps what it says of each node."""
        (self.folder / "overrides.txt").write_text(WITHOUT)
        command = [os.environ.get("UV", "uv"), "tool", "run", "--overrides", "overrides.txt"]
        command += ["--from", "dbt-core", "--with", "dbt-oracle==1.12.0", "dbt", "--no-use-colors"]
        environment = {f"TARGET_ORACLE_{k.upper()}": str(v) for k, v in self.oracle.config.items()}
        done = subprocess.run(
            [*command, *arguments],
            cwd=self.folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        name = "sources.json" if arguments[0] == "source" else "run_results.json"
        path = self.folder / "target" / name
        self.results = json.loads(path.read_bytes())["results"] if path.exists() else []
        assert self.results, done.stdout + done.stderr
        return done.returncode

    def statuses(self, kind: str) -> dict[str, str]:
        """Name of a node of one kind -> its status."""
        names = {each["unique_id"]: each["status"] for each in self.results}
        return {
            name.split(".")[-1 if kind != "test" else 2]: status
            for name, status in names.items()
            if name.startswith(f"{kind}.")
        }


@pytest.fixture
def dbt(tmp_path: Path, oracle: OracleSchema) -> Dbt:
    folder = tmp_path / "dbt"
    shutil.copytree(PROJECT / "docs" / "examples" / "dbt", folder)
    return Dbt(folder, oracle)


def modelled(dbt: Dbt, config: dict[str, Any]) -> None:
    """Write the models with the program, as the page says."""
    (dbt.folder / "config.json").write_text(json.dumps(config))
    subprocess.run(
        [
            *(*forked("target_oracle"), "--config", "config.json", "--dbt", "models/wms"),
            *("--catalog", str(CATALOG), "--relations", "wms"),
        ],
        cwd=dbt.folder,
        check=True,
        capture_output=True,
        timeout=60,
    )


def test_dbt_compiles_sources_and_models_of_the_core_catalog(dbt: Dbt) -> None:
    modelled(dbt, {**dbt.oracle.config, "add_record_metadata": True})
    assert dbt.run("compile") == 0
    assert dbt.statuses("model") == {f"stg_wms__{name}": "success" for name in ENTITIES}
    tests = dbt.statuses("test")
    assert set(tests.values()) == {"success"}
    assert sum(name.startswith("source_relationships_wms_") for name in tests) > 100
    compiled = next((dbt.folder / "target" / "compiled").rglob("stg_wms__order_status.sql"))
    text = re.sub(r"\s+", " ", compiled.read_text()).strip()
    assert text.startswith('select "ID", "DESCRIPTION",')
    assert text.endswith(f'from "{dbt.oracle.user}"."ORDER_STATUS" where "_SDC_DELETED_AT" is null')


@pytest.mark.long
def test_dbt_builds_tests_and_dates_what_the_pair_has_loaded(
    pipeline: Pipeline, wms: WmsStandin, oracle: OracleSchema, dbt: Dbt
) -> None:
    pipeline.tap_config["entities"] = ENTITIES
    pipeline.target_config["add_record_metadata"] = True
    assert pipeline.run().exit_codes == (0, 0)
    modelled(dbt, pipeline.target_config)

    assert dbt.run("source", "freshness") == 0
    assert dbt.statuses("source") == dict.fromkeys(ENTITIES, "pass")
    assert dbt.run("build") == 0
    assert dbt.statuses("model") == {f"stg_wms__{name}": "success" for name in ENTITIES}
    assert set(dbt.statuses("test").values()) == {"pass"}
    for name in ENTITIES:
        ((rows,),) = oracle.query(f"select count(*) from stg_wms__{name}")
        assert rows == wms.world.count(name), name

    def newest(table: str) -> str:
        return f'where "ID" = (select max("ID") from "{table}")'

    with oracle.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f'update "ORDER_DTL" set "ITEM_ID" = -5 {newest("ORDER_DTL")}')
        cursor.execute(f'update "WAVE" set "_SDC_DELETED_AT" = systimestamp {newest("WAVE")}')
        cursor.execute("""update "TASK" set "_SDC_BATCHED_AT" = systimestamp - interval '3' day""")
        cursor.execute(
            """update "ITEM" set "_SDC_BATCHED_AT" = systimestamp - interval '30' hour"""
        )
        connection.commit()
    assert dbt.run("source", "freshness") == 1
    late = {name: status for name, status in dbt.statuses("source").items() if status != "pass"}
    assert late == {"task": "error", "item": "warn"}
    assert dbt.run("test") == 0  # a missing relation warns
    failed = {name: status for name, status in dbt.statuses("test").items() if status != "pass"}
    assert list(failed.values()) == ["warn"]
    assert "order_dtl__ITEM_ID_" in next(iter(failed))
    ((rows,),) = oracle.query("select count(*) from stg_wms__wave")
    assert rows == wms.world.count("wave") - 1
