"""Answers in a form that no reader expects: read, or one sentence, and never a wrong value."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from tap_oracle_wms.errors import DataError, RequestError, UnavailableError
from wms_standin import Fault, WmsStandin

from tests.tap.api.clients import client_of, get, reply
from tests.tap.conftest import Run, config_for, discovered, expected, replayed, run, selected
from tests.tap.reading.test_records import page, records, shape_of

ENTITY = "order_hdr"
OLD = '"1901-02-03T00:00:00-03:06:28"'


def read(wms: WmsStandin, fault: Fault | None = None, **settings: Any) -> Run:
    config = config_for(wms, entities=ENTITY, page_size=20, max_retries=1, max_concurrency=1)
    catalog = selected(discovered(config), ENTITY)
    if fault is not None:
        wms.fail(fault)
    return run({**config, **settings}, catalog)


def moment(record: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(record["create_ts"])


@pytest.mark.parametrize("kind", ["bom", "nan", "surrogate"])
def test_what_is_odd_once_is_read(wms: WmsStandin, kind: Any) -> None:
    done = read(wms, Fault(kind=kind, request="next", entity=ENTITY, times=1))

    assert done.error is None
    assert sorted(r["id"] for r in done.records(ENTITY)) == wms.world.ids(ENTITY)


def test_answers_that_all_begin_with_a_byte_order_mark_are_read(wms: WmsStandin) -> None:
    wms.fail(Fault(kind="bom"))

    done = read(wms)

    assert done.error is None
    assert sorted(r["id"] for r in done.records(ENTITY)) == wms.world.ids(ENTITY)


def test_old_offsets_with_seconds_are_read(wms: WmsStandin) -> None:
    """Of São Paulo before 1914: the instants are those of the wall clock less the offset."""
    fault = Fault(kind="offset_seconds", entity=ENTITY)

    done = read(wms, fault)

    assert done.error is None
    found = replayed(done.records(ENTITY))
    moved = {moment(found[row_id]) - moment(row) for row_id, row in expected(wms, ENTITY).items()}
    assert moved == {timedelta(minutes=6, seconds=28)}  # else they have an offset of -03:00


@pytest.mark.parametrize(
    ("wire", "text"),
    [
        (OLD, "1901-02-03T03:06:28.000000+00:00"),
        ('"1901-02-03T00:00:00.123456+01:02:03"', "1901-02-02T22:57:57.123456+00:00"),
    ],
)
def test_an_old_offset_leaves_in_utc_beside_others(wire: str, text: str) -> None:
    shape = shape_of(id="integer", a_ts="datetime", other="string")

    found = records(
        shape,
        f'{{"id": 1, "a_ts": {wire}, "other": {wire}}}',
        '{"id": 2, "a_ts": null}',
        '{"id": 3, "a_ts": "2025-05-02T10:11:12Z"}',
    )

    assert [r["a_ts"] for r in found] == [text, None, "2025-05-02T10:11:12.000000+00:00"]
    assert found[0]["other"] == wire.strip('"')


@pytest.mark.parametrize("wire", ['"2025-05-02T10:11:12"', '"2025-13-02T10:11:12-03:06:28"', "7"])
def test_an_old_offset_lets_no_other_wrong_time_pass(wire: str) -> None:
    shape = shape_of(id="integer", a_ts="datetime")

    with pytest.raises(DataError, match="Stream item, field a_ts, id 2: the value does not fit"):
        records(shape, f'{{"id": 1, "a_ts": {OLD}}}', f'{{"id": 2, "a_ts": {wire}}}')


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (
            "missing_id",
            r"a row without an id came after id \d+; run again, and report it to Oracle",
        ),
        ("quoted_id", r'a row with the id "\d+" came after id \d+; run again, and '),
    ],
)
def test_an_id_that_is_none_is_told_with_the_one_before(
    wms: WmsStandin, kind: Any, sentence: str
) -> None:
    done = read(wms, Fault(kind=kind, request="next", entity=ENTITY, nth=1))

    assert isinstance(done.error, DataError)
    assert done.error.args[0].startswith(f"Stream {ENTITY}: ")
    with pytest.raises(DataError, match=sentence):
        raise done.error
    assert not done.of("ACTIVATE_VERSION")


@pytest.mark.parametrize("row", ['{"code": "A"}', '{"id": "7", "code": "A"}'])
def test_an_id_that_is_none_in_the_first_row_is_told_with_the_one_before(row: str) -> None:
    shape = shape_of(id="integer", code="string")

    with pytest.raises(DataError, match=r"^Stream item: a row .* came after id 41; run again"):
        shape.decode(page(row), 41)
    with pytest.raises(DataError, match=r"^Stream item: a row .* came from the beginning; run"):
        shape.decode(page(row))


@pytest.mark.parametrize(
    ("wire", "what"),
    [
        (b"NaN", "NaN"),
        (b"-Infinity", "-Infinity"),
        (b"Infinity", "Infinity"),
        (b'"half \\ud800 pair"', "text that is no Unicode"),
        (b'"\xe9t\xe9"', "text that is no Unicode"),
    ],
)
def test_a_value_that_is_no_json_is_told_with_field_and_id(wire: bytes, what: str) -> None:
    body = b'{"results": [{"id": 41}, {"id": 42, "code": %s}], "next_page": null}' % wire
    client = client_of(reply(body=body), max_retries=1)

    with pytest.raises(UnavailableError) as caught:
        client.get("/entity/item/", None, shape_of(id="integer", code="string").decode)

    assert str(caught.value) == (
        f"WMS did not answer GET /entity/item/ in 2 attempts: field code, id 42, holds {what}, "
        f"which no JSON has; deselect the field, or report it to Oracle."
    )


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (200, r"^WMS did not answer GET .* in 2 attempts: the answer is not complete JSON"),
        (400, r"^WMS refused GET /entity/item/ \(400\): no reason given\."),
        (404, r"^WMS did not answer GET .* in 2 attempts: status 404 with application/json that"),
    ],
)
def test_bytes_that_are_no_utf_8_are_one_sentence(status: int, sentence: str) -> None:
    client = client_of(reply(), reply(status, b'{"message": "\xe9t\xe9"}'), max_retries=1)
    get(client)

    with pytest.raises(RequestError, match=sentence):
        get(client)


def test_of_a_key_that_comes_twice_the_last_one_counts() -> None:
    """As for every common reader of JSON: what has no rule in it cannot be told from right."""
    shape = shape_of(id="integer", code="string")

    assert records(shape, '{"id": 1, "code": "A", "code": "B"}') == [{"id": 1, "code": "B"}]
