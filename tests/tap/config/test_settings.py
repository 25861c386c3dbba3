from __future__ import annotations

from typing import Any

import pytest
from tap_oracle_wms.config.settings import ALIASES
from tap_oracle_wms.config.sources import config_jsonschema, from_environment, load
from tap_oracle_wms.errors import ConfigError

SDK = {"stream_maps", "flattening_enabled"}
MINIMAL = {"base_url": "https://x1.wms.example.com/acme", "username": "u", "password": "p"}


@pytest.mark.parametrize(
    "address",
    [
        "https://x1.wms.example.com/acme",
        "https://x1.wms.example.com/acme/",
        "https://x1.wms.example.com/acme/wms",
        "https://x1.wms.example.com/acme/wms/lgfapi/v10/entity/",
        "  https://x1.wms.example.com/acme/wms/ ",
    ],
)
def test_every_usual_form_of_the_address_means_the_environment(address: Any) -> None:
    settings, _ = load({**MINIMAL, "base_url": address}, SDK)

    assert settings.base_url == "https://x1.wms.example.com/acme"


@pytest.mark.parametrize(
    ("address", "hint"),
    [
        ("x1.wms.example.com/acme", "must look like https://<host>/<environment>"),
        ("ftp://x1.wms.example.com/acme", "must look like https://<host>/<environment>"),
        ("https://x1.wms.example.com", "lacks the environment name"),
        ("https://x1.wms.example.com/wms/lgfapi", "lacks the environment name"),
        ("http://x1.wms.example.com/acme", "starts with http://"),
        ("https://x1.wms.example.com:https/acme", "must look like https://<host>/<environment>"),
        ("https://[x1/acme", "must look like https://<host>/<environment>"),
        ("https://me:secret@x1.wms.example.com/acme", "must not carry a user name or password"),
    ],
)
def test_a_wrong_address_is_refused_with_what_to_change(address: Any, hint: Any) -> None:
    with pytest.raises(ConfigError, match=hint) as caught:
        load({**MINIMAL, "base_url": address}, SDK)

    assert "secret" not in str(caught.value)


def test_an_unknown_setting_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(ConfigError, match="`page_sise` is unknown; did you mean `page_size`"):
        load({**MINIMAL, "page_sise": 5}, SDK)


def test_settings_of_the_sdk_are_passed_through() -> None:
    _, others = load({**MINIMAL, "stream_maps": {"a": None}}, SDK)

    assert others == {"stream_maps": {"a": None}}


@pytest.mark.parametrize(
    ("former", "value", "present"),
    [
        ("url", "https://x2.wms.example.com/acme", "base_url"),
        ("user", "other", "username"),
        ("include_entities", ["item"], "entities"),
        ("excluded_entities", ["item"], "exclude_entities"),
        ("timeout", 7.0, "request_timeout"),
        ("retry_limit", 7, "max_retries"),
        ("retry_count", 7, "max_retries"),
        ("lookback_minutes", 7.0, "incremental_overlap_minutes"),
    ],
)
def test_former_names_are_accepted(former: Any, value: Any, present: Any) -> None:
    given = {name: found for name, found in MINIMAL.items() if name != present}

    settings, _ = load({**given, former: value}, SDK)

    assert getattr(settings, present) == value
    assert ALIASES[former] == present


@pytest.mark.parametrize("former", ALIASES)
def test_former_names_are_accepted_as_variables(
    former: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"TAP_ORACLE_WMS_{former.upper()}", "7")
    monkeypatch.setenv("TAP_ORACLE_WMS_PAGE_SIZE", "")

    assert from_environment("TAP_ORACLE_WMS_") == {former: "7"}


@pytest.mark.parametrize(
    "name", ["entities", "exclude_entities", "incremental_overlap_minutes", "force_full_table",
             "enable_incremental", "replication_key", "request_timeout", "max_retries"],
)  # fmt: skip
def test_settings_of_the_former_tap_that_kept_their_name_are_there(name: str) -> None:
    assert name in config_jsonschema()["properties"]


def test_a_setting_given_under_two_names_is_refused() -> None:
    with pytest.raises(ConfigError, match="`timeout` is another name for `request_timeout`"):
        load({**MINIMAL, "request_timeout": 5, "timeout": 6}, SDK)


def test_empty_text_is_no_value() -> None:
    settings, _ = load({**MINIMAL, "start_date": "", "page_size": "", "company_code": ""}, SDK)

    assert (settings.start_date, settings.page_size, settings.company_code) == (None, 1000, [])


@pytest.mark.parametrize("value", [["a", "b"], "a,b", " a , b ", '["a", "b"]'])
def test_lists_may_be_given_as_text(value: Any) -> None:
    settings, _ = load({**MINIMAL, "entities": value}, SDK)

    assert settings.entities == ["a", "b"]


@pytest.mark.parametrize("value", [[3, 17], "3,17", "[3, 17]"])
@pytest.mark.parametrize("name", ["history_activity_ids", "history_status_ids"])
def test_lists_of_codes_too(name: str, value: Any) -> None:
    settings, _ = load({**MINIMAL, name: value}, SDK)

    assert getattr(settings, name) == [3, 17]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"filters": {"item": {"code": None}}},
            (
                "Setting `filters.item.code` must be a text, a number, true or false, or a list of "
                "these."
            ),
        ),
        (
            {"filters": "{item"},
            (
                "Setting `filters` must be a JSON object: Expecting property name enclosed in "
                "double quotes: line 1 column 2 (char 1)."
            ),
        ),
        ({"start_date": "2026-02-01", "end_date": "2026-01-31"}, "`start_date` must be before"),
        ({"start_date": "today-999999999d"}, "Setting `start_date` must be a date"),
        (
            {"request_timeout": "inf"},
            "Setting `request_timeout` is wrong: Input should be a finite",
        ),
        ({"incremental_overlap_minutes": 1e12}, "Setting `incremental_overlap_minutes` is wrong"),
    ],
)
def test_a_wrong_value_gets_one_sentence(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load({**MINIMAL, **given}, SDK)

    assert str(caught.value).startswith(sentence)
    assert str(caught.value).count("etting `") <= 1


def test_no_settings_at_all_ask_for_config() -> None:
    with pytest.raises(ConfigError, match="There are no settings: name a JSON file by --config"):
        load({}, SDK)


def test_missing_credentials_are_asked_for() -> None:
    with pytest.raises(ConfigError, match="Set `username` and `password`"):
        load({"base_url": MINIMAL["base_url"]}, SDK)


def test_a_wrong_value_is_named_without_being_shown() -> None:
    with pytest.raises(ConfigError, match="`page_size` is wrong: Input should be less") as caught:
        load({**MINIMAL, "page_size": 424242}, SDK)

    assert "424242" not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["https://me:hunter2@x1.example.com/lake", "az://lake/x?sv=1&sig=hunter2"]
)
def test_an_address_of_files_that_carries_a_secret_is_refused_and_not_shown(address: str) -> None:
    with pytest.raises(ConfigError, match="`extract_storage_url` must be an address") as caught:
        load({**MINIMAL, "extract_storage_url": address}, SDK)

    assert "hunter2" not in str(caught.value)


def test_the_schema_is_flat_and_marks_secrets() -> None:
    schema = config_jsonschema()

    assert schema["required"] == ["base_url"]
    assert schema["properties"]["password"]["secret"] is True
    assert schema["properties"]["password"]["writeOnly"] is True
    assert all("type" in prop and "description" in prop for prop in schema["properties"].values())
    assert "$defs" not in schema


def test_a_secret_does_not_show_in_the_settings() -> None:
    settings, _ = load({**MINIMAL, "password": "hunter2"}, SDK)

    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(settings.model_dump(mode="json"))


def test_line_breaks_around_tokens_and_headers_are_left_out() -> None:
    given = {"access_token": "hunter2\n", "extra_headers": {"X-Key": " hunter3\r\n"}}

    settings, _ = load({**MINIMAL, **given}, SDK)

    assert settings.access_token
    assert settings.access_token.get_secret_value() == "hunter2"
    assert settings.extra_headers["X-Key"].get_secret_value() == "hunter3"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("access_token", "hunter2\nhunter3"),
        ("access_token", "hünter2"),
        ("extra_headers", {"X-Key": "hunter2\r\nX-Other: 1"}),
        ("extra_headers", {"X-Schlüssel": "hunter2"}),
    ],
)
def test_what_no_header_can_hold_is_refused_without_being_shown(name: str, value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        load({**MINIMAL, name: value}, SDK)

    assert str(caught.value) == f"Setting `{name}` must be of plain ASCII characters in one line."
