"""A comparison names exactly what differs, and heals it: also what no run can find."""

from __future__ import annotations

import json
import logging
import os
import subprocess
from collections import Counter
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from wms_standin import Options, User, WmsStandin

from tests.documents import shell_block
from tests.pipeline.comparison import actual, assert_equal
from tests.pipeline.reconciling import Pair
from tests.programs.forks import on_path
from tests.tap.commands.reconcile.conftest import Judge
from tests.tap.conftest import time_passes_here_as_well

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from oracle_standin import OracleStandin

    from tests.conftest import OracleSchema
    from tests.pipeline.conftest import Pipeline
    from tests.tap.commands.reconcile.conftest import Found

__all__ = ["time_passes_here_as_well"]

KINDS = ("missing", "stale", "newer", "extra")
HARD = {"hard_delete": True}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


# Any world, any damage


class Accident:
    """A pair that was equal, what happened to its tables, and a WMS at work meanwhile."""

    def __init__(self, seed: int, oracle: OracleSchema, monkeypatch: pytest.MonkeyPatch) -> None:
        rng = self.rng = Random(f"accident:{seed}")
        rows = {
            "order_hdr": rng.choice([0, 5, 60, 300]),
            "container_lock_xref": rng.choice([0, 90]),
            "allocation": rng.choice([0, 90, 300]),
        }
        options = Options(
            max_page_size=rng.choice([1250, 1250, 30]),
            values_list=rng.choice(["on", "on", "off", "ignored"]),
            last_link=rng.choice(["null", "absent"]),
        )
        self.wms = WmsStandin(seed=seed % 9, size=0.3, rows=rows, options=options)
        second = rng.choice(["container_lock_xref", "item", "order_status", *["allocation"] * 3])
        entities = ("order_hdr", second)
        self.pair = Pair(self.wms, oracle, monkeypatch, entities, target=dict(HARD))
        self.pair.target["add_record_metadata"] = self.marks = rng.random() < 0.5
        self.pair.tap["max_deleted_share"] = 1
        self.pair.tap["max_concurrency"] = rng.randint(1, 8)
        self.truth: dict[str, dict[str, set[int]]] = {}
        self.touched: set[tuple[str, int]] = set()

    def judge(self) -> str:
        with self.wms as wms:
            self.pair.run()
            wms.clock.shift(timedelta(hours=2))
            self.truth = {name: self._damage(name) for name in self.pair.entities}
            wms.world.on_change.append(lambda table, key: self.touched.add((table, key)))
            self.lively = self.rng.random() < 0.6
            if self.lively:
                at_work = set(self.pair.entities) & {"order_hdr", "allocation"}
                wms.live(every=2, entities=tuple(sorted(at_work)), deletes=self.rng.randint(0, 2))
            found = self.pair.report()
            self._check(found)
            healed = self.pair.heal()
            newer = self._damaged("newer")
            if not (newer | self._damaged("missing", "stale")) & self.touched:
                assert healed.code == bool(newer)
            wms.live(every=10**9, updates=0, inserts=0, late=0, deletes=0)
            wms.clock.shift(timedelta(hours=2))
            for name in self.pair.entities:
                self._set_right(name)
            self.pair.run()
            self._forget_deleted()
            wms.clock.shift(timedelta(hours=2))
            assert_equal(wms.world, self.pair.oracle, tuple(self.pair.entities), sets=False)
            again = self.pair.report()
            assert (again.code, again.report["equal"]) == (0, True)
            kind = "lively" if self.lively else "quiet"
            kind += ", rows deleted" if self._deleted() else ""
            damaged = any(any(each.values()) for each in self.truth.values())
            return f"{kind}, {'damaged' if damaged else 'healthy'}"

    def _damaged(self, *kinds: str) -> set[tuple[str, int]]:
        return {(n, key) for n, each in self.truth.items() for kind in kinds for key in each[kind]}

    def _damage(self, name: str) -> dict[str, set[int]]:
        rng, table = self.rng, name.upper()
        held = actual(self.pair.oracle, name)
        ids = sorted(map(int, held))
        timed = "MOD_TS" in next(iter(held.values()), {})
        kinds = KINDS if timed else ("missing", "extra")
        most = min(len(ids), rng.choice([0, 1, 4, len(ids) // 2]))
        chosen: dict[str, set[int]] = {kind: set() for kind in KINDS}
        for key in rng.sample(ids, most):
            chosen[rng.choice(kinds)].add(key)
        chosen["extra"] = {max(ids) + 10**6 + key for key in chosen["extra"]}
        gone = f'delete from "{table}" where "ID" = :1'
        marked = f'update "{table}" set "_SDC_DELETED_AT" = systimestamp where "ID" = :1'
        is_marked = self.marks and rng.random() < 0.5
        self.pair.sql(marked if is_marked else gone, [(key,) for key in chosen["missing"]])
        days = {"stale": f"- {rng.choice(['1', '0.00001'])}", "newer": "+ 1"}
        for kind, by in days.items():
            aged = f'"MOD_TS" = "MOD_TS" {by[0]} numtodsinterval({by[2:]}, \'DAY\')'
            text = (
                ", \"CUST_FIELD_1\" = 'damaged'" if name == "order_hdr" and kind == "stale" else ""
            )
            rows = [(key,) for key in chosen[kind]]
            self.pair.sql(f'update "{table}" set {aged}{text} where "ID" = :1', rows)
        self.pair.sql(f'insert into "{table}" ("ID") values (:1)', [(k,) for k in chosen["extra"]])
        return chosen

    def _check(self, found: Found) -> None:
        for name, truth in self.truth.items():
            entity = found.entity(name)
            assert entity["status"] in {"equal", "different"}, entity["problem"]
            touched = {key for table, key in self.touched if table == name}
            there = set(self.wms.world.ids(name))
            for kind in KINDS:
                told = set(entity[kind]["ids"])
                wanted = truth[kind]
                if entity[kind]["rows"] <= 20:
                    assert told - touched == wanted - touched, (name, kind)
                    gone = touched - there if kind == "extra" else set()
                    assert told & touched <= wanted | gone, (name, kind)
                elif not self.lively:
                    assert entity[kind]["rows"] == len(wanted)
                    assert entity[kind]["ids"] == sorted(wanted)[:20]

    def _deleted(self) -> set[tuple[str, int]]:
        """Rows that WMS deleted while it was compared."""
        there = {name: set(self.wms.world.ids(name)) for name in self.pair.entities}
        return {(name, key) for name, key in self.touched if key not in there.get(name, ())}

    def _set_right(self, name: str) -> None:
        """Undo by hand what is left alone: rows that are newer in Oracle."""
        newer = [(key,) for key in self.truth[name]["newer"]]
        self.pair.sql(f'delete from "{name.upper()}" where "ID" = :1', newer)
        if newer:
            self.pair.heal()

    def _forget_deleted(self) -> None:
        """What WMS deleted while it was compared is found by another comparison.

        A row that was marked as deleted already, by accident, stays so.
        """
        if self.touched:
            assert self.pair.heal().code == 0
        for name in self.pair.entities if self.marks else ():
            marked = f'delete from "{name.upper()}" where "_SDC_DELETED_AT" is not null'
            self.pair.sql(marked, [()])


def campaign(seeds: range, server: OracleStandin, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How accidents of these seeds ended."""
    from tests.conftest import OracleSchema  # noqa: PLC0415 - at runtime here alone

    verdicts: Counter[str] = Counter()
    for seed in seeds:
        name = f"ACCIDENT_{seed}"
        server.create_user(name, "secret")
        schema = OracleSchema(name, "secret", server.dsn)
        try:
            verdicts[Accident(seed, schema, monkeypatch).judge()] += 1
        except AssertionError as error:
            msg = f"seed {seed}: {error}"
            raise AssertionError(msg) from error
        finally:
            schema.close()
            server.drop_user(name)
    print(dict(verdicts))
    return verdicts


def test_a_few_accidents_are_named_and_healed(
    oracle_server: OracleStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert campaign(range(2), oracle_server, monkeypatch).total() == 2


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(0, 300, 75))
def test_hundreds_of_accidents_are_named_and_healed(
    oracle_server: OracleStandin, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    verdicts = campaign(range(first, first + 75), oracle_server, monkeypatch)
    assert verdicts.total() == 75
    assert verdicts["lively, rows deleted, damaged"] >= 5
    assert verdicts["quiet, damaged"] >= 5


# What no run finds


@pytest.fixture
def pair(wms: WmsStandin, oracle_schema: OracleSchema, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """A pair that was equal an hour ago."""
    found = Pair(wms, oracle_schema, monkeypatch, ["order_hdr", "order_status"], target=dict(HARD))
    found.run()
    wms.clock.shift(timedelta(hours=1))
    return found


def healed(pair: Pair, **ids: list[int]) -> None:
    """A run finds nothing of it; a comparison names it and heals it, and the next one proves it."""
    pair.run()
    pair.wms.clock.shift(timedelta(hours=1))
    found = pair.report()
    assert (found.code, found.ids("order_hdr")) == (1, ids)
    assert found.ids("order_status") == {}
    assert pair.heal().code == 0
    assert_equal(pair.wms.world, pair.oracle, ("order_hdr", "order_status"), sets=False)
    proof = pair.report()
    assert (proof.code, proof.report["equal"]) == (0, True)
    assert proof.entity("order_hdr")["rows_compared"] == pair.wms.world.count("order_hdr")


def test_a_commit_later_than_the_overlap(pair: Pair, wms: WmsStandin) -> None:
    wms.world.update("order_hdr", wms.world.ids("order_hdr")[0], cust_field_1="x")
    wms.clock.shift(timedelta(minutes=1))
    pair.run()
    late = wms.world.late_commit("order_hdr", timedelta(minutes=40))
    healed(pair, missing=[late])


def test_a_row_that_was_deleted_without_a_trace(pair: Pair, wms: WmsStandin) -> None:
    gone = wms.world.ids("order_hdr")[5]
    wms.world.delete("order_hdr", gone)
    healed(pair, extra=[gone])


def test_rows_that_were_cut_by_hand(pair: Pair) -> None:
    ids = pair.wms.world.ids("order_hdr")[10:17]
    pair.sql('delete from "ORDER_HDR" where "ID" = :1', [(key,) for key in ids])
    healed(pair, missing=sorted(ids))


def test_a_facility_that_the_user_gained(
    wms: WmsStandin, oracle_schema: OracleSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = wms.world.rows("order_hdr")
    counts = Counter(row["facility_id"] for row in rows)
    (first, _), (gained, _) = counts.most_common(2)
    codes = [wms.world.key("facility", each) for each in (first, gained)]
    assert None not in codes
    wms.add_user(User(name="dc", password="p", facilities=frozenset({str(codes[0])})))
    access = {"username": "dc", "password": "p"}
    pair = Pair(wms, oracle_schema, monkeypatch, ["order_hdr"], tap=access, target=dict(HARD))
    pair.run()
    wms.clock.shift(timedelta(hours=1))
    wms.accounts.grant("dc", facility=str(codes[1]))
    pair.run()
    wms.clock.shift(timedelta(hours=1))
    lacking = sorted(row["id"] for row in rows if row["facility_id"] == gained)
    found = pair.report()
    assert found.entity("order_hdr")["missing"]["rows"] == len(lacking) > 0
    assert found.ids("order_hdr") == {"missing": lacking[:20]}
    assert pair.heal().code == 0
    assert pair.report().report["equal"] is True
    assert {int(key) for key in actual(oracle_schema, "order_hdr")} == {
        row["id"] for row in rows if row["facility_id"] in {first, gained}
    }


def test_rows_that_are_only_marked_as_deleted_live_again(
    wms: WmsStandin, oracle_schema: OracleSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Marks go both ways where nothing is deleted for good."""
    target = {"add_record_metadata": True}
    pair = Pair(wms, oracle_schema, monkeypatch, ["order_hdr"], target=target)
    pair.run()
    wms.clock.shift(timedelta(hours=1))
    alive, gone, *_ = wms.world.ids("order_hdr")
    mark = 'update "ORDER_HDR" set "_SDC_DELETED_AT" = systimestamp where "ID" = :1'
    pair.sql(mark, [(alive,)])
    wms.world.delete("order_hdr", gone)
    found = pair.report()
    assert found.ids("order_hdr") == {"missing": [alive], "extra": [gone]}
    assert pair.heal().code == 0
    marks: dict[Any, Any] = dict(
        oracle_schema.query('select "ID", "_SDC_DELETED_AT" from "ORDER_HDR"')
    )
    assert [key for key, at in marks.items() if at] == [gone]
    assert pair.report().report["equal"] is True


def test_the_commands_of_the_documentation(pipeline: Pipeline, oracle: OracleSchema) -> None:
    folder = pipeline.folder
    pipeline.tap_config |= {"entities": ["item"]}
    pipeline.target_config |= {"load_log_table": "LOAD_LOG"}
    assert pipeline.run().exit_codes == (0, 0)
    (folder / "tap.json").write_text(json.dumps(pipeline.tap_config))
    (folder / "target.json").write_text(json.dumps(pipeline.target_config))
    assert shell("judge", folder) == (0, True)
    with oracle.connect() as connection, connection.cursor() as cursor:
        cursor.execute('delete from "ITEM" where "ID" = (select min("ID") from "ITEM")')
        connection.commit()
    assert shell("judge", folder) == (1, False)
    assert shell("heal", folder)[0] == 0
    assert shell("judge", folder) == (0, True)
    assert shell("keep", folder)[0] == 0
    assert oracle.query('select "STREAM", "STATUS" from "LOAD_LOG_RECONCILED"') == [
        ("item", "equal")
    ]


def shell(name: str, folder: Path) -> tuple[int, bool]:
    """Run commands of the page; their exit code, and whether the report says that all is equal."""
    block = {
        "judge": shell_block("docs/reconcile.md", "judge"),
        "heal": shell_block("docs/reconcile.md", "heal"),
        "keep": shell_block("docs/reconcile.md", "keep"),
    }[name]
    done = subprocess.run(
        ["bash", "-ec", block],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=110,
        check=False,
        env={**os.environ, "PATH": f"{on_path()}:{os.environ['PATH']}"},
    )
    report = json.loads((folder / "report.json").read_text("utf-8"))
    return done.returncode, report["equal"]


def test_a_healthy_pair_at_work_differs_in_nothing(pair: Pair, wms: WmsStandin) -> None:
    """Changes between the last run and the comparison, and during it."""
    wms.live(every=1, entities=("order_hdr",), deletes=0)
    for _ in range(3):
        found = pair.report()
        assert (found.code, found.report["equal"]) == (0, True)
        assert found.entity("order_hdr")["changed_since"] > 0
        wms.clock.shift(timedelta(minutes=7))
        pair.run()


def test_what_wms_deletes_meanwhile_is_all_that_differs_until_it_is_healed(
    oracle_schema: OracleSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    with WmsStandin(seed=3, rows={"allocation": 200}) as wms:
        Judge(wms, monkeypatch).small()
        pair = Pair(wms, oracle_schema, monkeypatch, ["allocation"], target=dict(HARD))
        pair.run()
        wms.clock.shift(timedelta(hours=1))
        held = set(wms.world.ids("allocation"))
        wms.live(every=3, entities=("allocation",), deletes=2)
        found = pair.report()
        gone = held - set(wms.world.ids("allocation"))
        assert found.ids("allocation").keys() == {"extra"}
        assert gone >= set(found.ids("allocation")["extra"])
        entity = found.entity("allocation")
        assert entity["extra"]["rows"] == entity["gone_meanwhile"] > 0
        assert pair.heal().code == 0
        wms.live(every=3, entities=("allocation",), deletes=0)
        pair.heal()
        proof = pair.report()
        assert (proof.code, proof.report["equal"]) == (0, True)
