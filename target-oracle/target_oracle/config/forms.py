"""Parse the forms in which settings may be given: JSON text, and lists as text."""

from __future__ import annotations

import json
from typing import Any


def from_text(value: object) -> object:
    """Parse JSON text, as the environment has it; return any other value unchanged.

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
