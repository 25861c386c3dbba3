"""Paging: numbered pages with counts, and sequenced pages with an opaque cursor."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

from wms_standin.api.errors import ApiError, invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wms_standin.options import Options


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a sequenced list: rows after (or before) a position, then an offset."""

    position: str | None = None
    offset: int = 0
    reverse: bool = False
    until: float | None = None
    """When it expires, in seconds since 1970."""

    def encode(self) -> str:
        """Return the opaque text: base64 of `p=…`, with `r=1`, `o=…` and `u=…` when they apply."""
        parts = [("r", "1")] * self.reverse + [("o", str(self.offset))] * bool(self.offset)
        if self.until is not None:
            parts.append(("u", str(self.until)))
        if self.position is not None:
            parts.append(("p", self.position))
        return base64.b64encode(urlencode(parts).encode()).decode()

    @classmethod
    def decode(cls, text: str) -> Cursor:
        """Return the place a cursor stands for; 404 when it is not one of ours."""
        try:
            parts = parse_qs(base64.b64decode(text, validate=True).decode(), keep_blank_values=True)
            position = parts.get("p", [None])[0]
            until = float(parts["u"][0]) if "u" in parts else None
            return cls(position, int(parts.get("o", ["0"])[0]), "r" in parts, until)
        except (binascii.Error, UnicodeDecodeError, ValueError) as error:
            raise invalid_cursor() from error


def invalid_cursor() -> ApiError:
    """Return a 404: the cursor stands for no place in this list."""
    return ApiError(404, "NOT_FOUND", "Invalid cursor")


def page_size(text: str | None, default: int, options: Options) -> int:
    """Return the rows per page of a request."""
    if text is None:
        return default
    try:
        size = int(text)
    except ValueError:
        size = 0
    if size <= 0:
        if options.page_size_zero == "error":
            raise invalid({"page_size": "Enter a whole number greater than zero."})
        return default
    if size > options.max_page_size and options.page_size_over == "error":
        raise invalid({"page_size": f"At most {options.max_page_size}."})
    return size if options.page_size_over == "serve" else min(size, options.max_page_size)


def page_number(text: str | None, options: Options) -> int:
    """Return the page asked for, from 1."""
    if text is None:
        return 1
    if text.isdecimal() and int(text) > 0:
        return int(text)
    if options.bad_page == "400":
        raise invalid({"page": "Enter a whole number greater than zero."})
    raise ApiError(404, "NOT_FOUND", "Invalid page.")


def link(url: str, parameters: Sequence[tuple[str, str]], **changes: Any) -> str:
    """Return a page link: all request parameters with changes, alphabetically, `None` removed."""
    merged = dict(parameters) | changes
    return f"{url}?{urlencode(sorted((k, v) for k, v in merged.items() if v is not None))}"
