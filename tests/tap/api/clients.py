"""Clients whose server gives answers of the test's own."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
from tap_oracle_wms.api.client import WmsClient
from tap_oracle_wms.config.sources import load

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
    content = {"content": body} if isinstance(body, bytes) else {"text": body}
    is_json = body[:1] in {"{", b"{"}
    kind = {"Content-Type": "application/json"} if is_json else {}
    return lambda _: httpx.Response(status, headers={**kind, **headers}, **content)


HTML = reply(body="<html>Sign in</html>", **{"Content-Type": "text/html; charset=utf-8"})
MESSAGE = '{"code": "VALIDATION_ERROR", "message": "Invalid input.", "details": {"x": "no field"}}'

DENIED = '{"reference": "25b4", "code": "PERMISSION_DENIED", "message": "No."}'
NOTHING = '{"reference": "25b4", "code": "NOT_FOUND", "message": "Not found."}'
