"""The same world, with runs in a process of their own that a signal ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.tap.conftest import parsed
from tests.tap.stateful.liar import lies
from tests.tap.stateful.machine import TapAgainstWms, cut, run_settings

if TYPE_CHECKING:
    from wms_standin import Lie

    from tests.tap.conftest import Message

_PROGRAM = """
import os
from datetime import UTC, datetime, timedelta
from tap_oracle_wms.api import clock
from tap_oracle_wms.config.limits import Limits
from tap_oracle_wms.tap import TapOracleWMS
ahead = timedelta(seconds=float(os.environ["AHEAD"]))
clock.own_time = lambda: datetime.now(UTC) + ahead
TapOracleWMS.limits = Limits(state_seconds=0.0)
TapOracleWMS.cli()
"""


class TapThatIsKilled(TapAgainstWms):
    """SIGKILL cuts the output anywhere; SIGTERM lets the tap end by itself, but not in success."""

    @rule(
        settings=run_settings,
        lie=lies,
        lines=st.integers(0, 400),
        by=st.sampled_from([signal.SIGKILL, signal.SIGTERM]),
    )
    def run_and_be_killed(
        self, settings: dict[str, Any], lie: Lie, lines: int, by: signal.Signals
    ) -> None:
        self._begin_lie(lie)
        start, before = self._begin_run(), self.replica.bookmarks
        code, messages = self._program(settings, lines, by)
        assert code in {0, 1, -by, 128 + signal.SIGTERM}, code
        succeeded = code == 0
        rest = succeeded or not self.finds_deletes
        self._take(cut(messages, 1, commits_rest=rest), before, start, succeeded=succeeded)

    def _program(
        self, settings: dict[str, Any], lines: int, by: signal.Signals
    ) -> tuple[int, list[Message]]:
        """Exit code and messages of a run that gets a signal after some lines."""
        ahead = self.wms.now - datetime.now(UTC)
        with tempfile.TemporaryDirectory() as folder:
            arguments = []
            given = {"config": self.config | settings, "catalog": self.catalog}
            given |= {"state": self.replica.state} if self.replica.state else {}
            for name, content in given.items():
                path = Path(folder, f"{name}.json")
                path.write_text(json.dumps({k: v for k, v in content.items() if v is not None}))
                arguments += [f"--{name}", str(path)]
            with subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, *arguments],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=folder,
                env={**os.environ, "AHEAD": str(ahead.total_seconds())},
            ) as process:
                assert process.stdout is not None
                got = [line for _, line in zip(range(lines), process.stdout, strict=False)]
                process.send_signal(by)
                left = b"".join([*got, process.stdout.read()])
        whole, _, _ = left.rpartition(b"\n")  # the last line may be cut, within a character
        return process.returncode, parsed(whole.decode())
