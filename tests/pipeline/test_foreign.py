"""Each plugin in a Meltano project of its own, beside plugins of others."""

from __future__ import annotations

import json
import os
import re
import subprocess
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.hub import PLUGINS, PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from wms_standin import WmsStandin

    from tests.conftest import OracleSchema

pytestmark = pytest.mark.external
MELTANO = [os.environ.get("UV", "uv"), "tool", "run", "meltano@4.4.1"]
CLONE = "oracle-wms-pair"
QUIET = {"MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false", "MELTANO_CLI_DISABLE_VERSION_CHECK": "1"}


class Project:
    """An empty Meltano project that plugins are added to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "meltano.yml"
        self.file.write_text(
            "project_id: 00000000-0000-4000-8000-000000000000\n"
            "default_environment: dev\n"
            "environments: [{name: dev}]\n"
        )

    def meltano(self, *arguments: str | Path, **environment: str) -> str:
        """Run Meltano, which must succeed; what it printed."""
        done = subprocess.run(
            [*MELTANO, *arguments],
            cwd=self.folder,
            env={**os.environ, **QUIET, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def add_ours(self, name: str) -> None:
        """Add a plugin by its definition and install it, from a clone in the project."""
        self._clone()
        kind = PLUGINS[name].removesuffix("s")
        reference = f"{CLONE}/{name}/plugin.yml"
        self.meltano("add", "--plugin-type", kind, name, "--from-ref", reference)
        version = self.meltano("invoke", name, "--version")
        assert re.search(rf"^{name} v?\d+\.\d+", version, re.MULTILINE), version

    def lock_ours(self, name: str) -> None:
        """Add a plugin by name, variant and a lock file, as if it came from the Hub."""
        self._clone()
        definition = yaml.safe_load((PROJECT / name / "plugin.yml").read_text("utf-8"))
        lock = {"plugin_type": PLUGINS[name], **definition}
        folder = self.folder / "plugins" / PLUGINS[name]
        folder.mkdir(parents=True)
        path = folder / f"{name}--{definition['variant']}.lock"
        path.write_text(json.dumps(lock))
        entry = {"name": name, "variant": definition["variant"]}
        self._change(PLUGINS[name], lambda entries: entries.append(entry))

    def add_foreign(self, family: str, **entry: Any) -> None:
        """Add a public plugin that is not of this project."""
        named = {**entry, "namespace": entry["name"].replace("-", "_")}
        self._change(family, lambda entries: entries.append(named))

    def _clone(self) -> None:
        (self.folder / CLONE).symlink_to(PROJECT)

    def _change(self, family: str, change: Any) -> None:
        project = yaml.safe_load(self.file.read_text("utf-8"))
        change(project.setdefault("plugins", {}).setdefault(family, []))
        self.file.write_text(yaml.safe_dump(project))


@pytest.mark.long
def test_our_tap_fills_a_foreign_target(tmp_path: Path, wms: WmsStandin) -> None:
    project = Project(tmp_path)
    project.add_ours("tap-oracle-wms")
    project.add_foreign(
        "loaders",
        name="target-jsonl",
        pip_url="target-jsonl==0.1.4",
        settings=[{"name": "destination_path"}, {"name": "do_timestamp_file", "kind": "boolean"}],
        config={"destination_path": str(tmp_path), "do_timestamp_file": False},
    )

    project.meltano(
        "run",
        "tap-oracle-wms",
        "target-jsonl",
        TAP_ORACLE_WMS_BASE_URL=wms.base_url,
        TAP_ORACLE_WMS_USERNAME=wms.username,
        TAP_ORACLE_WMS_PASSWORD=wms.password,
        TAP_ORACLE_WMS_ENTITIES='["item", "order_hdr"]',
        TAP_ORACLE_WMS_REQUEST_TIMEOUT="60.5",
    )

    for entity in ("item", "order_hdr"):
        lines = (tmp_path / f"{entity}.jsonl").read_text("utf-8").splitlines()
        written = {row["id"]: row for row in map(json.loads, lines)}
        raw = {row["id"]: row for row in wms.world.rows(entity)}
        assert written.keys() == raw.keys()
        assert len(lines) == len(raw)
        texts = [name for name, value in next(iter(raw.values())).items() if type(value) is str]
        assert len(texts) > 10
        for key, row in raw.items():
            assert {n: written[key][n] for n in texts} == {n: row[n] for n in texts}


def test_a_foreign_tap_fills_our_target(tmp_path: Path, oracle: OracleSchema) -> None:
    rows: list[dict[str, Any]] = [
        {"id": n, "name": f"line {n} ü\U0001f4e6", "ok": n % 2 == 0} for n in range(1, 501)
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    project = Project(tmp_path)
    project.lock_ours("target-oracle")
    project.add_foreign(
        "extractors",
        name="tap-jsonl",
        pip_url="tap-jsonl==0.3.1",
        capabilities=["catalog", "discover", "state"],
        settings=[
            {"name": "path"},
            {"name": "stream_name"},
            {"name": "primary_keys", "kind": "array"},
        ],
        config={
            "path": str(tmp_path / "rows.jsonl"),
            "stream_name": "foreign_rows",
            "primary_keys": ["id"],
        },
    )

    given = {**oracle.config, "batch_max_age": "30.5"}
    settings = {f"TARGET_ORACLE_{key.upper()}": str(v) for key, v in given.items()}
    project.meltano("run", "tap-jsonl", "target-oracle", **settings)

    loaded = oracle.query('select "ID", "NAME", "OK" from "FOREIGN_ROWS" order by "ID"')
    assert loaded == [(Decimal(r["id"]), r["name"], Decimal(r["ok"])) for r in rows]
