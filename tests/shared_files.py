"""Copy the files that both plugins need alike from the tap to the target.

`uv run python tests/shared_files.py` renews the copies; a test fails while they differ.
"""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).parent.parent
ORIGINALS = PROJECT / "tap-oracle-wms/tap_oracle_wms"
COPIES = PROJECT / "target-oracle/target_oracle"

SHARED = (
    "commands/probe/table.py",
    "observing/closing.py",
    "observing/logs.py",
    "observing/open_telemetry.py",
    "observing/telemetry.py",
    "observing/terminal.py",
)


def written() -> dict[Path, bytes]:
    """Every file that this command writes, and what it must hold."""
    return {COPIES / name: (ORIGINALS / name).read_bytes() for name in SHARED}


def main() -> None:
    """Write the files."""
    for path, content in written().items():
        path.write_bytes(content)


if __name__ == "__main__":
    main()
