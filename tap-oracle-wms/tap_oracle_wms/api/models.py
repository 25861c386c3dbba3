"""Answers of the API, with the parts that the tap reads."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec

Row = TypeVar("Row")

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError)
"""What decoding raises for what is no JSON."""

MARK = b"\xef\xbb\xbf"
"""The byte order mark, which may precede an answer."""


class DescribedField(msgspec.Struct, frozen=True):
    """One field of a describe answer."""

    type: str | None = None
    required: bool | str | None = None
    default: Any = None
    max_length: int | None = None
    description: str | None = None
    help_text: str | None = None


class Describe(msgspec.Struct, frozen=True):
    """The fields of an entity by name."""

    fields: dict[str, DescribedField]


class Page(msgspec.Struct, Generic[Row], frozen=True):
    """One list answer; counts come in paged mode only."""

    results: list[Row]
    next_page: str | None = None
    result_count: int | None = None


class RowId(msgspec.Struct, frozen=True):
    """A row of which only the id was asked for."""

    id: int


class RowCode(msgspec.Struct, frozen=True):
    """A row of which the id and the code were asked for."""

    id: int
    code: str


class ErrorBody(msgspec.Struct, frozen=True):
    """The envelope of a refused request."""

    code: Any = None
    message: Any = None
    details: Any = None


class ErrorAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The envelope where the status says nothing of a refusal."""

    reference: str
    code: str
    message: Any = None
    details: Any = None


class Related(msgspec.Struct, frozen=True, gc=False):
    """A foreign key as it appears inside a record."""

    id: int | None
    key: str | int | None = None
    url: str | None = None


EntityList = dict[str, str]
"""Entity name -> its address."""


class ExportTask(msgspec.Struct, frozen=True):
    """One entity's part of an extract."""

    status: str
    file_prefix: str | None = None
    message: str | None = None


class ExportStatus(msgspec.Struct, frozen=True):
    """How far an extract is, spelled as WMS spells it."""

    cummulative_status: str
    entities: list[dict[str, ExportTask]] = []
