"""How fast the target is beside the same work by other means, all in one run and in turns."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.database.dictionary import find

from .conftest import Race, Shape, at_least, at_most, database_alone, load, scaled, tell
from .rivals import (
    PlainTarget,
    UpsertTarget,
    bare_loop,
    insert,
    run_plain,
    staged_by_hand,
    typed_rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import OracleSchema

    from .conftest import Database

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]
SLICE = 5_000
FORTY = Shape(40)


@pytest.fixture(autouse=True)
def quiet() -> None:
    logging.disable(logging.INFO)


def _file(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(b"".join(lines))
    return path


def _table(schema: OracleSchema, shape: Shape, *, keyed: bool = True) -> None:
    ddl = shape.ddl if keyed else shape.ddl.replace("PRIMARY KEY", "")
    with schema.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE S ({ddl})")


SHAPES = [
    pytest.param(Shape(40), 200_000, id="40 columns"),
    pytest.param(Shape(10), 200_000, id="10 columns"),
    pytest.param(Shape(200), 40_000, id="200 columns"),
    pytest.param(Shape(40, clob=True), 40_000, id="40 columns and a CLOB"),
]


@pytest.mark.parametrize(("shape", "rows"), SHAPES)
def test_the_client_costs_little(
    counting: Database,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    shape: Shape,
    rows: int,
) -> None:
    """From input to last bind with validation on, while the database only counts rows."""
    few = max(500, scaled(rows) // 25)
    file = _file(tmp_path / "in", shape.lines(scaled(rows)))
    short = _file(tmp_path / "short", shape.lines(few))
    oracle_schema = counting.schema
    _table(oracle_schema, shape, keyed=False)
    connection = oracle_schema.connect()
    settings = {"load_method": "append-only"}
    ways: dict[str, Callable[[], object]] = {
        "SDK target, validation on": lambda: run_plain(PlainTarget, oracle_schema, short),
        "bare loop": lambda: bare_loop(connection, shape, file, SLICE),
        "target-oracle, arrays": lambda: load(oracle_schema, file, **settings),
        "target-oracle, direct path": lambda: load(oracle_schema, file, load_path="direct"),
    }
    units = dict.fromkeys(ways, scaled(rows)) | {"SDK target, validation on": few}
    title = f"client, {request.node.callspec.id}"
    race = Race(title, ways, clock=time.process_time).run()  # the client's own processor time
    assert counting.counted() >= 0.9 * scaled(rows) * 3 * race.rounds
    race.report(units)
    ours = "target-oracle, arrays"
    if not shape.clob:  # with it, the bare loop itself is hardly more than 8 times as fast
        at_least("times the SDK's", race.ratio(ours, units, "SDK target, validation on"), 8)
    at_least("of the bare loop", race.ratio(ours, units, "bare loop"), 0.5)


def test_an_upsert_is_limited_by_the_database(database: Database, tmp_path: Path) -> None:
    """200,000 rows, half of them there already, end to end into the stand-in."""
    oracle_schema, rows = database.schema, scaled(200_000)
    lines = FORTY.lines(rows)
    file = _file(tmp_path / "in", lines)
    ready = typed_rows(FORTY, lines[1:])
    _table(oracle_schema, FORTY)
    connection = oracle_schema.connect()

    def reset(present: list[tuple[Any, ...]]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE TABLE S")
        for start in range(0, len(present), SLICE):
            insert(connection, FORTY, present[start : start + SLICE])
        connection.commit()

    ways: dict[str, Callable[[], object]] = {
        "by hand, arrays": lambda: staged_by_hand(
            connection, oracle_schema, FORTY, ready, direct=False
        ),
        "by hand, direct path": lambda: staged_by_hand(
            connection, oracle_schema, FORTY, ready, direct=True
        ),
        "target-oracle, arrays": lambda: load(oracle_schema, file, load_path="array"),
        "target-oracle, direct path": lambda: load(oracle_schema, file, load_path="direct"),
        "plain SQLTarget": lambda: run_plain(UpsertTarget, oracle_schema, file),
    }
    units = dict.fromkeys(ways, rows)
    race = Race(
        "upsert, half matching",
        ways,
        rounds=2,
        before=lambda _: reset(ready[::2]),
        after=lambda _: _expect(oracle_schema, rows),
    ).run()
    race.report(units)
    for path in ("arrays", "direct path"):
        found = race.ratio(f"target-oracle, {path}", units, f"by hand, {path}")
        at_least(f"of the hand-written load, {path}", found, 0.7)
    best = max(race.ratio(f"target-oracle, {p}", units, "plain SQLTarget") for p in PATHS)
    at_least("times the plain SQLTarget", best, 5)


PATHS = ("arrays", "direct path")


def _expect(schema: OracleSchema, rows: int) -> None:
    assert schema.query("SELECT COUNT(*) FROM S") == [(rows,)]


def test_many_small_streams_cost_little_each(tmp_path: Path) -> None:
    """Streams of five rows against the bare statements, each way in a database of its own."""
    streams, shape = max(50, scaled(2_000)), Shape(10)
    lines = [line for n in range(streams) for line in shape.lines(5, stream=f"t{n}")]
    file = _file(tmp_path / "in", lines)
    rows = typed_rows(shape, shape.lines(5)[1:])

    def bare(schema: OracleSchema) -> None:
        connection = schema.connect()
        for n in range(streams):
            with connection.cursor() as cursor:
                assert not find(cursor, "APP", f"T{n}")
                cursor.execute(f"CREATE TABLE T{n} ({shape.ddl})")
            insert(connection, shape, rows, f"T{n}")
            connection.commit()

    with database_alone() as one, database_alone() as other:
        ways: dict[str, Callable[[], object]] = {
            "bare statements": lambda: bare(one.schema),
            "target-oracle": lambda: load(other.schema, file),
        }
        race = Race(f"{streams} streams", ways, rounds=1).run()
        for each in (one, other):
            assert each.schema.query("SELECT COUNT(*) FROM T0") == [(5,)]
    race.report(dict.fromkeys(ways, streams))
    extra = (race.best("target-oracle") - race.best("bare statements")) / streams * 1000
    tell(f"    bare statements, per stream: {race.best('bare statements') / streams * 1000:.1f} ms")
    at_most("over the bare statements, per stream", extra, 25, " ms")


LATENCY = 10  # milliseconds a call


@pytest.mark.parametrize(
    ("streams", "rows", "batch"),
    [pytest.param(200, 5, 10_000, id="small"), pytest.param(4, 25_000, 2_000, id="in turns")],
)
def test_loading_streams_at_the_same_time_pays_where_calls_take_time(
    tmp_path: Path, streams: int, rows: int, batch: int, request: pytest.FixtureRequest
) -> None:
    """One lane against four: a database at hand, and one that each call takes 10 ms to reach."""
    streams, rows = (max(20, scaled(streams)), rows) if streams > rows else (streams, scaled(rows))
    names = [f"t{n}" for n in range(streams)]
    each = [Shape(10).lines(rows, stream=name) for name in names]
    heads, bodies = [lines[0] for lines in each], zip(*(lines[1:] for lines in each), strict=True)
    file = _file(tmp_path / "in", [*heads, *(line for row in bodies for line in row)])
    for latency in (0, LATENCY):
        with database_alone(str(latency)) as one, database_alone(str(latency)) as other:
            way = {"batch_size_rows": batch, "load_path": "array"}
            ways: dict[str, Callable[[], object]] = {
                "one after another": partial(load, one.schema, file, **way),
                "four at a time": partial(load, other.schema, file, max_parallelism=4, **way),
            }
            title = f"{streams} streams {request.node.callspec.id}, {latency} ms a call"
            race = Race(title, ways, rounds=1).run()
            for database in (one, other):
                found = database.schema.query(f"SELECT COUNT(*) FROM T{streams - 1}")
                assert found == [(rows,)]
        units = dict.fromkeys(ways, streams * rows)
        race.report(units)
        found_ratio = race.ratio("four at a time", units, "one after another")
        if latency and streams > 4:
            at_least("times one after another", found_ratio, 1.5)
        else:
            tell(f"    times one after another: {found_ratio:.2f}")
