"""The forms in which settings may come: objects and arrays as JSON text, lists as texts."""

from __future__ import annotations

import json
from typing import Any


def from_text(value: object) -> object:
    """Parse what comes as JSON text, as from the environment; return everything else as it is.

    Raises:
        ValueError: The text is no JSON.
    """
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        msg = f"this is no JSON: {error}"
        raise ValueError(msg) from None


def joined(value: Any) -> Any:
    """Join the items of a list, also of one as JSON text, with commas."""
    if isinstance(value, str) and value.startswith("["):
        value = json.loads(value)
    return ",".join(map(str, value)) if isinstance(value, list) else value
