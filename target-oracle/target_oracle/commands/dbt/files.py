"""Write generated files again, unless somebody has edited them."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from target_oracle.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_HEADERS = {".yml": "# {}\n", ".sql": "{{# {} #}}\n"}
_NOTE = "Made by target-oracle --dbt, {}: an edited file is never written over."
_HEADER = re.compile(r"(?:#|\{#) Made by target-oracle --dbt, ([0-9a-f]{16}): .*\n")


def renew(folder: Path, files: Mapping[str, str]) -> dict[str, list[str]]:
    """Write the files, and remove those of earlier runs that are not among them.

    Tells which were written, were the same already, and were removed. TargetError, and nothing
    done, where a file to be written over or removed is not as the program left it.
    """
    wanted = {name: _signed(name, text) for name, text in files.items()}
    there = {
        path.name: path.read_text("utf-8", errors="replace") for path in _candidates(folder, wanted)
    }
    ours = {name for name, text in there.items() if _HEADER.match(text)}
    touched = [name for name, text in there.items() if wanted.get(name, text) != text]
    stale = sorted(ours - wanted.keys())
    for name in (*touched, *stale):
        _refuse_edited(folder / name, there[name])
    written = sorted(name for name in wanted if there.get(name) != wanted[name])
    folder.mkdir(parents=True, exist_ok=True)
    for name in written:
        (folder / name).write_text(wanted[name], "utf-8")
    for name in stale:
        (folder / name).unlink()
    return {"written": written, "unchanged": sorted(wanted.keys() - {*written}), "removed": stale}


def _candidates(folder: Path, wanted: Mapping[str, str]) -> list[Path]:
    """Return the files that a run could write over or remove."""
    found = folder.iterdir() if folder.is_dir() else ()
    return [p for p in found if p.is_file() and (p.name in wanted or p.suffix in _HEADERS)]


def _signed(name: str, text: str) -> str:
    header = _HEADERS[name[name.rindex(".") :]]
    return header.format(_NOTE.format(_digest(text))) + text


def _digest(text: str) -> str:
    return hashlib.blake2s(text.encode(), digest_size=8).hexdigest()


def _refuse_edited(path: Path, text: str) -> None:
    header = _HEADER.match(text)
    if not header or header[1] != _digest(text[header.end() :]):
        msg = (
            f"{path} was edited, or is not of target-oracle --dbt: nothing is written. Move it "
            "away, or name another folder."
        )
        raise TargetError(msg)
