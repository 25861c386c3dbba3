"""The target as a process of its own that can be killed, a hundred times a minute.

A fork server has the program loaded already; each run is a fork with files of its own.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from target_oracle.config.limits import Limits
from target_oracle.database import own_tables
from target_oracle.records.arrow import files  # loaded before the forks, which read such files
from target_oracle.target import TargetOracle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.process import BaseProcess
    from pathlib import Path

_fork = multiprocessing.get_context("forkserver")
_fork.set_forkserver_preload(["__main__", __name__])


QUICK = Limits(first_wait=0.001)


@dataclass(frozen=True)
class Tuning:
    """Limits that no setting sets."""

    limits: Limits = QUICK
    hours_later: int = 0  # than the clock says


# A hundred records go through every stage of a load.
SMALL = Tuning(
    Limits(chunk_bytes=2048, slice_rows=10, straight_rows=0, direct_rows=5, first_wait=0.001)
)


@dataclass
class Process:
    """A run of the program on an input file."""

    directory: Path
    name: str
    settings: dict[str, Any]
    tuning: Tuning = Tuning()
    _process: BaseProcess | None = field(default=None, init=False)

    def _path(self, kind: str) -> Path:
        return self.directory / f"{self.name}.{kind}"

    def start(self, lines: Sequence[str]) -> None:
        text = "".join(f"{line}\n" for line in lines)
        self._path("in").write_bytes(text.encode(errors="surrogateescape"))
        paths = [str(self._path(kind)) for kind in ("in", "out", "log")]
        self._process = _fork.Process(target=_run, args=(paths, self.settings, self.tuning))
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process is not None
        assert self._process.pid is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.is_alive()

    def wait(self, seconds: float = 60) -> int:
        """The exit code; negative for the signal that ended it."""
        assert self._process is not None
        self._process.join(seconds)
        code = self._process.exitcode
        if code is None:
            self._process.kill()
            self._process.join()
        self._process.close()
        assert code is not None, f"still running after {seconds} s:\n{self.log}"
        return code

    @property
    def states(self) -> list[Any]:
        """The whole lines of output: a kill may cut the last one short."""
        text = self._path("out").read_text() if self._path("out").exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    @property
    def errors(self) -> list[str]:
        """Lines of level ERROR, and whatever else does not look like a line of the log."""
        lines = self.log.splitlines()
        return [line for line in lines if "| INFO " not in line and "| WARNING " not in line]

    @property
    def log(self) -> str:
        """What was logged, without the lines that every run has."""
        text = self._path("log").read_text() if self._path("log").exists() else ""
        dull = ("singer_sdk.configuration", "singer_sdk.metrics")
        return "".join(
            line for line in text.splitlines(keepends=True) if not any(d in line for d in dull)
        )


def _run(paths: Sequence[str], settings: dict[str, Any], tuning: Tuning) -> None:
    for number, (path, flags) in enumerate(
        zip(paths, (os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT), strict=True)
    ):
        os.dup2(os.open(path, flags, 0o600), number)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115 - for good
    files.FRAME_ROWS = tuning.limits.slice_rows
    hour = own_tables._hour
    own_tables._hour = lambda: hour() + tuning.hours_later
    for name, value in settings.items():
        text = value if isinstance(value, str) else json.dumps(value)
        os.environ[f"TARGET_ORACLE_{name.upper()}"] = text

    class Tuned(TargetOracle):
        def __init__(self, **given: Any) -> None:
            super().__init__(**given, limits=tuning.limits)

    Tuned.cli(["--config", "ENV"])
