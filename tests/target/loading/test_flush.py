"""Flushes that fail in passing, direct path loads, and the run's own tables."""

from __future__ import annotations

import gc
import io
import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest
from oracle_standin.errors import Disconnected
from target_oracle.errors import ConnectError, LoadError, RejectLimitError
from target_oracle.records.buffer import Buffer
from target_oracle.target import TargetOracle

from tests.target.conftest import Target, record, schema, state, text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from oracle_standin import OracleStandin
    from oracle_standin.faults import Faults

    from tests.conftest import OracleSchema


PROPERTIES = {
    "id": {"type": "integer"},
    "v": {"type": ["null", "string"]},
    "at": {"type": ["null", "string"], "format": "date-time"},
    "n": {"type": ["null", "number"]},
    "doc": {"type": ["null", "object"]},
}


KEYED = schema("s", PROPERTIES, ["id"])


ROWS = [record("s", id=n, v=f"v{n}") for n in range(30)]


EXPECTED = [(n, f"v{n}") for n in range(30)]


@pytest.fixture
def target(oracle_schema: OracleSchema) -> Target:
    return Target(oracle_schema)


@pytest.fixture
def faults(oracle_server: OracleStandin, target: Target) -> Iterator[Faults]:
    target.limit(first_wait=0.001)
    yield oracle_server.faults
    oracle_server.faults.clear()


def loaded(target: Target) -> list[tuple[Any, ...]]:
    return target.rows("S", '"ID", "V"')


METHODS = ["upsert", "append-only", "overwrite"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", ["^COMMIT$", "^(INSERT|UPDATE|MERGE)", "^TRUNCATE", "^CREATE"])
@pytest.mark.parametrize("rows", [1000, 5], ids=["straight", "staged"])
def test_a_cut_connection_loses_and_repeats_nothing(
    target: Target,
    faults: Faults,
    method: str,
    when: Any,
    call: str,
    rows: int,
) -> None:
    target.limit(straight_rows=rows)
    pick = random.Random(f"{method} {when} {call} {rows}")
    nth = 1 if call in {"^TRUNCATE", "^CREATE"} else pick.randint(1, 3)
    fault = faults.disconnect(matching=call, when=when, nth=nth)
    states = target.load(KEYED, *ROWS, state(1), load_method=method, batch_size_rows=10)
    assert loaded(target) == EXPECTED
    assert states[-1] == 1
    assert target.schema.tables() == {"S"}
    is_staged = method == "upsert" and rows < 10  # and so is emptied between flushes
    assert fault.hits == int(is_staged or call != "^TRUNCATE")


@pytest.mark.parametrize("code", [54, 60, 8177, 4021])
def test_what_passes_is_tried_again(target: Target, faults: Faults, code: int) -> None:
    fault = faults.raise_error(code, matching="^(INSERT|CREATE)", times=2)
    assert target.load(KEYED, *ROWS, state(1)) == [1]
    assert (loaded(target), fault.hits) == (EXPECTED, 2)


@pytest.mark.parametrize("code", [1653, 942])
def test_what_does_not_pass_fails_at_once(target: Target, faults: Faults, code: int) -> None:
    target.load(KEYED)
    fault = faults.raise_error(code, matching="^INSERT", times=None)
    with pytest.raises(LoadError, match=f"ORA-{code:05}"):
        target.load(KEYED, *ROWS, state(1))
    assert (loaded(target), fault.hits) == ([], 1)


def test_retries_end(target: Target, faults: Faults) -> None:
    target.load(KEYED)
    fault = faults.raise_error(60, matching="^INSERT", times=None)
    with pytest.raises(LoadError, match="deadlocks"):
        target.load(KEYED, *ROWS, max_retries=2)
    assert fault.hits == 3


class ComingBack:
    """Services of a listener that a database registers with at the third look."""

    looks = 0

    def __contains__(self, _: object) -> bool:
        self.looks += 1
        return self.looks > 2


def test_a_database_that_restarts_is_waited_for(
    target: Target, oracle_server: OracleStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.limit(first_wait=0.001)
    context, services = oracle_server.listener.context, ComingBack()

    def restart(_session: object, sql: str, _binds: object) -> None:
        if sql.startswith("INSERT") and not services.looks:
            known = replace(context.profile, services=cast("Any", services))
            monkeypatch.setattr(context, "profile", known)
            raise Disconnected

    monkeypatch.setattr(context, "before_execute", restart)
    assert target.load(KEYED, *ROWS, state(1)) == [1]
    assert (loaded(target), services.looks >= 3) == (EXPECTED, True)


def test_a_service_that_is_unknown_at_the_start_is_not_waited_for(
    target: Target, oracle_server: OracleStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = ComingBack()
    known = replace(oracle_server.listener.context.profile, services=cast("Any", services))
    monkeypatch.setattr(oracle_server.listener.context, "profile", known)
    with pytest.raises(ConnectError, match="check the setting service_name"):
        target.load(KEYED)
    assert services.looks == 1


def test_a_database_that_is_down_at_the_start_is_not_waited_for(
    target: Target, faults: Faults
) -> None:
    fault = faults.disconnect(matching="^CONNECT", times=None)
    with pytest.raises(ConnectError, match="Cannot connect to Oracle at"):
        target.load(KEYED)
    assert fault.hits == 1


# Direct path


WIDE = [
    record(
        "s",
        id=n,
        v=None if n % 3 else f"é😀{n}",
        at=f"2024-01-0{n % 9 + 1}T00:00:00.{n:06}+02:00",
        n=n / 8,
        doc={"n": n},
    )
    for n in range(200)
]


def test_both_paths_load_the_same(target: Target, oracle_server: OracleStandin) -> None:
    results = []
    for path in ("array", "direct"):
        with oracle_server.faults.recorded() as calls:
            target.load(KEYED, *WIDE * 8, load_path=path, load_method="overwrite")
        assert any(call.startswith("DIRECT PATH") for call in calls) is (path == "direct")
        results.append(target.rows("S"))
    assert results[0] == results[1]
    assert len(results[0]) == 200


def test_many_rows_go_by_the_direct_path_of_themselves(
    target: Target, oracle_server: OracleStandin
) -> None:
    many = [record("s", id=n, v=f"v{n}") for n in range(5_000)]
    with oracle_server.faults.recorded() as calls:
        target.load(KEYED, *many)
    assert any(call.startswith("DIRECT PATH FINISH") for call in calls)
    assert loaded(target) == [(n, f"v{n}") for n in range(5_000)]


@pytest.mark.parametrize("method", ["upsert", "overwrite"])
def test_slices_of_a_large_flush_go_the_same_way_however_few_rows_they_have(
    target: Target, faults: Faults, method: str
) -> None:
    target.limit(direct_rows=10, straight_rows=0, slice_rows=10)
    bad = [record("s", id=n, v=[]) for n in range(10)]
    with faults.recorded() as calls:
        target.load(
            *(KEYED, *ROWS[:10], *bad, *ROWS[10:19], ROWS[18], *ROWS[19:]),
            load_method=method,
            on_invalid="skip",
        )
    assert loaded(target) == EXPECTED
    assert [call for call in calls if call.startswith(('INSERT INTO "TEST', "ROLLBACK"))] == []
    assert sum(call.startswith("DIRECT PATH FINISH") for call in calls) == 4


@pytest.mark.parametrize("method", ["upsert", "overwrite"])
def test_arrays_take_over_where_the_direct_path_fails(
    target: Target, faults: Faults, method: str
) -> None:
    target.limit(direct_rows=1, straight_rows=0, slice_rows=10)
    fault = faults.raise_error(26053, matching="^DIRECT PATH FINISH", nth=2, times=None)
    schema_message = KEYED if method == "upsert" else schema("s", PROPERTIES)
    target.load(schema_message, *ROWS, load_method=method)
    assert (loaded(target), fault.hits) == (EXPECTED, 1)


def test_a_shadow_drops_what_a_failed_flush_had_committed_into_it(
    target: Target, faults: Faults
) -> None:
    target.limit(slice_rows=10)
    faults.disconnect(matching="^DIRECT PATH FINISH", when="after", nth=2)
    keyless = schema("s", PROPERTIES)
    target.load(keyless, *ROWS, load_method="overwrite", load_path="direct")
    assert loaded(target) == EXPECTED


def test_a_batch_is_not_kept_once_it_is_loaded(target: Target) -> None:
    loading = TargetOracle(config=target.config)
    loading.run(io.StringIO(text([KEYED, record("s", id=1, v="once it is loaded")])))
    kept = [each for each in gc.get_objects() if isinstance(each, Buffer) and len(each)]
    assert [each for each in kept if b"once it is loaded" in each.lines[0]] == []
    assert len(loading.intake.sinks) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["CREATE TABLE", "COMMENT ON", "GRANT", "CREATE INDEX"])
def test_a_new_table_gets_all_that_belongs_to_it_also_over_a_cut_connection(
    target: Target, faults: Faults, step: str, when: Any
) -> None:
    fault = faults.disconnect(matching=f"^{step}", when=when)
    described = schema("s", {**PROPERTIES, "v": {"type": "string", "maxLength": 9}}, ["id"])
    described["schema"]["description"] = "Orders"
    target.load(described, ROWS[0], grant_select_to=["public"], streams={"s": {"indexes": [["v"]]}})
    query = target.schema.query
    assert fault.hits == 1
    assert query("select comments from user_tab_comments") == [("Orders",)]
    assert query("select index_name from user_indexes where index_name like '%IX'") == [("S_V_IX",)]
    assert loaded(target) == EXPECTED[:1]


@pytest.mark.parametrize("parallel", [1, 2])
@pytest.mark.parametrize("call", ['UPDATE.*"_SDC_TABLE_VERSION" <', "^DROP TABLE"])
def test_what_is_done_between_flushes_and_after_them_is_tried_again(
    target: Target, faults: Faults, call: str, parallel: int
) -> None:
    target.limit(straight_rows=0)
    activate = {"type": "ACTIVATE_VERSION", "stream": "s", "version": 2}
    wider = schema("s", {**PROPERTIES, "more": {"type": "integer"}}, ["id"])
    cut = faults.disconnect(matching=call, when="after")
    locked = faults.raise_error(54, matching=call, nth=2)
    states = target.load(
        *(KEYED, {**ROWS[0], "version": 1}, {**ROWS[1], "version": 2}, activate),
        *(wider, {**ROWS[2], "version": 2}, activate, state(1)),
        add_record_metadata=True,
        max_parallelism=parallel,
    )
    found = target.rows("S", '"ID", NVL2("_SDC_DELETED_AT", 1, 0)')
    assert (states, found) == ([1], [(0, 1), (1, 0), (2, 0)])
    assert (cut.hits, locked.hits) == (1, 1)
    assert target.schema.tables() == {"S"}


def test_an_append_whose_commit_cannot_be_looked_up_is_not_repeated(
    target: Target, faults: Faults
) -> None:
    target.load(KEYED)
    faults.raise_error(1031, matching="^CREATE TABLE", times=None)
    faults.disconnect(matching="^COMMIT$", when="after", nth=2)
    with pytest.raises(LoadError, match="whether its rows were committed is not known"):
        target.load(KEYED, *ROWS, state(1), load_method="append-only", batch_size_rows=10)
    assert loaded(target) == EXPECTED[:20]


def test_an_append_whose_column_had_to_grow_is_not_repeated_after_a_lost_commit(
    target: Target, faults: Faults
) -> None:
    narrow = schema("s", {**PROPERTIES, "v": {"type": "string", "maxLength": 5}})
    fault = faults.disconnect(matching="^COMMIT$", when="after")
    target.load(narrow, record("s", id=1, v="longer than 5"), validate_records=False)
    assert (loaded(target), fault.hits) == ([(1, "longer than 5")], 1)


@pytest.mark.parametrize(
    ("method", "nth"), [("upsert", 1), ("append-only", 1), ("overwrite", 1), ("overwrite", 2)]
)
def test_a_bad_record_is_rejected_once_though_the_commit_was_lost(
    target: Target, faults: Faults, tmp_path: Path, method: str, nth: int
) -> None:
    with target.schema.connect() as connection:
        connection.cursor().execute(
            "create table s (id number primary key, v varchar2(9) not null)"
        )
    summary = tmp_path / "summary"
    fault = faults.disconnect(matching="^COMMIT$", when="after", nth=nth)
    refused = record("s", id=3, v=None) if nth == 2 else record("s", id=3, v=[])
    target.load(
        *(KEYED, *ROWS[:2], refused),
        load_method=method,
        on_invalid="reject",
        summary_file=str(summary),
    )
    assert (loaded(target), fault.hits) == (EXPECTED[:2], 1)
    assert len(target.schema.query("select 1 from rejects")) == 1
    counted = json.loads(summary.read_text())["streams"]["s"]
    assert (counted["written"], counted["rejected"]) == (2, 1)


@pytest.mark.parametrize(
    ("method", "when"),
    [("upsert", "before"), ("upsert", "after"), ("append-only", "after"), ("overwrite", "after")],
)
def test_rejects_that_end_the_run_are_kept_once_though_their_commit_was_lost(
    target: Target, faults: Faults, tmp_path: Path, method: str, when: Any
) -> None:
    summary = tmp_path / "summary"
    fault = faults.disconnect(matching="^COMMIT$", when=when)
    settings = {"load_method": method, "on_invalid": "reject", "summary_file": str(summary)}
    bad = [record("s", id=n, v=[]) for n in (8, 9)]
    with pytest.raises(RejectLimitError, match="More than max_rejects"):
        target.load(KEYED, ROWS[0], *bad, max_rejects=1, **settings)
    assert (loaded(target), fault.hits) == ([], 1)
    kept = target.rows("REJECTS", '"STREAM", "PROPERTY", "PAYLOAD"', order='"REJECTED_AT"')
    assert [(s, p, json.loads(text)["id"]) for s, p, text in kept] == [("s", "v", 8), ("s", "v", 9)]
    counted = json.loads(summary.read_text())["streams"]["s"]
    assert (counted["written"], counted["rejected"]) == (0, 2)
    assert target.schema.tables() == {"S", "REJECTS"}


def test_rejects_whose_commit_cannot_be_looked_up_are_said_to_be_unsure(
    target: Target, faults: Faults, caplog: pytest.LogCaptureFixture
) -> None:
    target.load(KEYED, record("s", id=1, v=[]), on_invalid="reject")
    faults.raise_error(1031, matching="^CREATE TABLE", times=None)
    faults.disconnect(matching="^COMMIT$", when="after")
    with pytest.raises(RejectLimitError):
        target.load(KEYED, record("s", id=2, v=[]), on_invalid="reject", max_rejects=0)
    assert len(target.schema.query("select 1 from rejects")) == 2
    (told,) = [each for each in caplog.messages if "may not be kept" in each]
    assert "whether its rows were committed is not known" in told


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["ADD", "UPDATE", "DROP COLUMN", "RENAME"])
def test_a_change_to_clob_that_is_cut_off_is_finished(
    target: Target, faults: Faults, step: str, when: Any
) -> None:
    narrow = schema("s", {**PROPERTIES, "v": {"type": "string", "maxLength": 5}}, ["id"])
    target.load(narrow, record("s", id=1, v="old"))
    fault = faults.disconnect(matching=f'{step}.*"?SDC.WIDER', when=when)
    long = [record("s", id=2, v="x" * 5000)]
    if step == "DROP COLUMN":
        fault = faults.disconnect(matching="DROP COLUMN", when=when)
    target.load(narrow, *long, validate_records=False)
    assert (loaded(target), fault.hits) == ([(1, "old"), (2, "x" * 5000)], 1)
    assert set(target.types("S")) == {"ID", "V", "AT", "N", "DOC"}
