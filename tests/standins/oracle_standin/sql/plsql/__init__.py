"""PL/SQL, interpreted: blocks, and stored procedures, functions, packages and types.

A block is read completely before it runs; what is not read fails as PL/SQL that does not compile
(ORA-06550) or is refused (ORA-03001).  Operators and functions that are not plain arithmetic run
as SQL.
"""

from __future__ import annotations

from .run import run_block
from .stored import check_bodies, read_unit
from .units import Units

__all__ = ["Units", "check_bodies", "read_unit", "run_block"]
