"""Every setting is accepted, makes a difference, and is read by the program."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
import target_oracle
from target_oracle.config.settings import Settings
from target_oracle.config.sources import load

GOOD: dict[str, Any] = {"host": "db", "service_name": "S", "user": "u", "password": "p"}
EXAMPLES: dict[str, Any] = {
    "host": "other",
    "port": 1522,
    "service_name": "OTHER",
    "sid": "ORCL",
    "dsn": "tcps://db:2484/S",
    "sqlalchemy_url": "oracle+oracledb://u:p@db/?service_name=S",
    "protocol": "tcps",
    "ssl_server_dn_match": False,
    "ssl_server_cert_dn": "CN=db",
    "wallet_location": "/wallet",
    "wallet_password": "w",
    "config_dir": "/admin",
    "https_proxy": "proxy",
    "https_proxy_port": 8080,
    "ssh_tunnel": {"host": "bastion", "username": "u", "private_key": "~/.ssh/id_ed25519"},
    "user": "other",
    "password": "other",
    "proxy_user": "app",
    "access_token": "t",
    "access_token_key": "k",
    "pooled_server": True,
    "connection_class": "WMS",
    "thick_mode": True,
    "client_lib_dir": "/client",
    "connect_timeout": 5.5,
    "call_timeout": 60.5,
    "expire_time": 2,
    "sdu": 8192,
    "disable_oob": True,
    "ddl_lock_timeout": 5,
    "max_retries": 0,
    "default_target_schema": "WMS",
    "table_prefix": "WMS_",
    "table_suffix": "_X",
    "identifier_case": "preserve",
    "auto_create": False,
    "on_schema_mismatch": "fail",
    "table_layout": "wms",
    "json_columns": "native",
    "table_options": "COMPRESS",
    "grant_select_to": ["REPORTS"],
    "add_comments": False,
    "streams": {"order_*": {"load_method": "append-only"}},
    "load_method": "history",
    "load_path": "array",
    "skip_unchanged": True,
    "skip_older": True,
    "batch_size_rows": 7,
    "batch_size_bytes": 1000,
    "batch_max_age": 1.5,
    "max_parallelism": 4,
    "process_activate_version_messages": False,
    "history_validity": True,
    "hard_delete": True,
    "add_record_metadata": True,
    "metadata_columns": {"_sdc_batched_at": "TK_DATE"},
    "validate_records": False,
    "on_invalid": "reject",
    "datetime_error_treatment": "null",
    "max_rejects": 3,
    "max_reject_ratio": 0.5,
    "reject_table": "BAD_ROWS",
    "rules_file": "rules.json",
    "before_sql": ["DELETE FROM t"],
    "after_sql": ["DELETE FROM u"],
    "summary_file": "summary.jsonl",
    "log_metrics": True,
    "run_id": "night-7",
    "log_fields": {"company": "ACME"},
    "load_log_table": "LOAD_LOG",
    "late_after_minutes": 90.5,
}
"""A value for each setting that is not its default; `oracle_config` is another way to give them."""


def test_every_setting_has_an_example() -> None:
    assert EXAMPLES.keys() == Settings.model_fields.keys() - {"oracle_config"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_setting_is_taken_from_a_file_and_as_text_from_the_environment(name: str) -> None:
    value = EXAMPLES[name]
    usual, _ = load(GOOD)
    given, _ = load({**GOOD, name: value})
    as_text = value if isinstance(value, str) else json.dumps(value)
    from_environment, _ = load({**GOOD, name: as_text})

    assert getattr(given, name) != getattr(usual, name)
    assert getattr(given, name) == getattr(from_environment, name)


def test_every_setting_is_read_by_the_program() -> None:
    folder = Path(target_oracle.__file__).parent
    nodes = [
        node
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    ]
    read = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    by_name = {"before_sql", "after_sql", "oracle_config"}  # which `run` and `sources` look up
    assert EXAMPLES.keys() - read - by_name == set()
