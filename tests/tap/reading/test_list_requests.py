from __future__ import annotations

from typing import Any

import pytest
from tap_oracle_wms.api.models import DescribedField
from tap_oracle_wms.catalog.fields import fields_of
from tap_oracle_wms.reading.by_ids import rows_by_ids
from tap_oracle_wms.reading.list_requests import EntitySource
from tap_oracle_wms.reading.parts import Slice
from tap_oracle_wms.reading.plan import Window
from tap_oracle_wms.reading.records import RecordShape

from tests.tap.api.clients import NOTHING, client_of, reply

PAGE = reply(body='{"results": [{"id": 8}], "next_page": null}')


def source_of(*answers: Any) -> EntitySource:
    fields = fields_of("item", {"id": DescribedField(type="integer")})
    return EntitySource(client_of(*answers), RecordShape("item", fields, ["id"]), {}, None)


@pytest.mark.parametrize(("promised", "found"), [(True, 1), (False, 0)])
def test_no_rows_where_some_were_promised_is_asked_for_twice(promised: bool, found: int) -> None:
    source = source_of(reply(404, NOTHING), PAGE)

    page = source.page(Slice(Window(), after=7, promised=promised), 20)

    assert len(page.results) == found


def test_rows_that_are_gone_since_more_were_promised_end_a_slice() -> None:
    page = source_of(reply(404, NOTHING)).page(Slice(Window(), after=7, promised=True), 20)

    assert (page.results, page.next_page) == ([], None)


@pytest.mark.parametrize(("status", "body"), [(404, NOTHING), (200, '{"results": []}')])
def test_an_entity_without_rows_has_no_greatest_id(status: int, body: str) -> None:
    assert source_of(reply(status, body)).top(Slice(Window())) is None


@pytest.mark.parametrize(("status", "body"), [(404, NOTHING), (200, '{"results": []}')])
def test_rows_by_their_ids_are_asked_for_again(status: int, body: str) -> None:
    """Else rows that come flat would be compared with none, and so pass as right."""
    found = rows_by_ids(source_of(reply(status, body), PAGE), Window(), [8])

    assert list(found) == [8]
