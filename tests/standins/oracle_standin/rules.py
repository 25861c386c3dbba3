"""Rules of a real Oracle that a client can lean on without knowing, each with its switch.

All are on.  A test switches one off to learn what rests on it; a fixture switches off what the
code under test does not bear yet.  Where each comes from: README, "Rules and their switches".
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass
class Rules:
    """What is enforced; may change while the server runs, for statements that come after."""

    char_padding: bool = True
    """CHAR(n) is padded with blanks, which LENGTH, || and VARCHAR2 see; no blank too many."""
    local_time_zone: bool = True
    """TIMESTAMP WITH LOCAL TIME ZONE is kept in DBTIMEZONE and shown in the session's TIME_ZONE."""
    direct_path_unchecked: bool = True
    """A direct path load stores what the driver sends: nothing is rounded, padded or converted."""
    lob_binds_last: bool = True
    """ORA-24816: no bind of possibly more than 4,000 bytes behind a LONG or LOB bind."""
    partitions: bool = True
    """ORA-14400, 14402, 14060, 12984 of range and list partitions."""
    triggers: bool = True
    """Triggers that raise: ORA-20nnn, 04098."""
    index_growth: bool = True
    """ORA-01404: a column does not grow past what its indexes may hold."""
    dropped_columns: bool = True
    """ORA-12991, 12992, 54031 and, in a compressed table, 39726 at DROP COLUMN."""
    float_digits: bool = True
    """FLOAT(n) and REAL round to n binary digits."""
    partly_null_keys: bool = True
    """ORA-00001 for two partly NULL keys that are equal."""
    rowid_is_no_name: bool = True
    """ORA-00904 for a column called ROWID, quoted or not."""
    view_columns: bool = True
    """ORA-01792: an inline view has at most 1,000 columns."""
    extended_lobs: bool = True
    """A VARCHAR2 of more than 4,000 declared bytes is a LOB within: ALL_LOBS shows it."""
    types_by_compatible: bool = True
    """ORA-00902 for BOOLEAN below COMPATIBLE 23 and JSON below 20."""
    values_in_messages: bool = True
    """Messages of 23ai hold values: ORA-00001 and 01722."""
    syntax_before_commit: bool = True
    """DDL that does not parse leaves the transaction open."""
    not_null_of_queries: bool = True
    """CREATE TABLE AS keeps the NOT NULL of plain columns."""
    empty_lobs: bool = True
    """An empty LOB is not NULL."""

    @classmethod
    def but(cls, changed: Mapping[str, bool]) -> Rules:
        """All rules on, but for those named.

        Raises:
            ValueError: there is no rule of such a name.
        """
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(changed) - known):
            msg = f"no such rules: {', '.join(unknown)} (there are {', '.join(sorted(known))})"
            raise ValueError(msg)
        return cls(**changed)

    @contextmanager
    def switched(self, **changed: bool) -> Iterator[None]:
        """Change some rules while the block runs."""
        Rules.but(changed)
        before = {name: getattr(self, name) for name in changed}
        for name, value in changed.items():
            setattr(self, name, value)
        try:
            yield
        finally:
            for name, value in before.items():
                setattr(self, name, value)
