"""The pair as users run it: two processes and a pipe."""

from __future__ import annotations

import json
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest

from tests.pipeline.comparison import CORE
from tests.programs.forks import forked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

State = dict[str, Any]


@dataclass
class Run:
    """Two processes in a pipe, and what came out of them."""

    tap: subprocess.Popen[bytes]
    target: subprocess.Popen[bytes]
    records: int = 0
    states: list[State] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def exit_codes(self) -> tuple[int, int]:
        return self.tap.returncode, self.target.returncode

    @property
    def state(self) -> State | None:
        """The newest state that the target vouched for."""
        return self.states[-1] if self.states else None


@dataclass
class Pipeline:
    """`tap | target` with a line-by-line look at what passes between them."""

    folder: Path
    tap_config: dict[str, Any]
    target_config: dict[str, Any]

    def run(
        self, state: State | None = None, watch: Callable[[Run, bytes], None] | None = None
    ) -> Run:
        """Run both to their end; `watch(run, line)` sees each line before the target does."""
        run = Run(
            self._start("tap_oracle_wms", self.tap_config, state, stdout=subprocess.PIPE),
            self._start(
                "target_oracle", self.target_config, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            ),
        )
        threads = [
            threading.Thread(target=_relay, args=(run, watch)),
            threading.Thread(target=_read_states, args=(run,)),
            threading.Thread(target=_read_errors, args=(run, "tap", run.tap.stderr)),
            threading.Thread(target=_read_errors, args=(run, "target", run.target.stderr)),
        ]
        with run.tap, run.target:
            for thread in threads:
                thread.start()
            try:
                for process in (run.tap, run.target):
                    process.wait(timeout=60)
            finally:
                run.tap.kill()
                run.target.kill()
            for thread in threads:
                thread.join(timeout=10)
        return run

    def _start(
        self, module: str, config: dict[str, Any], state: State | None = None, **streams: Any
    ) -> subprocess.Popen[bytes]:
        arguments = [*forked(module), "--config", self._write(module, config)]
        if state is not None:
            arguments += ["--state", self._write("state", state)]
        return subprocess.Popen(arguments, stderr=subprocess.PIPE, cwd=self.folder, **streams)

    def _write(self, name: str, content: dict[str, Any]) -> str:
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)


def _relay(run: Run, watch: Callable[[Run, bytes], None] | None) -> None:
    assert run.tap.stdout
    assert run.target.stdin
    try:
        for line in run.tap.stdout:
            run.records += line.startswith(b'{"type":"RECORD"')
            if watch:
                watch(run, line)
            run.target.stdin.write(line)
        run.target.stdin.close()
    except BrokenPipeError:  # the target is gone: its exit code tells the test
        run.tap.stdout.close()
        with suppress(BrokenPipeError):
            run.target.stdin.close()


def _read_states(run: Run) -> None:
    assert run.target.stdout
    run.states.extend(json.loads(line) for line in run.target.stdout)


def _read_errors(run: Run, name: str, stream: BinaryIO) -> None:
    run.errors[name] = stream.read().decode()


@pytest.fixture
def pipeline(tmp_path: Path, wms: Any, oracle: Any) -> Pipeline:
    """The pair between a small, quiet WMS and an empty schema."""
    tap_config = {
        "base_url": wms.base_url,
        "username": wms.username,
        "password": wms.password,
        "entities": list(CORE),
    }
    return Pipeline(tmp_path, tap_config, oracle.config)
