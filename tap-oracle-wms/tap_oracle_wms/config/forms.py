"""Parse lists, objects and addresses from the forms in which users may give them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import BeforeValidator, SecretStr, WithJsonSchema


def address(value: str) -> SplitResult | None:
    """Split an address into its parts; None when its host or port is not valid."""
    with suppress(ValueError):
        parts = urlsplit(value)
        return parts if parts.port != 0 else None
    return None


def _texts(value: object) -> object:
    """A list of texts from a list, a JSON array, or text separated by commas."""
    if not isinstance(value, str):
        return value
    with suppress(json.JSONDecodeError):
        if isinstance(found := json.loads(value), list):
            return found
    return [part.strip() for part in value.split(",") if part.strip()]


Texts = Annotated[list[str], BeforeValidator(_texts)]
Codes = Annotated[list[int], BeforeValidator(_texts)]


def parse_object(value: object) -> object:
    """An object, or one as JSON text.

    Raises:
        ValueError: The text is no JSON.
    """
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        msg = f"must be a JSON object: {error}"
        raise ValueError(msg) from None


Scalar = str | int | float | bool


def _filter_value(value: object) -> object:
    if all(isinstance(each, Scalar) for each in (value if isinstance(value, list) else [value])):
        return value
    msg = "must be a text, a number, true or false, or a list of these"
    raise ValueError(msg)


FilterValue = Annotated[Scalar | list[Scalar], BeforeValidator(_filter_value)]
Filters = Annotated[
    dict[str, dict[str, FilterValue]],
    BeforeValidator(parse_object),
    WithJsonSchema({"type": "object"}),
]
SecretHeaders = Annotated[
    dict[str, SecretStr],
    BeforeValidator(parse_object),
    WithJsonSchema({"type": "object", "format": "password"}),
]
