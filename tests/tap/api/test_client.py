from __future__ import annotations

import gzip
import signal
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from tap_oracle_wms.api.cancellation import Cancellation
from tap_oracle_wms.api.client import Patience, WmsClient
from tap_oracle_wms.api.models import Page
from tap_oracle_wms.config.sources import load
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

SECRET = "hunter2"


def client_of(*answers: Any, **given: Any) -> Any:
    """A client whose server gives these answers in turn, the last one for ever."""
    config = {"base_url": "https://h/acme", "username": "u", "password": SECRET}
    settings, _ = load({**config, "retry_wait_seconds": 0, **given}, set())
    left = list(answers)

    def answer(request: Any) -> Any:
        found = left.pop(0) if len(left) > 1 else left[0]
        found = found(request) if callable(found) else found
        if isinstance(found, Exception):
            raise found
        return found

    return WmsClient(settings, httpx.MockTransport(answer))


def get(client: Any, **options: Any) -> Any:
    return client.get("/entity/item/", {"a__gte": "1"}, msgspec.json.decode, **options)


def reply(status: Any = 200, body: Any = '{"ok": true}', **headers: Any) -> Any:
    kind = {"Content-Type": "application/json"} if body.startswith("{") else {}
    return lambda _: httpx.Response(status, text=body, headers={**kind, **headers})


HTML = reply(body="<html>Sign in</html>", **{"Content-Type": "text/html; charset=utf-8"})
MESSAGE = '{"code": "VALIDATION_ERROR", "message": "Invalid input.", "details": {"x": "no field"}}'

DENIED = '{"reference": "25b4", "code": "PERMISSION_DENIED", "message": "No."}'
NOTHING = '{"reference": "25b4", "code": "NOT_FOUND", "message": "Not found."}'


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


def test_waits_double_up_to_two_minutes_and_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(Cancellation, "wait", lambda _, seconds: waits.append(seconds))
    for _ in range(40):
        with pytest.raises(UnavailableError):
            get(client_of(reply(503), retry_wait_seconds=10, max_retries=5))

    for attempt, most in enumerate((10, 20, 40, 80, 120)):
        found = waits[attempt::5]
        assert len(set(found)) == 40
        assert most / 2 < max(found) <= most


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that clients wanted to wait."""
    seconds: list[float] = []
    monkeypatch.setattr(
        "tap_oracle_wms.api.cancellation.Cancellation.wait", lambda _, wait: seconds.append(wait)
    )
    return seconds


def test_the_servers_wish_to_wait_longer_is_followed(waited: list[float]) -> None:
    get(client_of(reply(429, **{"Retry-After": "7"}), reply()))

    assert waited == [7]


@pytest.mark.parametrize("wish", ["0", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_wish_never_shortens_the_own_wait(waited: list[float], wish: str) -> None:
    for _ in range(20):
        client = client_of(reply(503, **{"Retry-After": wish}), reply(), retry_wait_seconds=60)
        get(client)

    assert max(waited) > 10


def test_a_date_to_wait_for_is_one_of_the_servers_clock(waited: list[float]) -> None:
    now = datetime.now(UTC) - timedelta(seconds=400)
    date, wish = (
        moment.strftime("%a, %d %b %Y %H:%M:%S GMT") for moment in (now, now + timedelta(seconds=9))
    )

    get(client_of(reply(503, **{"Retry-After": wish, "Date": date}), reply()))

    assert waited == [9]


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


def test_the_clock_is_the_servers() -> None:
    client = client_of(reply(Date="Fri, 20 Nov 2015 12:00:00 GMT"))
    get(client)

    now = client.clock.now()

    assert datetime(2015, 11, 20, 12, tzinfo=UTC) <= now < datetime(2015, 11, 20, 12, 1, tzinfo=UTC)


def test_a_run_that_only_fails_is_given_up_early() -> None:
    client = client_of(reply(503), max_retries=50, breaker_failures=4)

    with pytest.raises(
        UnavailableError, match="4 requests in a row have failed, the last with: st"
    ):
        get(client)
    assert client.requests.sent == 4


def test_a_success_resets_the_count_of_failures() -> None:
    answers = [reply(503), reply(), reply(503), reply()] * 3 + [reply()]
    client = client_of(*answers, breaker_failures=2)

    for _ in range(6):
        get(client)

    assert client.requests.retries == 6


def test_an_answer_that_there_are_no_rows_resets_it_too() -> None:
    client = client_of(*[reply(503), reply(404, NOTHING)] * 3, reply(), breaker_failures=2)

    for _ in range(3):
        with pytest.raises(NotFoundError):
            get(client)

    assert client.requests.retries == 3


def test_a_run_may_not_retry_for_ever() -> None:
    client = client_of(*[reply(503), reply()] * 20, retry_budget=3)

    for _ in range(3):
        get(client)
    with pytest.raises(UnavailableError, match=r"more than 3 retries \(`retry_budget`\), the last"):
        get(client)


def test_a_run_out_of_time_stops_with_a_failure() -> None:
    client = client_of(reply(), max_run_seconds=0.01)
    time.sleep(0.02)

    with pytest.raises(StoppedError, match="after `max_run_seconds`") as caught:
        get(client)
    assert caught.value.exit_code == 1


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


DATES = {
    "Fri, 20 Nov 2015 12:00:00 GMT": datetime(2015, 11, 20, 12, tzinfo=UTC),
    "Fri, 20 Nov 2015 12:00:00": datetime(2015, 11, 20, 12, tzinfo=UTC),
    "Fri, 20 Nov 2015 12:00:00 -0000": datetime(2015, 11, 20, 12, tzinfo=UTC),
    "yesterday": None,
    "Fri, 20 Nov 99999 12:00:00 GMT": None,
}


@pytest.mark.parametrize("date", DATES)
def test_a_date_in_any_form_ends_no_run(date: Any) -> None:
    client = client_of(reply(503, **{"Retry-After": date}), reply(Date=date))

    assert get(client) == {"ok": True}
    expected = DATES[date] or datetime.now(UTC)
    assert abs(client.clock.now() - expected) < timedelta(minutes=1)


def test_the_clock_of_a_proxy_that_answers_in_place_of_wms_is_not_heard() -> None:
    page = reply(503, "<html>Away</html>", Date="Sun, 20 Nov 2095 12:00:00 GMT")
    client = client_of(page, max_retries=0)

    with pytest.raises(UnavailableError):
        get(client)

    assert client.clock.now() < datetime.now(UTC) + timedelta(minutes=1)
