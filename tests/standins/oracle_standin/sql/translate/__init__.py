"""Queries and DML: Oracle's SQL to PostgreSQL's.

A statement is lexed here (placeholders, q'..' strings and DATE literals are beyond sqlglot),
parsed by sqlglot with all function knowledge switched off, so that every call stays a plain
call, rewritten bottom-up, and generated for PostgreSQL with every name quoted.  Constructs that
are not understood raise; nothing is passed on in the hope that it means the same.
"""

from __future__ import annotations

from .kept import Kept, Translations
from .result import Translation

__all__ = ["Kept", "Translation", "Translations"]
