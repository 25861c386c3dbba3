"""Validate records against their stream's schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema_rs
from singer_sdk.exceptions import InvalidJSONSchema, InvalidRecord
from typing_extensions import override

from target_oracle.sdk import BaseJSONSchemaValidator

if TYPE_CHECKING:
    from collections.abc import Mapping

MASK = "the value"
"""What stands for values in messages: records do not belong into logs."""


class AtMost:
    """The keyword `x-at-most: {a: b}`: property a is no larger than b, where both are numbers."""

    def __init__(self, _parent: object, value: dict[str, str], _path: object) -> None:
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            msg = "it must be an object of property: property"
            raise ValueError(msg)
        self._pairs = list(value.items())

    def validate(self, instance: object) -> None:
        """Check all pairs of an object.

        Raises:
            ValueError: One does not hold.
        """
        if not isinstance(instance, dict):
            return
        for low, high in self._pairs:
            smaller, larger = instance.get(low), instance.get(high)
            if smaller is not None and larger is not None and smaller > larger:
                msg = f"'{low}' is more than '{high}'"
                raise ValueError(msg)


class CompiledValidator(BaseJSONSchemaValidator):
    """jsonschema-rs behind the SDK's seam.

    Formats are not asserted: taps write date-times that RFC 3339 forbids and Oracle takes. Those
    that have a column type of their own (dates, times, decimals) are checked by conversion.
    """

    def __init__(self, schema: dict[str, Any]) -> None:
        super().__init__(schema)
        try:
            self._compiled = jsonschema_rs.validator_for(
                schema,
                mask=MASK,
                offline=True,
                validate_formats=False,
                keywords={"x-at-most": AtMost},
            )
        except jsonschema_rs.ValidationError as error:
            msg = f"not a valid JSON Schema: {error.message}"
            raise InvalidJSONSchema(msg) from error
        self.is_valid = self._compiled.is_valid

    @override
    def validate(self, record: dict[str, Any]) -> None:
        if not self.is_valid(record):
            where, what = self.fault(record)
            raise InvalidRecord(f"{what} ({where})" if where else what, record)

    def fault(self, record: Mapping[str, Any]) -> tuple[str, str]:
        """Return the property at fault ('' for the record as a whole) and what is wrong with it."""
        try:
            error = next(iter(self._compiled.iter_errors(record)))
        except ValueError:  # jsonschema-rs shows no value that is nested deeper than 255
            return "", "it breaks its schema where it is nested too deep (recursion limit) to show"
        return ".".join(str(part) for part in error.instance_path), error.message


def compiled(stream: str, schema: dict[str, Any]) -> CompiledValidator:
    """Compile a schema of a stream.

    Raises:
        InvalidJSONSchema: The schema is not valid; the sentence names the stream.
    """
    try:
        return CompiledValidator(schema)
    except InvalidJSONSchema as error:
        msg = f"Stream '{stream}': {error}"
        raise InvalidJSONSchema(msg) from error
