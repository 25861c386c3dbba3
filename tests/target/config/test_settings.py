from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import SecretStr
from singer_sdk.exceptions import ConfigValidationError
from target_oracle.config.settings import ALIASES, Settings, config_jsonschema
from target_oracle.config.sources import canonical, from_environment, load
from target_oracle.database.connect import connect_arguments
from target_oracle.errors import TargetError
from target_oracle.target import TargetOracle

GOOD: dict[str, Any] = {"host": "db", "service_name": "S", "user": "u", "password": "p4ss"}


def errors(**changes: Any) -> list[str]:
    with pytest.raises(ConfigValidationError) as caught:
        load({**GOOD, **changes}, {"stream_maps"})
    return list(caught.value.errors)


def test_former_names_of_settings_still_work() -> None:
    settings, _ = load(
        {
            "oracle_host": "db",
            "oracle_service": "S",
            "username": "u",
            "oracle_password": "p",
            "batch_size": 7,
            "load_method": "APPEND_ONLY",
        }
    )
    assert (settings.host, settings.service_name, settings.user) == ("db", "S", "u")
    assert (settings.batch_size_rows, settings.load_method) == (7, "append-only")


@pytest.mark.parametrize(("former", "present"), ALIASES.items())
@pytest.mark.parametrize("nested", [False, True])
def test_each_former_name_is_accepted_also_nested(former: str, present: str, nested: bool) -> None:
    value = {"port": 1522, "protocol": "tcps", "batch_size_rows": 7}.get(present, "former")
    others = {name: found for name, found in GOOD.items() if name != present}
    given = {"oracle_config": {former: value}} if nested else {former: value}

    settings, _ = load({**others, **given})

    found = getattr(settings, present)
    assert (found.get_secret_value() if isinstance(found, SecretStr) else found) == value


@pytest.mark.parametrize(
    ("spelling", "method"),
    [
        ("append", "append-only"),
        ("append_only", "append-only"),
        ("append-only", "append-only"),
        ("insert", "append-only"),
        ("upsert", "upsert"),
        ("merge", "upsert"),
        ("overwrite", "overwrite"),
        ("OVERWRITE", "overwrite"),
        ("history", "history"),
    ],
)
def test_each_former_spelling_of_a_load_method_is_accepted(spelling: str, method: str) -> None:
    settings, _ = load({**GOOD, "load_method": spelling})
    assert settings.load_method == method


def test_two_names_of_one_setting_must_agree() -> None:
    assert errors(username="someone else") == [
        "Setting 'username' is another name for 'user': give one of the two."
    ]
    settings, _ = load({**GOOD, "username": GOOD["user"]})
    assert settings.user == GOOD["user"]


@pytest.mark.parametrize("nested", [GOOD, json.dumps(GOOD)])
def test_the_connection_may_be_nested_and_the_top_level_wins(nested: object) -> None:
    settings, _ = load({"oracle_config": nested, "host": "other"})
    assert (settings.host, settings.service_name) == ("other", "S")


def test_every_alias_leads_to_a_setting() -> None:
    assert set(ALIASES.values()) <= set(Settings.model_fields)
    assert not set(ALIASES) & set(Settings.model_fields)


def test_an_empty_string_is_no_value() -> None:
    settings, _ = load({**GOOD, "table_prefix": "", "port": "", "batch_size_rows": ""})
    assert (settings.port, settings.batch_size_rows) == (1521, 50_000)


def test_text_from_the_environment_gets_its_type() -> None:
    settings, _ = load({**GOOD, "port": "1522", "add_record_metadata": "true"})
    assert (settings.port, settings.add_record_metadata) == (1522, True)


def test_an_unknown_setting_is_refused_with_the_nearest_name() -> None:
    assert errors(hots="x") == ["Setting 'hots' is unknown. Did you mean 'host'?"]
    assert errors(oracle_hst="x") == ["Setting 'oracle_hst' is unknown. Did you mean 'host'?"]
    assert errors(zzz=1) == ["Setting 'zzz' is unknown. See --about for all."]


def test_settings_of_the_sdk_are_passed_on() -> None:
    _, builtin = load({**GOOD, "stream_maps": {"a": None}}, {"stream_maps", "load_method"})
    assert builtin == {"stream_maps": {"a": None}}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"host": None}, "Setting 'host' (or 'dsn') is missing: say where the database is."),
        (
            {"service_name": ""},
            "Setting 'service_name' (or 'sid') is missing: say which database it is.",
        ),
        ({"user": ""}, "Setting 'user' is missing."),
        ({"password": ""}, "Setting 'password' is missing."),
        (
            {"load_method": "upsrt"},
            (
                "Setting 'load_method': Input should be 'append-only', 'upsert', 'overwrite' or "
                "'history'."
            ),
        ),
        ({"port": 0}, "Setting 'port': Input should be greater than or equal to 1."),
        *(
            (
                {"sqlalchemy_url": url},
                (
                    "Setting 'sqlalchemy_url': must look like "
                    "oracle+oracledb://user:password@host:port/?service_name=…."
                ),
            )
            for url in ("oracle+oracledb://u:hunter2@:x/", "postgresql://u:hunter2@db/x")
        ),
        (
            {"streams": {"order_*": {"load_method": "upsrt"}}},
            (
                "Setting 'streams': order_*.load_method: Input should be 'append-only', 'upsert', "
                "'overwrite' or 'history'."
            ),
        ),
        (
            {"streams": {"order_*": {"target_schema": "X"}}},
            (
                "Setting 'streams': order_*.target_schema: give one of load_method, table, schema, "
                "key_properties, replication_key, column_names, column_types, indexes, rules, "
                "late_after_minutes."
            ),
        ),
        (
            {"before_sql": "DELETE FROM t"},
            "Setting 'before_sql': this is no JSON: Expecting value: line 1 column 1 (char 0).",
        ),
        (
            {"oracle_config": "host=db"},
            "Setting 'oracle_config': this is no JSON: Expecting value: line 1 column 1 (char 0).",
        ),
        (
            {"metadata_columns": {"_sdc_batch_at": "TK_DATE"}},
            (
                "Setting 'metadata_columns': _sdc_batch_at is none of _sdc_extracted_at, "
                "_sdc_received_at, _sdc_batched_at, _sdc_deleted_at, _sdc_sequence, "
                "_sdc_table_version, _sdc_sync_started_at, _sdc_run_id."
            ),
        ),
        ({"oracle_config": [1]}, "Setting 'oracle_config': a JSON object is needed."),
        *(
            ({name: 10**10}, f"Setting '{name}': Input should be less than or equal to {most}.")
            for name, most in {
                "call_timeout": 4_000_000,
                "connect_timeout": 4_000_000,
                "expire_time": 66_666,
                "https_proxy_port": 65_535,
            }.items()
        ),
        (
            {"streams": {"s": {"column_names": {"id": ""}}}},
            "Setting 'streams': s.column_names.id: String should have at least 1 character.",
        ),
        (
            {"streams": {"s": {"indexes": [["v"], []]}}},
            (
                "Setting 'streams': s.indexes.1: List should have at least 1 item after "
                "validation, not 0."
            ),
        ),
    ],
)
def test_a_wrong_setting_is_named(changes: dict[str, Any], sentence: str) -> None:
    assert errors(**changes) == [sentence]


def test_no_settings_at_all_ask_for_config() -> None:
    with pytest.raises(ConfigValidationError) as caught:
        load({})
    assert caught.value.errors == [
        (
            "There are no settings: name a JSON file by --config, or set variables "
            "(TARGET_ORACLE_HOST, …) and give --config ENV."
        )
    ]


CONFIG_FILES = {
    "missing.json": (None, "No such file or directory."),
    "empty.json": ("", "this is no JSON: Expecting value: line 1 column 1 (char 0)."),
    "config.yml": ("host: db", "this is no JSON: Expecting value: line 1 column 1 (char 0)."),
    "list.json": ("[1]", "a JSON object is needed."),
    ".": (None, "Is a directory."),
}


@pytest.mark.parametrize("name", CONFIG_FILES)
def test_a_config_file_that_cannot_be_used_gets_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    content, sentence = CONFIG_FILES[name]
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path(name).write_text(content)

    done = CliRunner().invoke(TargetOracle.get_singer_command(), ["--config", name])

    assert done.exit_code == 1
    assert type(done.exception) is SystemExit
    assert [line.message for line in caplog.records] == [f"--config {name}: {sentence}"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "this is no JSON: Expecting property name enclosed in double quotes"),
        ("[]", "a JSON object is needed."),
        ('{"item": {"required": ["id"]}}', "Expected `array`, got `object` - at `$[...]`."),
    ],
)
def test_a_rules_file_that_cannot_be_used_is_named(
    tmp_path: Path, content: str, sentence: str
) -> None:
    file = tmp_path / "rules.json"
    file.write_text(content)
    settings, _ = load({**GOOD, "rules_file": str(file)})
    with pytest.raises(TargetError) as caught:
        settings.rules("item")
    assert str(caught.value).startswith(f"Setting 'rules_file': {file}: {sentence}")


def test_no_error_shows_a_secret() -> None:
    assert errors(password={"secret": "hunter2"}) == [
        "Setting 'password': Input should be a valid string."
    ]


def test_a_secret_does_not_print() -> None:
    settings, _ = load(GOOD)
    assert "p4ss" not in repr(settings)
    assert connect_arguments(settings)["password"] == "p4ss"


def test_the_json_schema_is_flat_and_marks_secrets() -> None:
    schema = config_jsonschema()
    assert "$defs" not in schema
    assert all("type" in each for each in schema["properties"].values())
    assert all(each["description"] for each in schema["properties"].values())
    assert schema["properties"]["password"]["secret"] is True
    assert schema["properties"]["host"]["type"] == ["string", "null"]


def test_a_dsn_stands_for_host_and_service() -> None:
    settings, _ = load({"dsn": "tcps://db:2484/S", "user": "u", "password": "p"})
    arguments = connect_arguments(settings)
    assert arguments["dsn"] == "tcps://db:2484/S"
    assert "host" not in arguments


def test_secrets_stay_out_of_what_the_sdk_is_given() -> None:
    secrets = ("password", "wallet_password", "access_token", "access_token_key", "sqlalchemy_url")
    target = TargetOracle(config={**GOOD, **dict.fromkeys(secrets, "oracle://u:hunter2@db/?x=y")})
    assert "hunter2" not in str(dict(target.config))
    assert not set(secrets) & set(target.config)


def test_a_file_of_variables_in_the_working_directory_is_read_unless_they_are_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(
        "TARGET_ORACLE_HOST=filed\nTARGET_ORACLE_USER=filed\nTARGET_ORACLE_PORT=\n"
        'TARGET_ORACLE_STREAM_MAPS={"items": {}}\n'
    )
    below = tmp_path / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    for name in ("HOST", "PORT", "STREAM_MAPS"):
        monkeypatch.setenv(f"TARGET_ORACLE_{name}", "")
        monkeypatch.delenv(f"TARGET_ORACLE_{name}")
    monkeypatch.setenv("TARGET_ORACLE_USER", "set")

    maps = {"stream_maps": {"type": ["object", "null"]}}
    found = from_environment("TARGET_ORACLE_", maps)

    assert found["host"] == "filed"
    assert found["user"] == "set"
    assert found["stream_maps"] == {"items": {}}
    assert "port" not in canonical(found)
