"""The program `target-oracle`, and `python -m target_oracle`."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType


def main() -> None:
    """Run the target; a SIGTERM that comes while its code is still being read ends it in order."""
    signal.signal(signal.SIGTERM, _stop)
    from target_oracle.target import TargetOracle  # noqa: PLC0415 # it takes seconds

    TargetOracle.cli()


def _stop(signum: int, _frame: FrameType | None) -> None:
    print(f"Stopped by {signal.Signals(signum).name} before the run began.", file=sys.stderr)  # noqa: T201
    raise SystemExit(128 + signum)


if __name__ == "__main__":
    main()
