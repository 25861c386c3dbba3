from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tap_oracle_wms.catalog.fields import EntityField, Kind
from tap_oracle_wms.config.sources import load
from tap_oracle_wms.config.times import moment
from tap_oracle_wms.errors import ConfigError
from tap_oracle_wms.reading.filters import check_entities, own_filters, parameters, scope

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
FIELDS = {
    name: EntityField(name, kind)
    for name, kind in {
        "id": Kind.INTEGER,
        "order_nbr": Kind.STRING,
        "ord_date": Kind.DATE,
        "mod_ts": Kind.DATETIME,
        "status_id": Kind.STATUS,
        "facility_id": Kind.RELATION,
    }.items()
}


def settings(**given: Any) -> Any:
    return load({"base_url": "https://h/e", "username": "u", "password": "p", **given}, set())[0]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("now", "2026-11-20T15:30:00+00:00"),
        ("now-90m", "2026-11-20T14:00:00+00:00"),
        ("now+1h", "2026-11-20T16:30:00+00:00"),
        ("today", "2026-11-20T00:00:00+00:00"),
        ("today-7d", "2026-11-13T00:00:00+00:00"),
        ("today-1w+6h", "2026-11-13T06:00:00+00:00"),
        ("yesterday", "2026-11-19T00:00:00+00:00"),
        ("tomorrow", "2026-11-21T00:00:00+00:00"),
        ("2026-01-31", "2026-01-31T00:00:00+00:00"),
        ("2026-01-31T10:00:00-03:00", "2026-01-31T13:00:00+00:00"),
    ],
)
def test_dates_and_date_expressions_mean_an_instant(text: Any, instant: Any) -> None:
    assert moment(text, NOW).isoformat() == instant


def test_a_date_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="`start_date` must be a date like"):
        settings(start_date="last monday")


def test_filters_of_entity_and_globs_are_joined() -> None:
    given = settings(
        filters={
            "*": {"mod_ts__gt": "today-7d", "not_here": 1},
            "order_*": {"status_id__lt": 90},
            "order_hdr": {"order_nbr__startswith!": "X", "facility_id__code__in": ["A", "B"]},
            "item": {"code": "I"},
        }
    )

    found = own_filters("order_hdr", FIELDS, given)

    assert parameters(found, NOW) == {
        "mod_ts__gt": "2026-11-13T00:00:00.000000+00:00",
        "status_id__lt": "90",
        "order_nbr__startswith!": "X",
        "facility_id__code__in": "A,B",
    }


def test_values_take_the_form_that_the_api_reads() -> None:
    assert parameters({"a__isnull": True, "ord_date__gte": "today", "n__in": [1, 2]}, NOW) == {
        "a__isnull": "true",
        "ord_date__gte": "2026-11-20",
        "n__in": "1,2",
    }


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("order_nr", "there is no field `order_nr`; did you mean `order_nbr`?"),
        ("order_nbr__startwith", "did you mean `order_nbr__startswith`?"),
        ("mod_ts__gte", "use `start_date` and `end_date` for times"),
        ("page_size", "`page_size` is set by the tap itself"),
    ],
)
def test_a_filter_that_cannot_work_is_refused_with_a_sentence(name: Any, sentence: Any) -> None:
    given = settings(filters={"order_hdr": {name: "1"}})

    with pytest.raises(ConfigError) as caught:
        own_filters("order_hdr", FIELDS, given)

    assert str(caught.value).startswith("Setting `filters` for `order_hdr`: ")
    assert sentence in str(caught.value)


@pytest.mark.parametrize("key", ["mod_ts", "create_ts"])
def test_only_the_bounds_of_the_key_that_is_gone_by_are_the_taps_own(key: Any) -> None:
    other = {"mod_ts": "create_ts", "create_ts": "mod_ts"}[key]
    fields = FIELDS | {"create_ts": EntityField("create_ts", Kind.DATETIME)}

    def found(name: str) -> Any:
        given = settings(replication_key=key, filters={"*": {f"{name}__gte": "today-90d"}})
        return own_filters("order_hdr", fields, given)

    assert found(other) == {f"{other}__gte": "today-90d"}
    with pytest.raises(ConfigError, match=f"`{key}__gte` is set by the tap itself"):
        found(key)


def test_a_filter_without_values_is_refused() -> None:
    with pytest.raises(ConfigError, match="`status_id__in` has an empty list"):
        own_filters("order_hdr", FIELDS, settings(filters={"order_*": {"status_id__in": []}}))


def test_a_moment_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"the value of `mod_ts__gt` cannot be used: .* beyond"):
        parameters({"mod_ts__gt": "today-99999999d"}, NOW)
    with pytest.raises(ConfigError, match="`start_date` must be a date like"):
        settings(start_date="today-99999999999999999999d")


def test_a_filter_for_no_entity_is_refused() -> None:
    with pytest.raises(ConfigError, match="`order_hd`, which matches no entity; did you mean `or"):
        check_entities(settings(filters={"order_hd": {"a": 1}}), ["order_hdr", "item"])


@pytest.mark.parametrize("setting", ["detect_deletes", "extract_entities"])
def test_deletes_and_extracts_of_no_entity_are_refused(setting: str) -> None:
    given = settings(**{setting: ["item", "order_hd"]})

    with pytest.raises(ConfigError, match=f"`{setting}` names `order_hd`, which matches no entity"):
        check_entities(given, ["order_hdr", "item"])


def test_company_and_facility_narrow_the_entities_that_have_them() -> None:
    given = settings(company_code="ACME", facility_code="A,B")

    assert scope(FIELDS | {"company_id": None}, given) == {
        "company_id__code": "ACME",
        "facility_id__code__in": "A,B",
    }
    assert scope(FIELDS, given) == {"facility_id__code__in": "A,B"}
    assert scope({"id": None}, given) == {}
    assert scope(FIELDS, settings(facility_code="*")) == {}


def test_filters_may_come_as_json_text() -> None:
    assert settings(filters='{"item": {"code": "A"}}').filters == {"item": {"code": "A"}}
