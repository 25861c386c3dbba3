"""The shell blocks of the documentation: which are run by a test, and why the others are not.

A comment on the line above a block says so: `<!-- run: name -->`, where a test calls
`shell_block(page, name)` and runs what it gets; or `<!-- not run: reason -->`.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
SHELLS = {"sh", "bash", "shell", "console"}
_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!-- (?:(not run)[^:]*: |run: )?([^>]+?) -->\n\Z")


@dataclass(frozen=True)
class Block:
    """A fenced block: its page, language, text, and what the comment above it says."""

    page: str
    line: int
    language: str
    text: str
    name: str
    excuse: str


def pages() -> list[str]:
    """Every page of the documentation, relative to the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    return subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = (ROOT / page).read_text("utf-8")
    found = []
    for fence in _FENCE.finditer(text):
        before = text[: fence.start()]
        comment = _COMMENT.search(before)
        not_run, said = comment.groups() if comment else (None, "")
        name, excuse = ("", said) if not_run else (said, "")
        line = before.count("\n") + 1
        found.append(Block(page, line, fence[1], fence[2], name, excuse))
    return found


def shell_block(page: str, name: str) -> str:
    """The shell block of that name, word for word."""
    (found,) = [each for each in blocks(page) if each.name == name and each.language in SHELLS]
    return found.text
