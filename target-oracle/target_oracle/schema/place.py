"""Where a stream is loaded into, as far as the settings and its name tell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from target_oracle.schema.names import Naming

if TYPE_CHECKING:
    from target_oracle.config.choices import LoadMethod
    from target_oracle.config.settings import Settings
    from target_oracle.config.stream_settings import StreamSettings
    from target_oracle.schema.types import Dialect


@dataclass(frozen=True)
class Place:
    """The table of a stream whose columns need not be known."""

    settings: Settings
    stream: str
    user: str
    dialect: Dialect

    @cached_property
    def options(self) -> StreamSettings:
        """The stream's own settings."""
        return self.settings.stream(self.stream)

    @property
    def method(self) -> LoadMethod:
        """The load method in force."""
        return self.options.load_method or self.settings.load_method

    @property
    def naming(self) -> Naming:
        """How names become identifiers of this server."""
        return Naming(self.settings.identifier_case, self.dialect.max_name_bytes)

    @property
    def owner(self) -> str:
        """The schema of the table."""
        return self.naming.identifier(self._schema) if self._schema else self.user

    @property
    def public(self) -> bool:
        """Whether a public synonym may stand for the table: no setting names its schema."""
        return not self._schema

    @property
    def table_name(self) -> str:
        """The name of the table."""
        if self.options.table:
            return self.naming.table(self.options.table)
        settings = self.settings
        return self.naming.table(self.stream, settings.table_prefix, settings.table_suffix)

    @property
    def _schema(self) -> str | None:
        return self.options.target_schema or self.settings.default_target_schema
