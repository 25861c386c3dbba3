from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.config.sources import load
from target_oracle.database.connect import address, connect_arguments, patience
from target_oracle.database.session import OracleConnector, Session
from target_oracle.errors import ConnectError

from tests.target.conftest import Target, record, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oracle_standin import OracleStandin

    from tests.conftest import OracleSchema

BASE: dict[str, Any] = {"host": "db", "service_name": "S", "user": "u", "password": "p"}


def arguments(**settings: Any) -> dict[str, Any]:
    return connect_arguments(load({**BASE, **settings})[0])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"protocol": "tcps", "port": 2484}, {"protocol": "tcps", "port": 2484}),
        ({"ssl_server_dn_match": False}, {"ssl_server_dn_match": False}),
        ({"ssl_server_cert_dn": "CN=db"}, {"ssl_server_cert_dn": "CN=db"}),
        (
            {"wallet_location": "/w", "wallet_password": "x", "config_dir": "/c"},
            {"wallet_location": "/w", "wallet_password": "x", "config_dir": "/c"},
        ),
        ({"access_token": "t"}, {"access_token": "t"}),
        ({"access_token": "t", "access_token_key": "k"}, {"access_token": ("t", "k")}),
        ({"proxy_user": "wms"}, {"proxy_user": "wms", "user": "u"}),
        (
            {"pooled_server": True, "connection_class": "load"},
            {"server_type": "pooled", "cclass": "load"},
        ),
        (
            {"https_proxy": "px", "https_proxy_port": 80},
            {"https_proxy": "px", "https_proxy_port": 80},
        ),
        ({"disable_oob": True, "sdu": 8192}, {"disable_oob": True, "sdu": 8192}),
        ({"expire_time": 2, "connect_timeout": 3}, {"expire_time": 2, "tcp_connect_timeout": 3.0}),
        ({"service_name": "", "sid": "X"}, {"sid": "X"}),
        (
            {"sqlalchemy_url": "oracle+oracledb://me:p%40ss@other:1522/?service_name=T"},
            {"host": "other", "port": 1522, "service_name": "T", "user": "me", "password": "p@ss"},
        ),
    ],
)
def test_settings_become_arguments_of_the_driver(
    settings: dict[str, Any], expected: dict[str, Any]
) -> None:
    made = arguments(**settings)
    assert {name: made[name] for name in expected} == expected


def test_what_is_not_set_is_left_to_the_driver() -> None:
    assert set(arguments()) == {
        "host",
        "port",
        "protocol",
        "service_name",
        "user",
        "password",
        "ssl_server_dn_match",
        "tcp_connect_timeout",
        "expire_time",
        "sdu",
        "disable_oob",
    }


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({}, "db:1521/S"),
        ({"dsn": "alias"}, "alias"),
        ({"dsn": "me/secret@h/T"}, "h/T"),
        ({"sqlalchemy_url": "oracle+oracledb://me:secret@h/?service_name=T"}, "h:1521/T"),
    ],
)
def test_an_address_shows_no_credentials(settings: dict[str, Any], shown: str) -> None:
    assert address(load({**BASE, **settings})[0]) == shown


def test_a_session_compares_and_converts_without_regard_to_the_environment(target: Target) -> None:
    session = Session(load(target.config)[0])
    with session.cursor() as cursor:
        rows = cursor.execute(
            "select parameter, value from nls_session_parameters where parameter in "
            "('NLS_COMP', 'NLS_SORT', 'NLS_NUMERIC_CHARACTERS', 'NLS_DATE_FORMAT')"
        ).fetchall()
        (zone,) = cursor.execute("select sessiontimezone from dual").fetchone()
    session.drop()
    assert dict(rows) == {
        "NLS_COMP": "BINARY",
        "NLS_SORT": "BINARY",
        "NLS_NUMERIC_CHARACTERS": ".,",
        "NLS_DATE_FORMAT": "YYYY-MM-DD HH24:MI:SS",
    }
    assert zone == "+00:00"


def test_the_engine_of_the_sdk_uses_the_session_and_hides_values(target: Target) -> None:
    session = Session(load(target.config)[0])
    engine = OracleConnector({}, session).create_engine()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select user from dual").scalar() == target.schema.user
    assert engine.hide_parameters is True
    engine.dispose()
    session.drop()


def test_a_session_waits_for_locks_and_answers_as_long_as_it_is_told(
    oracle_schema: OracleSchema, oracle_server: OracleStandin
) -> None:
    told = {**oracle_schema.config, "ddl_lock_timeout": 7, "call_timeout": 2.5}
    session = Session(load(told)[0])
    with oracle_server.faults.recorded() as calls:
        assert session.connection.call_timeout == 2500
    assert "ALTER SESSION SET DDL_LOCK_TIMEOUT = 7" in calls
    session.drop()


def test_thick_mode_loads_the_client_libraries_it_is_pointed_to(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []

    def init(lib_dir: str) -> None:
        loaded.append(lib_dir)

    monkeypatch.setattr("oracledb.init_oracle_client", init)
    session = Session(load({**target.config, "thick_mode": True, "client_lib_dir": "/opt/ic"})[0])
    assert session.connection.is_healthy()
    assert loaded == ["/opt/ic"]
    session.drop()


def test_thick_mode_takes_no_direct_path(
    oracle_schema: OracleSchema, oracle_server: OracleStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oracledb.Connection.thin", False)
    target = Target(oracle_schema)
    many = [record("s", id=n) for n in range(6_000)]
    with oracle_server.faults.recorded() as calls:
        target.load(schema("s", {"id": {"type": "integer"}}, ["id"]), *many)
    assert not [call for call in calls if call.startswith("DIRECT PATH")]
    assert target.rows("S", "count(*)") == [(6_000,)]


def test_a_sqlalchemy_url_is_a_way_in(target: Target) -> None:
    schema = target.schema
    url = (
        f"oracle+oracledb://{schema.user}:{schema.password}@{schema.host}:{schema.port}/"
        f"?service_name={schema.service}"
    )
    session = Session(load({"sqlalchemy_url": url})[0])
    assert session.user == schema.user
    session.drop()


def test_a_descriptor_with_a_dead_address_fails_over(target: Target) -> None:
    schema = target.schema
    addresses = "".join(
        f"(ADDRESS=(PROTOCOL=tcp)(HOST=127.0.0.1)(PORT={port}))" for port in (1, schema.port)
    )
    dsn = (
        f"(DESCRIPTION=(ADDRESS_LIST=(FAILOVER=on){addresses})"
        f"(CONNECT_DATA=(SERVICE_NAME={schema.service})))"
    )
    session = Session(load({"dsn": dsn, "user": schema.user, "password": schema.password})[0])
    assert session.user == schema.user
    session.drop()


def test_a_password_in_dsn_is_not_shown() -> None:
    session = Session(load({**BASE, "dsn": "me/hunter2@h/T"})[0])
    with pytest.raises(ConnectError) as caught:
        _ = session.connection
    assert str(caught.value) == (
        "Cannot connect to Oracle at h/T: the setting dsn is no connect string (user and password "
        "have their own settings) (DPY-4018)."
    )


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Of a server that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]
    for thread in threading.enumerate():
        if thread.name == "log-on":
            thread.join(20)


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"  # of the driver's own, unclosed socket
)
@pytest.mark.parametrize("protocol", ["tcp", "tcps"])
def test_a_server_that_is_silent_is_not_waited_for_without_end(
    silent_port: int, protocol: str
) -> None:
    where = {"host": "127.0.0.1", "port": silent_port, "protocol": protocol}
    session = Session(load({**BASE, **where, "connect_timeout": 0.1})[0])
    with pytest.raises(ConnectError) as caught:
        _ = session.connection
    assert str(caught.value) == (
        f"Cannot connect to Oracle at 127.0.0.1:{silent_port}/S: it accepts connections, but has "
        "not answered within 0.3 seconds. Check host, port and protocol."
    )


def test_a_connection_that_comes_too_late_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    closed, wanted = threading.Event(), threading.Event()

    class Late:
        def close(self) -> None:
            closed.set()

    def connect(**_: object) -> Late:
        wanted.wait(20)
        return Late()

    monkeypatch.setattr("oracledb.connect", connect)
    session = Session(load({**BASE, "connect_timeout": 0.01})[0])
    with pytest.raises(ConnectError):
        _ = session.connection
    wanted.set()
    assert closed.wait(20)


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        ({}, 60),
        ({"connect_timeout": 5}, 15),
        ({"dsn": "h1:1521,h2:1521/S", "connect_timeout": 5}, 30),
        ({"dsn": "an_alias", "connect_timeout": 5}, 15),
        (
            {
                "dsn": "(DESCRIPTION=(RETRY_COUNT=20)(RETRY_DELAY=3)"
                "(ADDRESS=(PROTOCOL=tcps)(PORT=1522)(HOST=adb))(CONNECT_DATA=(SERVICE_NAME=S)))"
            },
            21 * 60 + 20 * 3,
        ),
    ],
)
def test_the_longest_log_on_leaves_time_for_every_address_and_attempt(
    settings: dict[str, Any], seconds: float
) -> None:
    assert patience(load({**BASE, **settings})[0]) == seconds


def test_the_direct_path_has_no_limit_for_a_call(target: Target) -> None:
    settings = load({**target.config, "call_timeout": 5})[0]
    limits = []
    for is_timed in (True, False):
        session = Session(settings, is_timed=is_timed)
        limits.append(session.connection.call_timeout)
        session.drop()
    assert limits == [5_000, 0]
