"""`--dbt`: sources and staging models of the tables that a catalog is loaded into."""

from __future__ import annotations

import json
import logging
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from target_oracle.commands.command_line import answer_question
from target_oracle.commands.dbt.command import model
from target_oracle.errors import NameClashError, TableError, TargetError
from target_oracle.target import TargetOracle

from tests.programs.forks import forked
from tests.target.conftest import record, schema
from tests.target.loading.conftest import PROPERTIES, SORTED, gone, row

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.target.conftest import Target

ADDRESS = {"host": "db", "service_name": "s", "user": "wms", "password": "x"}
WHOLE: dict[str, Any] = {"type": ["null", "integer"]}
TEXT: dict[str, Any] = {"type": ["null", "string"]}
WHEN: dict[str, Any] = {"type": ["null", "string"], "format": "date-time"}
ORDERS = {
    "id": WHOLE,
    "item_id": WHOLE,
    "kind_id": WHOLE,
    "qty": {**WHOLE, "description": "Pieces"},
}
ITEMS = {"id": WHOLE, "name": TEXT}


def stream(
    name: str,
    properties: dict[str, Any],
    keys: Iterable[str] = ("id",),
    left_out: Iterable[str] = (),
    **more: Any,
) -> dict[str, Any]:
    """A catalog's entry; `more` goes into the stream's own metadata."""
    selection = [
        {"breadcrumb": ["properties", each], "metadata": {"selected": False}} for each in left_out
    ]
    return {
        "tap_stream_id": name,
        "stream": name,
        "key_properties": list(keys),
        "schema": {"type": "object", "properties": properties},
        "metadata": [{"breadcrumb": [], "metadata": {"selected": True, **more}}, *selection],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models" / "wms"


def written(
    folder: Path, *streams: dict[str, Any], relations: Any = None, **settings: Any
) -> dict[str, Any]:
    """Write the folder; gives the report."""
    catalog, related = folder.parents[1] / "catalog.json", folder.parents[1] / "relations.json"
    catalog.write_text(json.dumps({"streams": streams}), "utf-8")
    if relations is not None:
        related.write_text(json.dumps(relations), "utf-8")
    target = TargetOracle(config={**ADDRESS, **settings})
    path = str(related) if relations is not None else None
    return model(target.settings, target.mapper, str(folder), str(catalog), path)


def sources(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((folder / "sources.yml").read_text("utf-8"))[
        "sources"
    ]
    return found


def tables(folder: Path) -> dict[str, dict[str, Any]]:
    (source,) = sources(folder)
    return {each["name"]: each for each in source["tables"]}


def column_tests(folder: Path, table: str) -> dict[str, list[Any]]:
    """Column -> its tests, where it has any."""
    columns = tables(folder)[table]["columns"]
    return {each["name"]: each["data_tests"] for each in columns if "data_tests" in each}


def relationship(column: str, to: str, **config: Any) -> dict[str, Any]:
    arguments = {"to": f"source('wms', '{to}')", "field": column}
    return {"relationships": {"arguments": arguments, "config": {"severity": "warn", **config}}}


def test_a_catalog_becomes_sources_and_a_model_for_each_selected_stream(folder: Path) -> None:
    other = stream("other", ITEMS, selected=False)
    report = written(
        folder, stream("orders", ORDERS, left_out=["qty"]), stream("item", ITEMS), other
    )
    models = ["stg_wms__item.sql", "stg_wms__orders.sql"]
    assert report == {
        "source": "wms",
        "written": ["sources.yml", *models],
        "unchanged": [],
        "removed": [],
    }
    assert sorted(path.name for path in folder.iterdir()) == ["sources.yml", *models]
    (source,) = sources(folder)
    assert (source["name"], source["schema"]) == ("wms", "WMS")
    assert source["quoting"] == {"database": False, "schema": True, "identifier": True}
    assert [each["identifier"] for each in source["tables"]] == ["ITEM", "ORDERS"]
    text = (folder / "stg_wms__orders.sql").read_text("utf-8")
    assert text.partition("\n")[2] == (
        'select\n    "ID",\n    "ITEM_ID",\n    "KIND_ID"\nfrom {{ source(\'wms\', \'orders\') }}\n'
    )


def test_keys_and_relations_are_tested(folder: Path) -> None:
    written(folder, stream("orders", ORDERS), stream("item", ITEMS))
    assert column_tests(folder, "orders") == {
        "ID": ["unique", "not_null"],
        "ITEM_ID": [relationship('"ID"', "item")],
    }
    assert column_tests(folder, "item") == {"ID": ["unique", "not_null"]}


def test_a_file_says_of_relations_what_names_do_not(folder: Path) -> None:
    relations = {
        "none": 0,
        "streams": {"orders": {"kind_id": "order_kind", "qty": "gone"}, "elsewhere": {"a": "b"}},
    }
    written(folder, stream("orders", ORDERS), stream("order_kind", ITEMS), relations=relations)
    assert column_tests(folder, "orders")["KIND_ID"] == [
        relationship('"ID"', "order_kind", where='"KIND_ID" <> 0')
    ]
    assert "QTY" not in column_tests(folder, "orders")


def test_rows_marked_as_deleted_are_left_out_of_models_and_relations(folder: Path) -> None:
    written(folder, stream("orders", ORDERS), stream("item", ITEMS), add_record_metadata=True)
    text = (folder / "stg_wms__orders.sql").read_text("utf-8")
    assert text.endswith(
        """from {{ source('wms', 'orders') }}\nwhere "_SDC_DELETED_AT" is null\n"""
    )
    assert column_tests(folder, "orders")["ITEM_ID"] == [
        relationship('"ID"', "item", where='"_SDC_DELETED_AT" is null')
    ]


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, 'sys_extract_utc("_SDC_BATCHED_AT")'),
        ({"table_layout": "wms"}, 'sys_extract_utc("TK_DATE")'),
        ({"metadata_columns": {"_sdc_batched_at": None}}, 'sys_extract_utc("_SDC_RECEIVED_AT")'),
        ({"streams": {"*": {"column_types": {"_sdc_batched_at": "DATE"}}}}, '"_SDC_BATCHED_AT"'),
    ],
)
def test_freshness_goes_by_the_load_time(
    folder: Path, settings: dict[str, Any], field: str
) -> None:
    written(folder, stream("orders", ORDERS), add_record_metadata=True, **settings)
    config = tables(folder)["orders"]["config"]
    assert config["loaded_at_field"] == field
    assert config["freshness"]["error_after"] == {
        "count": "{{ var('wms_error_after_hours', 48) | as_number }}",
        "period": "hour",
    }


def test_without_a_load_time_there_is_no_freshness_and_the_log_says_why(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "target-oracle"):
        written(folder, stream("orders", ORDERS))
    assert "config" not in tables(folder)["orders"]
    assert "set add_record_metadata" in caplog.text


@pytest.mark.parametrize(
    ("method", "tests"),
    [
        ("upsert", {"ID": ["unique", "not_null"]}),
        ("append-only", {"ID": ["not_null"]}),
        ("history", {"ID": ["not_null"]}),
    ],
)
def test_a_key_is_unique_only_where_the_load_method_makes_it_so(
    folder: Path, method: str, tests: Any
) -> None:
    properties = {"id": WHOLE, "mod_ts": WHEN}
    entry = stream("orders", properties, **{"replication-key": "mod_ts"})
    written(folder, entry, load_method=method)
    assert column_tests(folder, "orders") == tests
    together = tables(folder)["orders"].get("data_tests")
    if method == "history":
        stamp = """to_char("MOD_TS", 'YYYY-MM-DD"T"HH24:MI:SS.FF6')"""
        expression = f'"ID" || chr(31) || {stamp}'
        arguments = {"column_name": expression}
        assert together == [{"unique": {"name": "unique_orders", "arguments": arguments}}]
    else:
        assert together is None


def selected(folder: Path, target: Target, name: str) -> list[tuple[Any, ...]]:
    """ID and V of a model's rows."""
    text = (folder / f"stg_wms__{name}.sql").read_text("utf-8").partition("\n")[2]
    model = text.replace("{{ source('wms', 's') }}", '"S"')
    return target.schema.query(f'select "ID", "V" from ({model}) order by 1, 2')


@pytest.mark.parametrize("history_validity", [True, False])
def test_a_history_has_a_model_of_all_versions_and_one_of_those_in_force(
    folder: Path, target: Target, *, history_validity: bool
) -> None:
    settings = {"history_validity": history_validity, "add_record_metadata": True}
    messages = [row(1, "a", 1), row(1, "b", 3), gone(1, 6, v="b", at="2024-01-03T00:00:00Z")]
    messages += [row(2, "x", 1), row(2, "y", 2), row(3, "m", 1)]
    messages += [gone(3, 2, v="m", at="2024-01-01T00:00:00Z"), row(3, "n", 5)]
    target.load(SORTED, *messages, load_method="history", **settings)
    entry = stream("s", PROPERTIES, **{"replication-key": "at"})
    relations = {"streams": {"s": {"id": "item"}}}
    written(
        folder,
        *(entry, stream("item", ITEMS)),
        relations=relations,
        **{**target.config, "streams": {"s": {"load_method": "history"}}, **settings},
    )
    versions = [(1, "a"), (1, "b"), (2, "x"), (2, "y"), (3, "m"), (3, "n")]
    assert selected(folder, target, "s") == versions
    assert selected(folder, target, "s_current") == [(2, "y"), (3, "n")]
    found = [each["name"] for each in tables(folder)["s"]["columns"]]
    assert found == list(target.types("S"))
    where = '"_SDC_VALID_TO" is null' if history_validity else '"_SDC_DELETED_AT" is null'
    assert relationship('"ID"', "item", where=where) in column_tests(folder, "s")["ID"]
    assert not (folder / "stg_wms__item_current.sql").exists()


def test_a_stream_named_like_the_model_of_a_history_is_refused(folder: Path) -> None:
    entry = stream("orders", {"id": WHOLE, "at": WHEN}, **{"replication-key": "at"})
    methods = {"streams": {"orders": {"load_method": "history"}}}
    with pytest.raises(TableError, match="'orders' and 'orders_current' would both be dbt's"):
        written(folder, entry, stream("orders_current", ITEMS), **methods)
    assert not folder.exists()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"table_prefix": "X_", "table_suffix": "_Y", "add_record_metadata": True},
        {"table_layout": "wms"},
        {"identifier_case": "preserve", "add_record_metadata": True},
        {"streams": {"order*": {"table": "BOOKED"}}},
        {"stream_maps": {"order lines": {"id": "id", "twice": "str(qty)", "__alias__": "lines"}}},
    ],
)
def test_tables_and_columns_are_those_that_a_load_makes(
    folder: Path, target: Target, settings: dict[str, Any]
) -> None:
    properties = {**ORDERS, "level": TEXT, "créé-le": WHEN}
    target.load(
        schema("order lines", properties, ["id"]), record("order lines", id=1, qty=2), **settings
    )
    written(folder, stream("order lines", properties), **target.config, **settings)
    (source,) = sources(folder)
    (table,) = source["tables"]
    found = target.schema.query(
        "select column_name from all_tab_columns where owner = :1 and table_name = :2 "
        "order by column_id",
        source["schema"],
        table["identifier"],
    )
    assert found == [(each["name"],) for each in table["columns"]]


def test_tables_of_other_schemas_are_sources_of_their_own(folder: Path) -> None:
    elsewhere = {"streams": {"item": {"schema": "master"}}}
    written(folder, stream("orders", ORDERS), stream("item", ITEMS), **elsewhere)
    found = {each["name"]: (each["schema"], len(each["tables"])) for each in sources(folder)}
    assert found == {"wms": ("WMS", 1), "wms_master": ("MASTER", 1)}
    assert "source('wms_master', 'item')" in (folder / "stg_wms__item.sql").read_text("utf-8")
    assert "source('wms_master', 'item')" in (folder / "sources.yml").read_text("utf-8")


@pytest.mark.parametrize(
    ("config", "owner"),
    [
        ({"user": '"Mixed"'}, "Mixed"),
        ({"proxy_user": "loader"}, "LOADER"),
        ({"default_target_schema": "dwh"}, "DWH"),
        ({"user": None, "password": None, "access_token": "t"}, "{{ target.schema }}"),
        (
            {
                "user": None,
                "sqlalchemy_url": "oracle+oracledb://carl:x@db:1521/?service_name=s",
            },
            "CARL",
        ),
    ],
)
def test_the_schema_is_where_a_load_would_write(
    folder: Path, config: dict[str, Any], owner: str
) -> None:
    written(folder, stream("orders", ORDERS), **config)
    (source,) = sources(folder)
    assert (source["schema"], source["quoting"]["schema"]) == (owner, "{{" not in owner)


def test_jinja_in_names_and_descriptions_stays_text(folder: Path) -> None:
    odd = {"id": WHOLE, "{{ x }}": {**TEXT, "description": "{% if %} {# no #} {{ y }} {one}"}}
    written(folder, stream("orders", odd), identifier_case="preserve")
    column = tables(folder)["orders"]["columns"][1]
    brace = '{{ "{" }}'
    assert column["name"] == brace + "{ x }}"
    assert column["description"] == (f"{brace}% if %}} {brace}# no #}} {brace}{{ y }}}} {{one}}")


def test_the_same_catalog_gives_the_same_files_in_any_order(folder: Path) -> None:
    both = stream("orders", ORDERS), stream("item", ITEMS)
    written(folder, *both)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    report = written(folder, *reversed(both))
    assert (report["written"], len(report["unchanged"])) == ([], 3)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_files_of_streams_no_longer_selected_are_removed_and_others_kept(folder: Path) -> None:
    written(folder, stream("orders", ORDERS), stream("item", ITEMS))
    (folder / "mine.sql").write_text("select 1 from dual", "utf-8")
    report = written(folder, stream("orders", ORDERS))
    assert report["removed"] == ["stg_wms__item.sql"]
    assert sorted(path.name for path in folder.iterdir()) == [
        "mine.sql",
        "sources.yml",
        "stg_wms__orders.sql",
    ]


@pytest.mark.parametrize("name", ["sources.yml", "stg_wms__orders.sql", "stg_wms__item.sql"])
@pytest.mark.parametrize("edit", ["changed", "replaced"])
def test_an_edited_file_stops_the_run_before_anything_is_written(
    folder: Path, name: str, edit: str
) -> None:
    written(folder, stream("orders", ORDERS), stream("item", ITEMS))
    path = folder / name
    path.write_text(path.read_text("utf-8") + "\n" if edit == "changed" else "mine", "utf-8")
    before = {each.name: each.read_bytes() for each in folder.iterdir()}
    fewer = stream("orders", {**ORDERS, "new": TEXT})
    if (edit, name) == ("replaced", "stg_wms__item.sql"):  # the user's own now, and not in the way
        assert written(folder, fewer)["removed"] == []
        assert path.read_text("utf-8") == "mine"
        return
    with pytest.raises(TargetError, match=rf"{name} was edited.*nothing is written"):
        written(folder, fewer)
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "No such file"),
        ("{", "no JSON"),
        ("[]", "a JSON object is needed"),
        ("{}", "no Singer catalog"),
        ('{"streams": [{"stream": "a"}]}', "no Singer catalog"),
        ('{"streams": []}', "no stream is selected"),
    ],
)
def test_a_bad_catalog_is_named_in_a_sentence(
    folder: Path, tmp_path: Path, text: str | None, complaint: str
) -> None:
    catalog = tmp_path / "c.json"
    if text is not None:
        catalog.write_text(text, "utf-8")
    target = TargetOracle(config=ADDRESS)
    with pytest.raises(TargetError, match=rf"--catalog .*c\.json: .*{complaint}"):
        model(target.settings, target.mapper, str(folder), str(catalog), None)
    assert not folder.exists()


def test_a_bad_relations_file_is_named_in_a_sentence(folder: Path) -> None:
    with pytest.raises(TargetError, match=r"--relations .*relations\.json: .*Expected `object`"):
        written(folder, stream("orders", ORDERS), relations={"streams": {"orders": "item"}})
    assert not folder.exists()


def test_a_folder_that_cannot_be_made_is_named_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "wms"
    file.write_text("")
    with pytest.raises(TargetError) as caught:
        written(file, stream("item", ITEMS))
    assert str(caught.value) == f"--dbt {file}: {file}: File exists."
    assert file.read_text() == ""


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"check": True, "status_form": "text"}, "Ask one thing at a time"),
        ({"wants_health": True, "dbt": "folder"}, "Ask one thing at a time"),
        ({"catalog": "c.json"}, "--catalog is for --dbt and --keys"),
        ({"check": True, "environment": "prod"}, "--environment is for --status alone"),
        ({"run_id": "r"}, "--run is for --status alone"),
        ({"status_form": "text", "refresh": 5}, "--refresh is for --status=html alone"),
    ],
)
def test_options_that_do_not_go_together_are_refused(asked: dict[str, Any], sentence: str) -> None:
    target = TargetOracle(config=ADDRESS)
    with pytest.raises(TargetError, match=sentence):
        answer_question(target.settings, target.mapper, asked)


def test_names_that_would_meet_are_refused(folder: Path) -> None:
    with pytest.raises(TableError, match="'a b' and 'a-b' would both be dbt's 'a_b'"):
        written(folder, stream("a b", ITEMS), stream("a-b", ITEMS))
    with pytest.raises(NameClashError):
        written(folder, stream("orders", {"id": WHOLE, "a-b": TEXT, "a_b": TEXT}))
    assert not folder.exists()


def test_the_program_writes_and_reports(folder: Path, tmp_path: Path) -> None:
    catalog, config = tmp_path / "catalog.json", tmp_path / "config.json"
    catalog.write_text(json.dumps({"streams": [stream("orders", ORDERS)]}), "utf-8")
    config.write_text(json.dumps(ADDRESS), "utf-8")

    def program(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*forked("target_oracle"), "--config", str(config), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    done = program("--dbt", str(folder), "--catalog", str(catalog))
    assert done.returncode == 0
    assert json.loads(done.stdout)["written"] == ["sources.yml", "stg_wms__orders.sql"]
    refused = program("--dbt", str(folder))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "--dbt needs --catalog" in refused.stderr
    assert "Traceback" not in refused.stderr
