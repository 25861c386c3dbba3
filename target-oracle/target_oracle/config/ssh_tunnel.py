"""Settings of the SSH tunnel to the database."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class SshTunnel(BaseModel):
    """How the host is reached from which the database can be reached."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str
    port: int = Field(22, ge=1, le=65535)
    username: str
    password: SecretStr | None = None
    private_key: SecretStr | None = None
    """The key in OpenSSH's or PEM form, or the name of its file."""

    private_key_password: SecretStr | None = None
    host_key: str | None = None
    """The host's public key, such as `ssh-ed25519 AAAA…`; without it, that of `known_hosts`."""

    @property
    def address(self) -> str:
        """The host for messages."""
        return f"{self.username}@{self.host}:{self.port}"

    def key_text(self) -> str | None:
        """Return the private key.

        Raises:
            OSError: Its file cannot be read.
        """
        if self.private_key is None:
            return None
        given = self.private_key.get_secret_value()
        return given if "-----BEGIN" in given else Path(given).expanduser().read_text("utf-8")
