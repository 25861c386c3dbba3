"""Proxies come from the environment: used, passed by, or refused by the variable's name."""

from __future__ import annotations

import socket
import socketserver
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from tap_oracle_wms.api.transports import proxy_of
from tap_oracle_wms.errors import ConfigError

from tests.tap.conftest import config_for, run, sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wms_standin import WmsStandin

    from tests.tap.conftest import Program

PROXY = "http://proxy.invalid:3128"
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


EXEMPT = {
    "::1": "https://[::1]/acme",
    "[::1]": "https://[::1]/acme",
    "[::1]:443": "https://[::1]/acme",
    "fe11::/16": "https://[fe11:2::7]/acme",
    "fd00::/8": "https://[fd12::7]/acme",
    "10.0.0.0/8": "https://10.1.2.3/acme",
    "127.0.0.1": "https://127.0.0.1:8443/acme",
    "example.com": "https://wms.example.com/acme",
    ".example.com": "https://wms.example.com/acme",
    "*.example.com": "https://wms.example.com/acme",
    "wms.example.com:443": "https://wms.example.com/acme",
    "WMS.Example.com": "https://wms.example.com/acme",
    "other.org, localhost": "https://localhost/acme",
    "https://wms.example.com": "https://wms.example.com/acme",
    "*": "https://wms.example.com/acme",
}


@pytest.mark.parametrize("listed", EXEMPT)
def test_hosts_of_no_proxy_are_reached_directly(
    monkeypatch: pytest.MonkeyPatch, listed: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    assert proxy_of(EXEMPT[listed]) == PROXY

    monkeypatch.setenv("NO_PROXY", listed)

    assert proxy_of(EXEMPT[listed]) is None
    for other in (
        "https://wms.example.org/acme",
        "https://badexample.com/a",
        "https://[fc00::1]/a",
    ):
        assert proxy_of(other) == (None if listed == "*" else PROXY)


def test_another_port_than_that_of_no_proxy_is_reached_by_the_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALL_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", "wms.example.com:8443,[::1]:8443")

    assert proxy_of("https://wms.example.com/acme") == PROXY
    assert proxy_of("https://[::1]/acme") == PROXY
    assert proxy_of("https://wms.example.com:8443/acme") is None


def test_a_proxy_without_a_scheme_is_one_of_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "proxy.invalid:3128")

    assert proxy_of("https://wms.example.com/acme") == PROXY


WRONG = {
    "scheme": ("HTTP_PROXY", "ftp://u:hunter2@proxy.invalid:21"),
    "port": ("http_proxy", "http://u:hunter2@proxy.invalid:many"),
    "great port": ("HTTP_PROXY", "http://u:hunter2@proxy.invalid:99999"),
    "no host": ("ALL_PROXY", "http://:3128"),
    "bracket": ("all_proxy", "http://[::1"),
    "old socks": ("ALL_PROXY", "socks4://u:hunter2@proxy.invalid:1080"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_variable_that_names_no_proxy_gets_one_sentence(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    variable, value = WRONG[kind]
    monkeypatch.setenv(variable, value)

    with pytest.raises(ConfigError, match=f"^Variable {variable} names no proxy: ") as caught:
        proxy_of("http://127.0.0.1:8080/acme")

    assert "hunter2" not in str(caught.value)


def test_a_program_with_a_wrong_proxy_says_so(
    wms: WmsStandin, program: Callable[..., Program]
) -> None:
    done = program(config=config_for(wms), HTTP_PROXY="ftp://proxy.invalid", NO_PROXY="")

    assert done.returncode == 1
    (said,) = sentences(done)
    assert said.startswith("Variable HTTP_PROXY names no proxy: it must look like http://")
    assert "Traceback" not in done.stderr


def test_a_socks_proxy_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://proxy.invalid:1080")
    monkeypatch.setitem(sys.modules, "socksio", None)

    with pytest.raises(ConfigError, match=r"ALL_PROXY .*tap-oracle-wms\[socks\]"):
        proxy_of("https://wms.example.com/acme")


class _Socks(socketserver.StreamRequestHandler):
    """SOCKS5 without authentication, as RFC 1928 has it."""

    def handle(self) -> None:
        _, methods = self.rfile.read(2)
        self.rfile.read(methods)
        self.wfile.write(b"\x05\x00")
        _, _, _, kind = self.rfile.read(4)
        length = 4 if kind == 1 else self.rfile.read(1)[0]
        address = self.rfile.read(length)
        port = int.from_bytes(self.rfile.read(2), "big")
        host = socket.inet_ntoa(address) if kind == 1 else address.decode()
        self.wfile.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        self.server.reached.append((host, port))  # type: ignore[attr-defined]
        with socket.create_connection((host, port)) as there:
            back = threading.Thread(target=_pump, args=(there, self.connection), daemon=True)
            back.start()
            _pump(self.connection, there)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    while data := source.recv(1 << 16):
        sink.sendall(data)
    sink.shutdown(socket.SHUT_WR)


@contextmanager
def socks() -> Iterator[Any]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Socks) as server:
        server.daemon_threads = True
        server.reached = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_run_goes_through_a_socks_proxy(wms: WmsStandin, monkeypatch: pytest.MonkeyPatch) -> None:
    with socks() as server:
        host, port = server.server_address
        monkeypatch.setenv("ALL_PROXY", f"socks5://{host}:{port}")

        done = run(config_for(wms, entities="uom", max_concurrency=1))

    assert done.error is None
    assert sorted(r["id"] for r in done.records("uom")) == wms.world.ids("uom")
    assert {f"http://{host}:{port}/acme" for host, port in server.reached} == {wms.base_url}
