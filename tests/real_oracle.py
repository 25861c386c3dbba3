"""Where the real Oracle Database of the tests is: in variables, or started by compose.yaml."""

from __future__ import annotations

import socket
from contextlib import suppress

VARIABLE = "TEST_ORACLE_DSN"
ADDRESS = ("127.0.0.1", 15218)
COMPOSED = {
    VARIABLE: "127.0.0.1:15218/FREEPDB1",
    "TEST_ORACLE_USER": "pair",
    "TEST_ORACLE_PASSWORD": "only-for-tests",
}
"""What `tests/compose.yaml` starts."""


def composed(environment: dict[str, str], address: tuple[str, int] = ADDRESS) -> dict[str, str]:
    """The variables of the database of compose.yaml; none when it is not running or not meant."""
    if VARIABLE in environment:
        return {}
    with suppress(OSError), socket.create_connection(address, timeout=2):
        return COMPOSED
    return {}
