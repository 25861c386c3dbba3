"""The way to the database through an SSH host: OpenSSH's own server, from Debian."""

from __future__ import annotations

import getpass
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncssh
import pytest
from singer_sdk.exceptions import ConfigValidationError
from target_oracle.config.sources import load
from target_oracle.database import tunnel
from target_oracle.database.connect import connect_arguments
from target_oracle.database.session import Session
from target_oracle.errors import ConnectError

from tests.target.conftest import Target, record, schema, state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import OracleSchema

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
MISSING = "sshd is not installed: install Debian's openssh-server to run this"
S = schema("s", {"id": {"type": "integer"}}, ["id"])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@dataclass
class Sshd:
    """A server that lets the tests' own user in by one key."""

    folder: Path
    port: int
    key: str
    host_key: str
    process: subprocess.Popen[bytes]

    def settings(self, **other: Any) -> dict[str, Any]:
        given = {
            "host": "127.0.0.1", "port": self.port, "username": getpass.getuser(),
            "private_key": self.key, "host_key": self.host_key,
        }  # fmt: skip
        return {name: value for name, value in (given | other).items() if value is not None}

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8")

    def cut(self) -> None:
        """End all connections, not the server."""
        listed = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        children = Path(listed).read_text("utf-8").split()
        assert children
        subprocess.run(["kill", "-9", *children], check=True)


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    if SSHD is None:
        pytest.skip(MISSING)
    host, user = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    (tmp_path / "host").write_bytes(host.export_private_key())
    (tmp_path / "host").chmod(0o600)
    (tmp_path / "keys").write_bytes(user.export_public_key())
    port = free_port()
    (tmp_path / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path}/host\nPidFile none\n"
        f"AuthorizedKeysFile {tmp_path}/keys\nStrictModes no\nUsePAM no\nLogLevel DEBUG1\n"
        "PasswordAuthentication no\nPermitRootLogin prohibit-password\n",
        encoding="utf-8",
    )
    Path("/run/sshd").mkdir(exist_ok=True)
    command = [SSHD, "-D", "-f", str(tmp_path / "config"), "-E", str(tmp_path / "log")]
    with subprocess.Popen(command) as process:
        _wait_for(port)
        key = user.export_private_key().decode()
        yield Sshd(tmp_path, port, key, host.export_public_key().decode(), process)
        process.send_signal(signal.SIGTERM)


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    msg = "sshd does not listen"
    raise AssertionError(msg)


def through(oracle: OracleSchema, ssh: dict[str, Any], **other: Any) -> Session:
    return Session(load({**oracle.config, "ssh_tunnel": ssh, **other})[0])


@pytest.mark.parametrize("in_a_file", [False, True])
def test_rows_are_loaded_through_the_tunnel(
    sshd: Sshd, oracle_schema: OracleSchema, tmp_path: Path, *, in_a_file: bool
) -> None:
    (tmp_path / "id").write_text(sshd.key, encoding="utf-8")
    key = str(tmp_path / "id") if in_a_file else sshd.key
    target = Target(oracle_schema)

    loaded = target.load(S, record("s", id=1), state(1), ssh_tunnel=sshd.settings(private_key=key))

    assert loaded == [1]
    assert target.rows("S", '"ID"') == [(1,)]
    assert f"target {oracle_schema.host} port {oracle_schema.port}" in sshd.log


def test_one_tunnel_serves_all_sessions(sshd: Sshd, oracle_schema: OracleSchema) -> None:
    settings = load({**oracle_schema.config, "ssh_tunnel": sshd.settings()})[0]

    first, second = connect_arguments(settings), connect_arguments(settings)

    assert (first["host"], first["port"]) == (second["host"], second["port"])
    assert (first["host"], first["port"]) != (oracle_schema.host, oracle_schema.port)
    assert sshd.log.count("Accepted publickey") == 1


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"  # of the driver's own, unclosed socket
)
def test_a_tunnel_that_was_cut_is_opened_again(sshd: Sshd, oracle_schema: OracleSchema) -> None:
    session = through(oracle_schema, sshd.settings())
    assert session.user == oracle_schema.user.upper()

    sshd.cut()
    session.drop()
    with session.cursor() as cursor:
        rows = cursor.execute("SELECT 1 FROM dual").fetchall()

    assert rows == [(1,)]
    session.drop()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (
            {"host_key": asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()},
            "its host key is not known: set `host_key`",
        ),
        ({"host_key": None}, "its host key is not known: set `host_key`"),
        (
            {"private_key": asyncssh.generate_private_key("ssh-ed25519")
             .export_private_key().decode()},
            "it does not let the user in: check `username`, `password` and `private_key`.",
        ),
        (
            {"private_key": asyncssh.generate_private_key("ssh-ed25519")
             .export_private_key(passphrase="s3cret").decode()},
            "`private_key_password` is missing.",
        ),
        (
            {"private_key": asyncssh.generate_private_key("ssh-ed25519")
             .export_private_key(passphrase="s3cret").decode(), "private_key_password": "other"},
            "`private_key_password` is wrong or missing.",
        ),
        ({"private_key": "-----BEGIN nothing"}, "`private_key` or `host_key` is no key"),
        ({"private_key": "/no/such/key"}, "No such file or directory."),
        ({"port": free_port()}, "Connect call failed"),
    ],
    ids=["host key", "no host key", "user key", "locked key", "wrong password", "no key",
         "no file", "port"],
)  # fmt: skip
def test_what_is_wrong_with_the_tunnel_is_one_sentence(
    sshd: Sshd,
    oracle_schema: OracleSchema,
    wrong: dict[str, Any],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", str(sshd.folder))
    ssh = sshd.settings(**wrong)
    session = through(oracle_schema, ssh)

    with pytest.raises(ConnectError) as caught:
        session.connection  # noqa: B018

    assert str(caught.value).startswith(
        f"Cannot open the SSH tunnel through {ssh['username']}@127.0.0.1:{ssh['port']}: "
    )
    assert sentence in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_database_that_the_ssh_host_cannot_reach_is_told(
    sshd: Sshd, oracle_schema: OracleSchema
) -> None:
    session = through(oracle_schema, sshd.settings(), port=free_port(), connect_timeout=2)

    with pytest.raises(ConnectError, match="reached from the SSH host") as caught:
        session.connection  # noqa: B018

    assert f"Cannot connect to Oracle at {oracle_schema.host}:" in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"dsn": "db:1521/S"}, "Setting 'ssh_tunnel' goes with 'host' and 'port', not with 'dsn'."),
        ({"protocol": "tcps"}, "Setting 'ssh_tunnel' with TLS needs 'ssl_server_cert_dn'"),
    ],
)
def test_settings_that_do_not_go_with_a_tunnel_are_refused(
    settings: dict[str, Any], sentence: str
) -> None:
    base = {"host": "db", "service_name": "S", "user": "u", "password": "p"}
    ssh = {"host": "bastion", "username": "me", "password": "s3cret"}

    with pytest.raises(ConfigValidationError) as caught:
        load({**base, **settings, "ssh_tunnel": ssh})

    assert sentence in str(caught.value.errors)
    assert "s3cret" not in str(caught.value.errors)


def test_without_the_extra_the_setting_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "asyncssh", None)
    ssh = load({"host": "db", "service_name": "S", "user": "u", "password": "p",
                "ssh_tunnel": {"host": "bastion", "username": "me"}})[0].ssh_tunnel  # fmt: skip
    assert ssh

    with pytest.raises(ConnectError, match=r"pip install 'target-oracle\[ssh\]'"):
        tunnel.forwarded(ssh, "db", 1521, 1.0)
