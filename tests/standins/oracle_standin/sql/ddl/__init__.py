"""DDL, parsed from tokens so that Oracle's own rules and error codes apply.

Storage clauses after a table's column list are accepted and ignored: they do not change what a
client can see.  What would change it and is not there raises ORA-03001 or a syntax error.
"""

from __future__ import annotations

from .run import run

__all__ = ["run"]
