"""The little PL/SQL that loaders send, interpreted.

Nested blocks, declarations, assignments, IF, FOR, EXECUTE IMMEDIATE, SELECT INTO, DML,
exception handlers, RAISE_APPLICATION_ERROR, DBMS_LOCK/DBMS_SESSION.SLEEP.  Everything else
fails as PL/SQL that does not compile (ORA-06550).  A block is parsed completely before it runs.
"""

from __future__ import annotations

from .block import run_block

__all__ = ["run_block"]
