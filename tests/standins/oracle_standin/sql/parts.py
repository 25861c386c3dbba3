"""A session as its parts see it, which take one without knowing its class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import psycopg

    from oracle_standin.backend import Binds, Result
    from oracle_standin.shapes import Kind, Shape

    from .access import Access
    from .backends import Backends
    from .dictionary import Columns, Dictionary
    from .release import Release
    from .settings import Settings
    from .snapshot import Snapshot
    from .translate import Kept, Translations
    from .work import Work


class Users(Protocol):
    """The database behind all sessions."""

    version: int
    backends: Backends
    columns_of_sys: Columns
    translations: Kept
    release: Release
    type_oids: dict[str, int]

    def snapshot(self, work: Work) -> Snapshot: ...

    def end_session(self, number: int) -> bool: ...

    def password(self, user: str) -> str | None: ...


class Units(Protocol):
    """The stored procedures, packages and types."""

    def kind(self, names: list[str]) -> Kind | None: ...

    def member(self, names: list[str]) -> tuple[Any, int] | None: ...

    def kind_of_table(self, names: list[str], attribute: str) -> Kind: ...

    def seen_shape(self, full_name: str) -> Shape | None: ...

    def shape(self, oid: bytes) -> Shape: ...


class SessionParts(Protocol):
    """One session."""

    user: str
    version: int
    release: Release
    work: Work
    settings: Settings
    dictionary: Dictionary
    translator: Translations
    access: Access
    expression_types: dict[int, str]
    database: Users
    units: Units
    row_count: int
    output: list[str] | None

    def execute(self, sql: str, binds: Binds | None = None) -> Result: ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def reload(self) -> None: ...

    def mapped(self, exc: psycopg.Error, head: str, sql: str) -> Exception: ...
