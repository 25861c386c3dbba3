"""The server itself: clock, links, compression, remote control, the command line."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import pytest
from wms_standin import Options, WmsStandin

from ..conftest import Get, client


def test_the_date_header_and_mutations_follow_the_servers_clock(
    own_wms: WmsStandin, own_get: Get
) -> None:
    at = datetime(2027, 3, 4, 5, 6, 7, tzinfo=UTC)
    own_wms.clock.fix(at)
    answer = own_get("/company")
    assert parsedate_to_datetime(answer.headers["date"]) == at
    assert len(answer.headers.get_list("date")) == 1
    assert own_get("/nothing").headers["date"] == answer.headers["date"]
    company = own_wms.world.ids("company")[0]
    own_wms.world.update("company", company, contact="x")
    assert own_wms.world.row("company", company)["mod_ts"] == at
    own_wms.clock.reset()
    own_wms.clock.shift(timedelta(days=-1))
    shown = parsedate_to_datetime(own_get("/company").headers["date"])
    assert abs(shown - (datetime.now(UTC) - timedelta(days=1))) < timedelta(seconds=5)
    assert own_wms.requests[-1].started < datetime.now(UTC) - timedelta(hours=23)


def test_starting_is_quick_and_stopping_frees_the_port() -> None:
    started = time.monotonic()
    with WmsStandin() as standin:
        assert time.monotonic() - started < 1.5
        port = standin.port
        assert standin.base_url == f"http://127.0.0.1:{port}/acme"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/")
    with WmsStandin(port=port) as again:
        assert again.port == port


def test_compression_is_an_option() -> None:
    with WmsStandin(options=Options(gzip=True)) as standin, client(standin) as http:
        assert http.get("/order_hdr").headers["content-encoding"] == "gzip"
    with WmsStandin() as standin, client(standin) as http:
        assert "content-encoding" not in http.get("/order_hdr").headers


def test_another_process_can_drive_it(own_wms: WmsStandin, own_get: Get) -> None:
    url = own_wms.base_url.removesuffix("/acme") + "/_standin"
    own_get("/order_hdr", page_size=2)
    log = httpx.get(f"{url}/requests").json()
    assert [(entry["entity"], entry["rows"]) for entry in log] == [("order_hdr", 2)]
    httpx.delete(f"{url}/requests")
    assert own_wms.requests == []
    assert httpx.get(f"{url}/counts?entity=order_hdr,item").json() == {"order_hdr": 150, "item": 90}
    changes = httpx.post(f"{url}/mutate", json={"seed": 5, "n": 6}).json()
    assert len(changes) == 6
    assert set(changes[0]) == {"kind", "entity", "id"}
    rows = httpx.get(f"{url}/rows/order_hdr").json()
    assert len(rows) == own_wms.world.count("order_hdr")
    httpx.post(f"{url}/fail", json={"status": 503, "entity": "item"})
    assert own_get("/item").status_code == 503
    httpx.post(f"{url}/heal")
    assert own_get("/item").status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_line_says_ready_and_ends_cleanly(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "wms_standin", "--seed", "3", "--rows", "order_hdr=7"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            ready = (process.stdout or pytest.fail("no pipe")).readline().decode()
            assert ready.startswith("ready: http://127.0.0.1:")
            base = ready.split()[1]
            auth = (WmsStandin.username, WmsStandin.password)
            answer = httpx.get(f"{base}/wms/lgfapi/v10/entity/order_hdr", auth=auth)
            assert answer.json()["result_count"] == 7
        finally:
            process.send_signal(number)
        _, errors = process.communicate(timeout=10)
        assert (process.returncode, errors) == (0, b"")
