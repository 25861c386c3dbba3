"""A session as its parts see it, which take one without knowing its class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import psycopg

    from oracle_standin.backend import Binds, Result

    from .access import Access
    from .backends import Backends
    from .dictionary import Columns, Dictionary
    from .release import Release
    from .settings import Settings
    from .translate import Translator
    from .work import Work


class Users(Protocol):
    """The database behind all sessions."""

    version: int
    backends: Backends
    columns_of_sys: Columns
    release: Release

    def end_session(self, number: int) -> bool: ...

    def password(self, user: str) -> str | None: ...


class SessionParts(Protocol):
    """One session."""

    user: str
    version: int
    release: Release
    work: Work
    settings: Settings
    dictionary: Dictionary
    translator: Translator
    access: Access
    expression_types: dict[int, str]
    database: Users

    def execute(self, sql: str, binds: Binds | None = None) -> Result: ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def reload(self) -> None: ...

    def mapped(self, exc: psycopg.Error, head: str, sql: str) -> Exception: ...
