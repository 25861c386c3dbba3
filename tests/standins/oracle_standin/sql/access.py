"""Who may do what: system privileges, object privileges, quota."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .messages import error
from .snapshot import UNLIMITED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .dictionary import Dictionary
    from .snapshot import Snapshot
    from .translate.result import Translation
    from .work import Work

_OWN = (
    "CREATE SESSION",
    "ALTER SESSION",
    "CREATE TABLE",
    "CREATE VIEW",
    "CREATE SEQUENCE",
    "CREATE SYNONYM",
    "CREATE MATERIALIZED VIEW",
    "CREATE PROCEDURE",
    "CREATE TRIGGER",
    "CREATE TYPE",
)
_ANY = (
    "CREATE ANY TABLE",
    "ALTER ANY TABLE",
    "DROP ANY TABLE",
    "COMMENT ANY TABLE",
    "LOCK ANY TABLE",
    "SELECT ANY TABLE",
    "READ ANY TABLE",
    "INSERT ANY TABLE",
    "UPDATE ANY TABLE",
    "DELETE ANY TABLE",
    "CREATE ANY INDEX",
    "DROP ANY INDEX",
    "CREATE ANY VIEW",
    "DROP ANY VIEW",
    "CREATE ANY SEQUENCE",
    "DROP ANY SEQUENCE",
    "CREATE ANY SYNONYM",
    "DROP ANY SYNONYM",
    "CREATE PUBLIC SYNONYM",
    "DROP PUBLIC SYNONYM",
    "CREATE ANY MATERIALIZED VIEW",
    "DROP ANY MATERIALIZED VIEW",
    "CREATE ANY PROCEDURE",
    "DROP ANY PROCEDURE",
    "EXECUTE ANY PROCEDURE",
    "CREATE ANY TYPE",
    "DROP ANY TYPE",
    "EXECUTE ANY TYPE",
    "SELECT ANY DICTIONARY",
    "CREATE USER",
    "ALTER USER",
    "ALTER SYSTEM",
    "DROP USER",
    "GRANT ANY PRIVILEGE",
    "GRANT ANY OBJECT PRIVILEGE",
)
SYSTEM_PRIVILEGES = frozenset((*_OWN, *_ANY, UNLIMITED))
ROLES = {
    "CONNECT": frozenset(("CREATE SESSION",)),
    "RESOURCE": frozenset(_OWN) - {"CREATE SESSION", "ALTER SESSION", "CREATE VIEW"},
    "DBA": SYSTEM_PRIVILEGES,
}
OBJECT_PRIVILEGES = frozenset(
    ("SELECT", "READ", "INSERT", "UPDATE", "DELETE", "ALTER", "INDEX", "REFERENCES")
)
_RESTRICTED = re.compile(r"V_?\$(?!VERSION$)|GV_?\$|DBA_")  # dictionary views not for everyone


def expand(names: Iterable[str]) -> set[str]:
    """System privileges, with those of roles; ORA-00990 for what is neither."""
    out: set[str] = set()
    for name in names:
        if name == "ALL PRIVILEGES":
            out |= SYSTEM_PRIVILEGES
        elif name not in SYSTEM_PRIVILEGES and name not in ROLES:
            raise error(990)
        else:
            out |= ROLES.get(name, {name})
    return out


class Access:
    """The privileges of a session's user, cached until any session's next DDL."""

    def __init__(self, work: Work, dictionary: Dictionary, user: str) -> None:
        self.work = work
        self.dictionary = dictionary
        self.user = user
        self.system: set[str] = set()
        self._objects: dict[tuple[str, str], set[str]] = {}
        self._without_space: set[str] = set()

    def reload(self, snapshot: Snapshot) -> None:
        self.system = set()
        self._objects = {}
        for grantee in (self.user, "PUBLIC"):
            self.system |= snapshot.system.get(grantee, set())
            for name, privileges in snapshot.granted.get(grantee, {}).items():
                self._objects[name] = self._objects.get(name, set()) | privileges
        self._without_space = snapshot.without_space

    def require(self, *privileges: str) -> None:
        """Require one of some system privileges."""
        if self.system.isdisjoint(privileges):
            raise error(1031)

    def require_create(self, owner: str, kind: str) -> None:
        """Require CREATE .. in the user's own schema, and CREATE ANY .. in another."""
        own = () if owner != self.user else (f"CREATE {kind}",)
        self.require(f"CREATE ANY {kind}", *own)
        if not self.work.value("SELECT 1 FROM ora.usr WHERE name = %s", owner):
            raise error(1918, owner)

    def require_on(self, owner: str, name: str, action: str, system: str | None = None) -> None:
        """An action on an object: of the own schema, granted, or allowed on any.

        ORA-00942 for an object that may not even be seen.
        """
        granted = self._objects.get((owner, name), set())
        if (
            owner == self.user
            or action in granted
            or (system or f"{action} ANY TABLE") in self.system
        ):
            return
        if action == "SELECT" and ("READ" in granted or "READ ANY TABLE" in self.system):
            return
        raise error(1031 if granted or "SELECT ANY TABLE" in self.system else 942)

    def require_space(self, owner: str) -> None:
        """Require room for the rows of a schema."""
        if owner in self._without_space:
            raise error(1950)

    def check(self, translation: Translation) -> None:
        """Require the privileges for all that a statement reads and writes."""
        for schema, name, action in sorted(translation.uses, key=str):
            owner = schema or self.dictionary.settings.schema
            exists = owner != "SYS" and bool(self.dictionary.columns(owner, name))
            if exists:
                self.require_on(owner, name, action)
            elif _RESTRICTED.match(name) and "SELECT ANY DICTIONARY" not in self.system:
                raise error(942)
            if action != "SELECT" and self.dictionary.views.get((owner, name)):
                raise error(42399)
            if action == "INSERT" and name not in self.dictionary.temporary:
                self.require_space(owner)
