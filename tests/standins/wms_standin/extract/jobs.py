"""What was asked to be extracted, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wms_standin.catalog.entities import Entity, Field
    from wms_standin.extract.options import ExtractFault

File = tuple[str, bytes]
"""The path within the object store, and the content."""


@dataclass
class Task:
    """One entity of one request."""

    id: str
    entity: Entity
    prefix: str
    rows: list[dict[str, Any]]
    fields: Sequence[Field]
    folder: str
    status: str = "PENDING"
    message: str = ""
    polls: int = 0
    seconds: float = 0.0
    fault: ExtractFault | None = None
    later: list[File] = field(default_factory=list)
    """Files that come, or come again, at the next request for the entity's rows."""


@dataclass
class Job:
    """One request: its options and its tasks."""

    identifier: str
    options: dict[str, Any]
    store: Any
    tasks: list[Task]
