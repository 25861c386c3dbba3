"""Read files that settings and options name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from target_oracle.errors import TargetError


def read_object(path: str | Path, option: str) -> dict[str, Any]:
    """Read a JSON object; `option` is what gave the path.

    Raises:
        TargetError: The file cannot be read, or holds something else.
    """
    try:
        content = json.loads(Path(path).read_bytes())
    except OSError as error:
        msg = f"{option} {path}: {error.strerror}."
        raise TargetError(msg) from None
    except ValueError as error:
        msg = f"{option} {path}: this is no JSON: {error}."
        raise TargetError(msg) from None
    if not isinstance(content, dict):
        msg = f"{option} {path}: a JSON object is needed."
        raise TargetError(msg)
    return content
