"""What a terminal shows of a load."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import termios
from typing import TYPE_CHECKING

from tests.target.conftest import record, schema, text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.target.conftest import Target

ITEMS = schema("items", {"id": {"type": "integer"}}, ["id"])


def shown(target: Target, path: Path, *, piped: bool) -> str:
    """Load a file, or the same from a pipe, with a terminal as standard error; what came there."""
    config = path / "config.json"
    config.write_text(json.dumps({**target.config, "batch_size_rows": 2000}))
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (24, 100))
    source = [] if piped else ["--input", str(path / "input.jsonl")]
    with subprocess.Popen(
        [sys.executable, "-m", "target_oracle", "--config", str(config), *source],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=follower,
    ) as process:
        os.close(follower)
        if piped:
            assert process.stdin
            process.stdin.write((path / "input.jsonl").read_bytes())
            process.stdin.close()
        seen = b""
        try:
            while piece := os.read(leader, 65536):
                seen += piece
        except OSError:  # the terminal's other end is closed
            pass
        assert process.wait(30) == 0, seen
    os.close(leader)
    return seen.decode()


def test_a_terminal_shows_a_load_unless_another_program_may_draw_on_it(
    target: Target, tmp_path: Path
) -> None:
    rows = [record("items", id=n) for n in range(40_000)]
    (tmp_path / "input.jsonl").write_text(text([ITEMS, *rows]))

    of_a_file, of_a_pipe = (shown(target, tmp_path, piped=piped) for piped in (False, True))

    assert re.search(r"\r[01] streams move, [\d,]+ rows are in their tables", of_a_file)
    assert re.search(r"items: \d+ rows \[[\d:]+, +[\d.]+ rows/s\]", of_a_file)
    for seen in (of_a_file, of_a_pipe):
        assert re.search(r"items  40,000 rows  40,000 loaded  0 rejected", seen)
    assert "streams move" not in of_a_pipe
