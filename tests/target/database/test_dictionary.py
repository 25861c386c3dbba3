"""How often the data dictionary is read."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from tests.target.conftest import ID, Target, record, schema

if TYPE_CHECKING:
    from oracle_standin import OracleStandin

    from tests.conftest import OracleSchema


def test_a_table_is_looked_up_once_whatever_its_columns(
    oracle_schema: OracleSchema, oracle_server: OracleStandin
) -> None:
    target = Target(oracle_schema)
    wide = schema("wide", {**ID, **{f"c{n}": {"type": "string"} for n in range(200)}}, ["id"])
    target.load(wide)
    with oracle_server.faults.recorded() as calls:
        target.load(wide, record("wide", id=1), wide, record("wide", id=2))
    assert sum("all_tab_cols" in call for call in calls) == 1
    assert len(calls) < 20


def test_preparing_a_table_reads_the_dictionary_once_per_version_of_its_schema(
    oracle_schema: OracleSchema, oracle_server: OracleStandin
) -> None:
    target = Target(oracle_schema, {"on_invalid": "reject", "batch_size_rows": 1})
    first = schema("a", ID, ["id"])
    more = schema("a", {**ID, "v": {"type": "string", "maxLength": 5}}, ["id"])
    wider = schema("a", {**ID, "v": {"type": "string", "maxLength": 9}}, ["id"])
    identity = "create table b (id number primary key, n number generated always as identity)"
    oracle_schema.connect().cursor().execute(identity)
    with oracle_server.faults.recorded() as calls:
        target.load(first, record("a", id=1), schema("b", ID, ["id"]), record("b", id=1), first)
    assert lookups(calls) == {**ONCE, "all_tab_cols": 3}  # a, the reject table, b
    with oracle_server.faults.recorded() as calls:
        target.load(more, record("a", id=2, v="x"), wider, record("a", id=3), more, more)
    assert lookups(calls) == {**ONCE, "all_tab_cols": 4}  # three versions, the reject table
    assert target.types("A")["V"] == "VARCHAR2(9)"


ONCE = {"dual": 3, "all_tables": 1}  # whose schema it is, what the server allows, stale tables


def lookups(calls: list[str]) -> dict[str, int]:
    """How many statements ask the dictionary, by the first view they name."""
    views = [re.findall(r"\bsys\.(\w+)|\b(?:user|all|dba)_\w+", call) for call in calls]
    return Counter(found[0] for found in views if found)
