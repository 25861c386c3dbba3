"""`request_timeout` bounds an answer as a whole, headers and body, however it drips."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tap_oracle_wms.api.client import Patience, WmsClient
from tap_oracle_wms.config.sources import load
from tap_oracle_wms.errors import SlowAnswerError
from wms_standin import Fault

from tests.tap.conftest import config_for, listed, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wms_standin import WmsStandin

HEADERS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"


@contextmanager
def dripping(begins: bytes) -> Iterator[int]:
    """A server that sends the beginning of an answer, then a blank now and then."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    connection.recv(10_000)
                    connection.sendall(begins)
                    while True:
                        time.sleep(0.05)
                        connection.sendall(b" ")

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


@pytest.mark.parametrize("begins", [HEADERS[:30], HEADERS], ids=["headers", "body"])
def test_an_answer_that_drips_does_not_hang_the_run(begins: bytes) -> None:
    with dripping(begins) as port:
        base = {"base_url": f"http://127.0.0.1:{port}/acme", "username": "u", "password": "p"}
        settings, _ = load({**base, "request_timeout": 0.3}, set())
        client: Any = WmsClient(settings)
        asking = threading.Thread(
            target=pytest.raises,
            args=(SlowAnswerError, client.get, "/entity/", None, msgspec.json.decode),
            kwargs={"patience": Patience(retries_timeouts=False)},
            daemon=True,
        )
        asking.start()
        asking.join(timeout=5)

        assert not asking.is_alive()
        assert client.requests.sent == 1
        client.close()


def test_a_run_goes_on_after_headers_that_drip(wms: WmsStandin) -> None:
    wms.fail(Fault(kind="dripping", seconds=0.1, entity="uom", request="opening", times=1))

    done = run(config_for(wms, entities="uom", request_timeout=1))

    assert done.error is None
    assert sorted(r["id"] for r in done.records("uom")) == wms.world.ids("uom")
    assert [request.fault for request in listed(wms, "uom")] == ["dripping", ""]
