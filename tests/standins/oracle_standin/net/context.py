"""What all connections of one server share."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from oracle_standin import const as c
from oracle_standin.faults import Faults

from .auth import Verifier
from .watch import CallWatch

if TYPE_CHECKING:
    import ssl
    from collections import Counter
    from collections.abc import Callable

    from oracle_standin.backend import Backend, Hook

STANDARD_STRING = 4000  # bytes of a VARCHAR2 with MAX_STRING_SIZE = STANDARD


@dataclass(frozen=True)
class Profile:
    """What the server looks like: ``services`` empty means that any name will do."""

    field_version: int = c.FV_19_1
    version: tuple[int, int, int] = (19, 3, 0)
    max_string: int = STANDARD_STRING
    sdu: int = 65536
    services: frozenset[str] = frozenset()
    ssl_context: ssl.SSLContext | None = None


@dataclass
class ServerContext:
    """The back end, the profile, and what tests may change while the server runs."""

    backend: Backend
    profile: Profile
    faults: Faults = field(default_factory=Faults)
    watch: CallWatch = field(default_factory=CallWatch)
    discarded: Counter[str] | None = None  # rows by call; None: rows are stored
    before_execute: Hook | None = None
    before_reply: Hook | None = None
    _verifiers: dict[tuple[str, str | None], Verifier] = field(default_factory=dict)

    def verifier(self, user: str, password: str | None) -> Verifier:
        """The verifier of a user; an unknown one gets one of a random password."""
        key = user, password
        if key not in self._verifiers:
            self._verifiers[key] = Verifier(secrets.token_hex(16) if password is None else password)
        return self._verifiers[key]


def hooked(hook: Callable[..., None] | None, *args: object) -> None:
    """Call a test's hook when there is one."""
    if hook is not None:
        hook(*args)
