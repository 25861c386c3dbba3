"""Requests and their answers: what is sent, what is tried again, and what ends a run."""

from __future__ import annotations

import gc
import gzip
import signal
import socket
import threading
import time
from typing import Any

import httpx
import msgspec
import pytest
from tap_oracle_wms.api.client import Patience
from tap_oracle_wms.api.models import Page
from tap_oracle_wms.errors import (
    AuthenticationError,
    ConfigError,
    DataError,
    NotFoundError,
    PermissionDeniedError,
    RequestError,
    SlowAnswerError,
    StoppedError,
    UnavailableError,
)

from tests.tap.api.clients import DENIED, HTML, MESSAGE, NOTHING, SECRET, client_of, get, reply


def test_a_request_goes_to_the_api_with_the_credentials() -> None:
    seen = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"ok": True})

    client = client_of(note)

    assert get(client) == {"ok": True}
    (request,) = seen
    assert str(request.url) == "https://h/acme/wms/lgfapi/v10/entity/item/?a__gte=1"
    assert request.headers["Authorization"].startswith("Basic ")


PASSING = {
    "conflict": reply(409),
    "too many requests": reply(429),
    "server error": reply(500),
    "bad gateway": reply(502, "<html>Bad gateway</html>"),
    "unavailable": reply(503),
    "gateway timeout": reply(504),
    "no answer": httpx.ReadTimeout("slow"),
    "refused": httpx.ConnectError("refused"),
    "cut off": httpx.RemoteProtocolError("peer closed connection without sending complete body"),
    "half the JSON": reply(200, '{"results": [{"id"'),
    "no gzip": lambda _: httpx.Response(
        200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b'{"ok": true}')
    ),
}


@pytest.mark.parametrize("failure", PASSING)
def test_a_passing_failure_is_tried_again(failure: Any) -> None:
    client = client_of(PASSING[failure], PASSING[failure], reply())

    assert get(client) == {"ok": True}
    assert (client.requests.sent, client.requests.retries) == (3, 2)


FOREIGN = {
    "login": HTML,
    "proxy's 404": reply(404, "<html>Not found</html>"),
    "empty 404": reply(404, ""),
    "nothing": reply(204, ""),
    "redirect": reply(302, Location="https://login.h/x"),
    "firewall": reply(403, "<html>Blocked</html>"),
    "gateway's 404": reply(404, '{"message": "no Route matched with those values"}'),
    "gateway's other 404": reply(404, '{"code": 404, "message": "Not Found"}'),
    "gateway's problem": reply(404, '{"title": "Not Found", "status": 404, "detail": "No route"}'),
    "gateway's 403": reply(403, '{"message": "Forbidden"}'),
}


@pytest.mark.parametrize("page", FOREIGN)
def test_a_page_that_is_not_the_apis_own_is_tried_again_once_the_api_was_reached(page: Any) -> None:
    client = client_of(reply(), FOREIGN[page], reply())
    get(client)

    assert get(client) == {"ok": True}
    assert client.requests.retries == 1


@pytest.mark.parametrize("page", FOREIGN)
def test_a_page_that_is_not_the_apis_own_is_a_wrong_address_at_first(page: Any) -> None:
    client = client_of(FOREIGN[page])

    with pytest.raises(ConfigError, match=r"does not answer like a WMS environment|redirects to"):
        get(client)
    assert client.requests.sent == 1


def test_a_lasting_failure_ends_with_its_reason() -> None:
    client = client_of(reply(503), max_retries=2)

    with pytest.raises(UnavailableError, match="in 3 attempts: status 503"):
        get(client)


REFUSALS = {
    401: (reply(401), AuthenticationError, "check `username` and `password`"),
    403: (reply(403, DENIED), PermissionDeniedError, "lgfapi_read_access"),
    404: (reply(404, NOTHING), NotFoundError, "has nothing"),
    400: (reply(400, MESSAGE), RequestError, 'Invalid input. {"x":"no field"}'),
    302: (reply(302, Location="https://login.h/x"), ConfigError, "redirects to login.h"),
}


@pytest.mark.parametrize("status", REFUSALS)
def test_a_refusal_is_not_repeated_and_is_explained(status: Any) -> None:
    answer, error, sentence = REFUSALS[status]
    client = client_of(answer)

    with pytest.raises(error) as caught:
        get(client)

    assert sentence in str(caught.value)
    assert SECRET not in str(caught.value)
    assert client.requests.sent == 1


@pytest.mark.parametrize(
    "body", [NOTHING, '{"code": "NOT_FOUND", "message": null}', '{"detail": "Not found."}']
)
def test_no_rows_are_told_by_every_form_of_the_apis_own_errors(body: str) -> None:
    with pytest.raises(NotFoundError):
        get(client_of(reply(404, body)))


def test_a_redirect_from_http_to_https_says_so() -> None:
    client = client_of(
        reply(301, Location="https://localhost/acme"), base_url="http://localhost/acme"
    )

    with pytest.raises(ConfigError, match="begin `base_url` with https://"):
        get(client)


def test_an_unknown_host_is_not_waited_for() -> None:
    def unknown(_: Any) -> None:
        msg = "no address"
        raise httpx.ConnectError(msg) from socket.gaierror(-2, "Name not known")

    client = client_of(unknown)

    with pytest.raises(ConfigError, match="Host h is unknown; check `base_url`"):
        get(client)
    assert client.requests.sent == 1


def test_an_unknown_token_endpoint_is_named_as_such() -> None:
    def unknown(_: Any) -> None:
        msg = "no address"
        raise httpx.ConnectError(msg) from socket.gaierror(-2, "Name not known")

    oauth = {"auth_method": "oauth2_client_credentials", "client_id": "i", "client_secret": "s"}
    client = client_of(unknown, token_url="https://id/token", **oauth)

    with pytest.raises(ConfigError, match="Host id is unknown; check `token_url`"):
        get(client)


def test_an_answer_is_forgotten_as_soon_as_it_is_read() -> None:
    """Pages of megabytes must not wait for the collector of circular references."""
    client = client_of(lambda _: httpx.Response(200, json={"ok": True}))
    gc.collect()
    gc.disable()
    try:
        get(client)
        left = [each for each in gc.get_objects() if isinstance(each, httpx.Response)]
    finally:
        gc.enable()

    assert left == []


def test_an_answer_that_is_packed_is_read() -> None:
    packed = gzip.compress(b'{"ok": true}')
    client = client_of(
        lambda _: httpx.Response(
            200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(packed)
        )
    )

    assert get(client) == {"ok": True}


def test_a_timeout_can_be_left_to_the_caller() -> None:
    client = client_of(httpx.ReadTimeout("slow"))

    with pytest.raises(SlowAnswerError):
        get(client, patience=Patience(retries_timeouts=False))
    assert client.requests.sent == 1


def test_a_connection_that_does_not_come_is_no_slow_page() -> None:
    client = client_of(httpx.ConnectTimeout("dropped"), max_retries=1)

    with pytest.raises(UnavailableError, match="in 2 attempts: no connection within 30 s"):
        get(client, patience=Patience(retries_timeouts=False))
    assert client._http.timeout.connect == 30
    assert client._http.timeout.read == 300
    assert client_of(reply(), request_timeout=5)._http.timeout.connect == 5


def test_a_stopped_run_sends_nothing_and_waits_for_nothing() -> None:
    client = client_of(reply(503), retry_wait_seconds=60)
    threading.Timer(0.1, client.cancellation.request, [signal.SIGTERM]).start()
    begun = time.monotonic()

    with pytest.raises(StoppedError):
        get(client)
    assert time.monotonic() - begun < 5
    assert client.requests.sent == 1


def test_no_more_requests_are_in_flight_than_allowed() -> Any:
    lock, flying, most = threading.Lock(), [0], [0]

    def count(request: Any) -> Any:
        with lock:
            flying[0] += 1
            most[0] = max(most[0], flying[0])
        time.sleep(0.02)
        with lock:
            flying[0] -= 1
        return reply()(request)

    client = client_of(count, max_concurrency=3)
    threads = [threading.Thread(target=get, args=(client,)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [3]


def test_an_answer_of_another_shape_is_explained_and_not_repeated() -> None:
    client = client_of(reply(body='{"message": "fine"}'))

    with pytest.raises(DataError, match="answered GET /entity/item/ in an unexpected shape"):
        client.get("/entity/item/", None, msgspec.json.Decoder(Page[dict[str, int]]).decode)
    assert client.requests.sent == 1


def test_a_header_that_cannot_be_sent_is_not_shown() -> None:
    error = httpx.LocalProtocolError(f"Illegal header value b'Bearer {SECRET}\\n'")

    with pytest.raises(UnavailableError, match="check the token and `extra_headers`") as caught:
        get(client_of(error, max_retries=1))

    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("status", [403, 404, 400])
def test_a_refusal_names_the_method(status: Any) -> None:
    answer, error, _ = REFUSALS[status]

    with pytest.raises(error, match="POST /data_extract/export_async/"):
        client_of(answer).post("/data_extract/export_async/", b"{}", msgspec.json.decode)


def test_an_answer_of_another_shape_names_the_method() -> None:
    decode = msgspec.json.Decoder(Page[dict[str, int]]).decode

    with pytest.raises(DataError, match="answered POST /data_extract/export_async/ in an unexp"):
        client_of(reply()).post("/data_extract/export_async/", b"{}", decode)
