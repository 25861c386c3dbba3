"""Messages as their fields; InvalidInputLine in a sentence where one is not as it must be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec

from target_oracle.sdk import InvalidInputLine

if TYPE_CHECKING:
    from collections.abc import Mapping

    T = TypeVar("T")

Name = Annotated[str, msgspec.Meta(min_length=1)]


class SchemaMessage(msgspec.Struct):
    """A SCHEMA message."""

    stream: Name
    schema: dict[str, Any]
    key_properties: list[str] | None = None
    bookmark_properties: list[str] | str | None = None

    @property
    def meaning(self) -> tuple[Any, ...]:
        """What is equal in two messages that declare the same."""
        return self.schema, self.key_properties, self.bookmark

    @property
    def bookmark(self) -> str | None:
        """The first of `bookmark_properties`: rows have one replication key."""
        found = self.bookmark_properties or ()
        return found if isinstance(found, str) else next(iter(found), None)


class ActivateVersionMessage(msgspec.Struct):
    """An ACTIVATE_VERSION message."""

    stream: Name
    version: int


def parse(kind: type[T], what: str, message: Mapping[str, Any]) -> T:
    """Parse a message; `what` names it in the sentence.

    Raises:
        InvalidInputLine: It is not as it must be.
    """
    try:
        return msgspec.convert(message, kind)
    except msgspec.ValidationError as error:
        stream = message.get("stream")
        of = f" of stream '{stream}'" if stream and isinstance(stream, str) else ""
        msg = f"The {what} message{of} cannot be read: {error}."
        raise InvalidInputLine(msg) from None


def parse_schema(message: Mapping[str, Any]) -> SchemaMessage:
    """Parse a SCHEMA message whose properties are schemas all: `true` and `false` are some, too.

    Raises:
        InvalidInputLine: It is not as it must be.
    """
    found = parse(SchemaMessage, "SCHEMA", message)
    properties = found.schema.get("properties")
    if not isinstance(properties, dict):
        msg = (
            f"The SCHEMA message of stream '{found.stream}' cannot be read: its schema has no "
            "properties."
        )
        raise InvalidInputLine(msg)
    plain: dict[bool, dict[str, Any]] = {True: {}, False: {"not": {}}}
    named = {
        name: plain[each] if isinstance(each, bool) else each for name, each in properties.items()
    }
    return msgspec.structs.replace(found, schema={**found.schema, "properties": named})
