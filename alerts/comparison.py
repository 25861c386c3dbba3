"""Compare WMS with Oracle through Meltano, keep the result, and work out what to tell people."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from alerts.outcome import Outcome, read

if TYPE_CHECKING:
    from collections.abc import Sequence

TAP, TARGET = "tap-oracle-wms", "target-oracle"
KINDS = ("missing", "stale", "newer", "extra")

Report = dict[str, Any]


def compare(meltano: Sequence[str], root: Path, mode: str) -> tuple[int, Outcome]:
    """Compare, with `mode` heal also heal, and return the exit code and what to tell.

    The target keeps the report, so that its status tells of it, too.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "report.jsonl")
        code, log = _piped(meltano, root, mode, file)
        report = _last(file)
        if report is not None:
            kept = [*meltano, "invoke", TARGET, "--reconciled", str(file)]
            status = subprocess.run(kept, cwd=root, stdout=subprocess.DEVNULL, check=False)  # noqa: S603 - Meltano
            code = code or status.returncode
    return code, _outcome(code, report, log)


def _piped(meltano: Sequence[str], root: Path, mode: str, file: Path) -> tuple[int, list[str]]:
    """Run the programs in a pipe; return the first exit code that is not 0, and the log of all."""
    steps = [
        [TARGET, "--keys"],
        [TAP, f"--reconcile={mode}"],
        *([[TARGET]] if mode == "heal" else []),
    ]
    environment = {**os.environ, "TAP_ORACLE_WMS_SUMMARY_FILE": str(file)}
    reading, writing = os.pipe()
    with ExitStack() as running:
        before: IO[bytes] | None = None
        processes = []
        for n, step in enumerate(steps):
            process = running.enter_context(
                subprocess.Popen(  # noqa: S603 - Meltano
                    [*meltano, "invoke", *step],
                    cwd=root,
                    env=environment,
                    stdin=before or subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL if n == len(steps) - 1 else subprocess.PIPE,
                    stderr=writing,
                )
            )
            if before is not None:
                before.close()  # so that who writes into it learns that its reader is gone
            before = process.stdout
            processes.append(process)
        os.close(writing)
        with open(reading, errors="replace") as lines:  # noqa: PTH123 - a pipe
            log = [line for line in lines if sys.stderr.write(line)]
        codes = [process.wait() for process in processes]
    failed = next((code for code in codes if code), 0)
    return (failed if failed >= 0 else 128 - failed), log


def _last(file: Path) -> Report | None:
    """Read the report; None where the comparison did not come to its end."""
    try:
        found: Report = json.loads(file.read_text("utf-8").splitlines()[-1])
    except (OSError, ValueError, IndexError):
        return None
    return found


def _outcome(code: int, report: Report | None, log: list[str]) -> Outcome:
    told = read(code, log, 0)
    if report is None:
        return Outcome("failure", "could not compare", told.causes, [f"Exit code {code}."])
    details = [line for name, entity in report["entities"].items() if (line := _told(name, entity))]
    details.append(f"Exit code {code} after {report['seconds']:.0f} s.")
    if report["equal"] and not code:
        headline = f"proved equal: {report['rows_compared']:,} rows"
        return Outcome("success", headline, [], details)
    if not code:
        return Outcome("warning", "found differences and healed them", [], details)
    headline = "kept no result" if report["equal"] else "found differences"
    return Outcome("failure", headline, told.causes if report["equal"] else [], details)


def _told(name: str, entity: dict[str, Any]) -> str:
    """Say what differs in an entity; empty where nothing does."""
    rows = {kind: entity[kind]["rows"] for kind in KINDS if kind in entity}
    parts = [f"{count:,} {kind}" for kind, count in rows.items() if count]
    parts += [entity["problem"]] if entity["problem"] else []
    healed = sum((entity["healed"] or {}).values())
    parts += [f"{healed:,} healed"] if healed else []
    return f"{name}: {', '.join(parts)}" if parts else ""
