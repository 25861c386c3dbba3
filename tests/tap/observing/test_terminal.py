"""What a terminal shows of a run that moves."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import termios
from typing import TYPE_CHECKING

from tap_oracle_wms.observing.terminal import Moving, Scene, shown, span
from wms_standin import Latency

from tests.tap.conftest import config_for

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from wms_standin import WmsStandin


def test_pace_share_and_time_left_follow_from_rows_and_seconds() -> None:
    def told(moving: Moving) -> tuple[float, float | None, float | None]:
        return moving.pace, moving.share, moving.left

    assert told(Moving("item", 3_000, 30, 12_000)) == (100, 0.25, 90)
    assert told(Moving("item", 3_000, 30)) == (100, None, None)
    assert told(Moving("item", 0, 0, 5)) == (0, 0, None)
    assert told(Moving("item", 9, 3, 5)) == (3, 1, 0)
    assert [span(seconds) for seconds in (89, 90, 7_200)] == ["89 s", "2 min", "2.0 h"]


def test_a_terminal_shows_each_stream_while_it_moves_and_then_its_end_alone(
    wms: WmsStandin, tmp_path: Path
) -> None:
    wms.latency = Latency(base=0.4, row=0, factor=1)
    config = tmp_path / "config.json"
    settings = config_for(wms, entities="item", page_size=40, max_concurrency=1)
    config.write_text(json.dumps(settings))

    text = run_in_terminal("--config", str(config))

    bars = re.findall(r"item: +\d+%\|\S+ *\| (\d+)/(\d+) \[[\d:]+<[\d:]+, +[\d.]+ rows/s\]", text)
    assert len(bars) > 2
    assert {total for _, total in bars} == {str(wms.world.count("item"))}
    assert re.search(r"0 streams read, \d+ rows in \d s, \d+ requests, 0 retries", text)
    _, _, end = text.rpartition("rows/s]")
    removed, closed = end.split("\r20", 1)
    assert set(removed) <= set("\r\n \x1b[A")
    assert f"{wms.world.count('item')} rows" in closed


def run_in_terminal(*arguments: str) -> str:
    """Run the tap with a terminal as its standard error; what came there."""
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (24, 100))
    with subprocess.Popen(
        [sys.executable, "-m", "tap_oracle_wms", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=follower,
        env={**os.environ, "TERM": "xterm"},
    ) as process:
        os.close(follower)
        shown_bytes = b""
        try:
            while piece := os.read(leader, 65536):
                shown_bytes += piece
        except OSError:  # the terminal's other end is closed
            pass
        assert process.wait(30) == 0, shown_bytes
    os.close(leader)
    return shown_bytes.decode()


def test_where_there_is_no_terminal_nothing_is_drawn_and_the_library_stays_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def scene() -> Scene:
        raise AssertionError

    with shown(scene):
        pass

    assert capsys.readouterr().err == ""
    code = "import sys, tap_oracle_wms.tap; print([m for m in sys.modules if m == 'tqdm'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
