"""The XML form of answers: lists become `<list-item>` elements, null an empty element."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

import msgspec

_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_xml(root: str, content: Any) -> bytes:
    """Return a UTF-8 document with one root element."""
    return f'<?xml version="1.0" encoding="utf-8"?>\n{_element(root, content)}'.encode()


def _element(name: str, value: Any) -> str:
    return f"<{name}>{_content(value)}</{name}>"


def _content(value: Any) -> str:
    if isinstance(value, msgspec.Raw):
        value = msgspec.json.decode(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, Mapping):
        return "".join(_element(key, item) for key, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "".join(_element("list-item", item) for item in value)
    return escape(_FORBIDDEN.sub("", str(value)))
