"""docs/sizing.md: its table is its formula, and the manifest is one that Kubernetes takes."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from tap_oracle_wms.config.settings import Settings
from wms_standin import Latency

from tests.hub import PROJECT

PAGE = (PROJECT / "docs" / "sizing.md").read_text("utf-8")
MANIFEST = PROJECT / "docs" / "examples" / "kubernetes" / "cronjob.yaml"
CONTAINERFILE = (PROJECT / "Containerfile").read_text("utf-8")
ROWS = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
CONNECTIONS = (1, 4, 8, 16)
SECONDS_A_ROW = 0.020


def seconds(rows: int, connections: int) -> float:
    """The page's formula, with the tap's default page."""
    page: int = Settings.model_fields["page_size"].default
    return (Latency().base * rows / page + SECONDS_A_ROW * rows) / connections


def spoken(amount: float) -> str:
    """Seconds as people say them."""
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if amount >= size:
            return f"{amount / size:.1f} {unit}"
    return f"{amount:.0f} s"


def test_the_table_of_hours_is_what_the_formula_gives() -> None:
    lines = [
        f"| {rows:,} | {' | '.join(spoken(seconds(rows, each)) for each in CONNECTIONS)} |"
        for rows in ROWS
    ]
    assert "\n".join(lines) in PAGE, "\n" + "\n".join(lines)
    assert Latency().row <= SECONDS_A_ROW  # the stand-in costs no more than the page says


def test_the_widest_entity_is_as_wide_as_the_page_says() -> None:
    plugins = yaml.safe_load((PROJECT / "meltano.yml").read_text("utf-8"))["plugins"]
    entities = plugins["extractors"][0]["config"]["entities"]
    catalog = json.loads((PROJECT / "catalogs" / "full.json").read_text("utf-8"))["streams"]
    widths = {each["stream"]: len(each["schema"]["properties"]) for each in catalog}
    widest = max(widths[entity] for entity in entities)
    assert f"the {len(entities)} default entities ({widest} columns in the widest;" in PAGE


def manifest() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(MANIFEST.read_text("utf-8"))
    return found


def test_the_cron_job_runs_a_job_of_the_project_with_the_images_user_and_folders() -> None:
    spec = manifest()["spec"]
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    jobs = yaml.safe_load((PROJECT / "meltano.yml").read_text("utf-8"))["jobs"]
    assert container["args"][0] == "run"
    assert container["args"][1] in {job["name"] for job in jobs}
    assert spec["concurrencyPolicy"] == "Forbid"
    assert f"USER {pod['securityContext']['runAsUser']}\n" in CONTAINERFILE
    mounts = {each["mountPath"] for each in container["volumeMounts"]}
    assert mounts == {"/tmp", "/project/.meltano/run", "/project/.meltano/logs"}
    assert {each["name"] for each in container["volumeMounts"]} == {
        each["name"] for each in pod["volumes"]
    }
    assert container["securityContext"]["readOnlyRootFilesystem"]


def test_nothing_secret_is_in_image_or_manifest() -> None:
    words = [line.split("=")[0] for line in (PROJECT / ".env.example").read_text().splitlines()]
    secrets = [word.strip("# ") for word in words if "PASSWORD" in word or "SECRET" in word]
    assert secrets
    for text in (CONTAINERFILE, MANIFEST.read_text("utf-8")):
        assert not [word for word in secrets if word in text]
    ignored = (PROJECT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in ignored
    kept = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert kept == {"alerts", "catalogs", "meltano.yml", "tap-oracle-wms", "target-oracle"}


@pytest.mark.external
@pytest.mark.long  # fetches the schemas of all releases
def test_the_manifest_is_valid_against_the_schema_of_kubernetes() -> None:
    tool = [os.environ.get("UV", "uv"), "tool", "run", "kubernetes-validate@1.37.0"]
    done = subprocess.run(
        [*tool, "-k", "1.32", "--strict", str(MANIFEST)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=Path("/"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed for resource cronjob/wms-to-oracle-incremental" in done.stdout + done.stderr
