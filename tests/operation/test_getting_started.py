"""The way from a clone to a scheduled job with alerts, word for word as the page says."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.documents import shell_block
from tests.hub import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.external, pytest.mark.long, pytest.mark.timeout(1500)]

CRONTAB = """#!/bin/sh
case "$1" in
-l) cat "{file}" ;;
-) cat > "{file}.new" && mv "{file}.new" "{file}" ;;
esac
"""


def clone(folder: Path) -> Path:
    """What git would give, with what is not committed yet."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=PROJECT, capture_output=True, check=True, text=True)
    for name in names.stdout.splitlines():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT / name, folder / name)
    return folder


def environment(tmp_path: Path) -> dict[str, str]:
    """Of a person who has set nothing, on a machine with a crontab of the test's own."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "crontab").write_text(CRONTAB.format(file=tmp_path / "crontab"))
    (programs / "crontab").chmod(0o755)
    ours = ("TAP_", "TARGET_", "FLEXT_", "ALERTS_", "MELTANO_", "VIRTUAL_ENV", "UV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"PATH": f"{programs}:{kept['PATH']}", "NO_COLOR": "1"}


def test_every_step_as_pasted(tmp_path: Path) -> None:
    folder = clone(tmp_path / "clone")
    steps = [
        shell_block("docs/getting-started.md", "begin"),
        shell_block("docs/getting-started.md", "full"),
        shell_block("docs/getting-started.md", "alerts"),
        shell_block("docs/getting-started.md", "schedule"),
        # cron: the command of the entry, by sh, with hardly an environment
        f"entry=$(sed 's/^[^c]*cd /cd /' '{tmp_path}/crontab')",
        f'env -i HOME="$HOME" {CERTIFICATES} sh -c "$entry"',
        'echo "cron ended with $?"',
        shell_block("docs/getting-started.md", "end"),
    ]

    done = subprocess.run(
        ["bash", "-c", "\n".join(steps)],
        cwd=folder,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=1400,
    )

    said = done.stdout + done.stderr
    assert "demo:tap-oracle-wms-incremental-to-target-oracle-incremental\n" in done.stdout, said
    assert "exit code 1\n" in done.stdout, said
    cron = (folder / "output" / "cron.log").read_text("utf-8")
    assert "cron ended with 0\n" in done.stdout, cron
    alerts = (folder / "output" / "alerts.txt").read_text("utf-8")
    assert [line for line in alerts.splitlines() if line.startswith(KINDS)] == [
        "success: Alerts reach this place",
        "success: [demo] incremental-sync-job ended well",
        "failure: [demo] incremental-sync-job failed",
        "success: [demo] incremental-sync-job ended well",
    ], said
    assert "user name or password is wrong" in alerts
    assert "*/15 * * * * cd " in done.stdout
    assert (tmp_path / "crontab").read_text("utf-8") == ""
    assert not (folder / ".env").exists()


CERTIFICATES = '${SSL_CERT_FILE:+SSL_CERT_FILE="$SSL_CERT_FILE"}'
"""What a machine behind a proxy that opens TLS has to name in its crontab."""

KINDS = ("success: ", "warning: ", "failure: ")
