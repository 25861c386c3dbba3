"""The SSH tunnel to the database: a local port whose connections go on from another host.

It needs the extra `ssh`. One tunnel serves all sessions of the process, and is opened again when it
was lost.
"""

from __future__ import annotations

import asyncio
import atexit
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from target_oracle.errors import ConnectError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from target_oracle.config.ssh_tunnel import SshTunnel

HOME = "127.0.0.1"
"""The tunnel's near end: nobody but this machine can use it."""

KEEP_ALIVE = 30
"""Seconds between signs of life; after three without an answer the tunnel counts as lost."""


class Tunnel:
    """The way through one SSH host to one address."""

    def __init__(self, through: SshTunnel, host: str, port: int, seconds: float) -> None:
        self._through, self._there, self._seconds = through, (host, port), seconds
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._connection: Any = None
        self._port = 0
        threading.Thread(target=self._loop.run_forever, name="ssh-tunnel", daemon=True).start()
        atexit.register(self.close)

    def port(self) -> int:
        """Return the port of the near end, which is opened where it is not open.

        Raises:
            ConnectError: The SSH host cannot be reached, or does not let the user in.
        """
        with self._lock:
            if self._connection is None or self._connection.is_closed():
                self._run(self._open())
            return self._port

    def close(self) -> None:
        """Close the tunnel; a later use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._loop.call_soon_threadsafe(self._connection.abort)
                self._connection = None

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open(self) -> None:
        import asyncssh  # noqa: PLC0415 - only when asked for: it takes long to import

        try:
            self._connection = await asyncssh.connect(**self._arguments())
            listener = await self._connection.forward_local_port(HOME, 0, *self._there)
        except (asyncssh.Error, OSError, ValueError) as error:
            msg = f"Cannot open the SSH tunnel through {self._through.address}: {_said(error)}"
            raise ConnectError(msg) from None
        self._port = listener.get_port()

    def _arguments(self) -> dict[str, Any]:
        import asyncssh  # noqa: PLC0415

        through = self._through
        given: dict[str, Any] = {
            "host": through.host,
            "port": through.port,
            "username": through.username,
            "config": None,
            "connect_timeout": self._seconds,
            "login_timeout": self._seconds,
            "keepalive_interval": KEEP_ALIVE,
        }
        if through.password:
            given["password"] = through.password.get_secret_value()
        if key := through.key_text():
            phrase = through.private_key_password
            phrase_text = phrase.get_secret_value() if phrase else None
            given["client_keys"] = [asyncssh.import_private_key(key, phrase_text)]
        if through.host_key:
            given["known_hosts"] = ([asyncssh.import_public_key(through.host_key)], [], [])
        return given


@cache
def _tunnel(through: SshTunnel, host: str, port: int, seconds: float) -> Tunnel:
    return Tunnel(through, host, port, seconds)


def forwarded(through: SshTunnel, host: str, port: int, seconds: float) -> tuple[str, int]:
    """Return where to connect to instead of a host and port; `seconds` limit each step.

    Raises:
        ConnectError: There is no way through, or the extra is not installed.
    """
    try:
        return HOME, _tunnel(through, host, port, seconds).port()
    except ImportError:
        msg = "Setting 'ssh_tunnel' needs an extra: pip install 'target-oracle[ssh]'."
        raise ConnectError(msg) from None


def _said(error: Exception) -> str:
    """Return what is wrong and what to do, without what a server or a key file says."""
    import asyncssh  # noqa: PLC0415

    silent = "it does not answer: check `host` and `port`, and the firewall."
    sentences: dict[type[Exception], str] = {
        asyncssh.HostKeyNotVerifiable: "its host key is not known: set `host_key`, or add it to "
        "~/.ssh/known_hosts.",
        asyncssh.PermissionDenied: "it does not let the user in: check `username`, `password` and "
        "`private_key`.",
        asyncssh.KeyEncryptionError: "`private_key_password` is wrong or missing.",
        asyncssh.KeyImportError: "`private_key` or `host_key` is no key, or "
        "`private_key_password` is missing.",
        asyncssh.ConnectionLost: silent,
        TimeoutError: silent,
    }
    for kind, sentence in sentences.items():
        if isinstance(error, kind):
            return sentence
    reason = error.strerror if isinstance(error, OSError) else None
    return f"{reason or type(error).__name__}."
