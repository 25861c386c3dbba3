"""Random reads of which WMS answers one request wrongly: none loses a row and succeeds."""

from __future__ import annotations

import logging
import math
from collections import Counter
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from wms_standin import Lie, WmsStandin
from wms_standin.faults.lies import LIES

from tests.tap.conftest import config_for, discovered, expected, run, selected
from tests.tap.stateful.replica import Replica, differing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wms_standin.faults.roles import Role

    from tests.tap.conftest import Run

FULL, INCREMENTAL = "container_lock_xref", "order_hdr"
LATE = timedelta(minutes=15)
"""Rows that are committed late are read within this time after their stamp."""
READING: tuple[Role, ...] = (
    "list",
    "list",
    "list",
    "list",
    "list",
    "list",
    "opening",
    "greatest",
    "count",
    "slice",
    "next",
)
POSITIONS: dict[str, tuple[Role, ...]] = {
    "full": READING,
    "incremental": (*READING, "window"),
    "sweep": (*READING, "window", "sweep", "sweep", "by_ids"),
}
"""Requests that a read makes, most of them any request: a small entity has few others."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


class RandomRead:
    """A read of one entity that was read before, changed since, and is lied about once."""

    def __init__(self, seed: int) -> None:
        rng = self._rng = Random(f"read:{seed}")
        self.mode = rng.choice(["full", "incremental", "sweep"])
        self.entity = FULL if self.mode == "full" else INCREMENTAL
        self.rows = int(math.exp(rng.uniform(math.log(5), math.log(5000))))
        self.lively = rng.random() < 0.5
        self.lie = None if seed % 6 == 0 else self._chosen(seed)
        self.wms = WmsStandin(seed=seed % 7, rows={self.entity: self.rows})
        self.replica = Replica()
        self.replica.tables.setdefault(self.entity, {})
        self.told = False

    def _chosen(self, seed: int) -> Lie:
        places = POSITIONS[self.mode]
        return Lie.chosen(seed, positions=places, most=2, entity=self.entity)

    @property
    def kind(self) -> str:
        """What the read was told: a kind of lie, or nothing."""
        if self.lie is None:
            return "control, lively" if self.lively else "control"
        return self.lie.kind if self.told else "not told"

    def __str__(self) -> str:
        return f"{self.mode} of {self.rows} rows, lively {self.lively}, {self.lie}"

    def judge(self) -> str:
        """What came of it: `lost`, `deleted`, `alarm`, `unhealed`, or that all is well."""
        with self.wms:
            config = config_for(
                self.wms, entities=self.entity, page_size=self._rng.choice([20, 200, 1000])
            )
            config["max_concurrency"] = self._rng.randint(1, 8)
            config["max_deleted_share"] = 1
            if self.mode == "sweep":
                config["detect_deletes"] = self.entity
            self._catalog = selected(discovered(config), self.entity)
            first = self._read(config)
            assert first.error is None, str(first.error)
            self._change()
            rule = self.wms.tell(self.lie) if self.lie else None
            if self.lively:
                self.wms.live(per_second=20, entities=(self.entity,), seed=self._rng.randint(0, 99))
            lied_to = self._read(config)
            self.told = rule is not None and rule.told
            return self._verdict(lied_to, config)

    def _verdict(self, lied_to: Run, config: dict[str, Any]) -> str:
        if self._falsely_deleted():
            return "deleted"
        if lied_to.error is None and self._missing():
            return "lost"
        if lied_to.error is not None and self.lie is None:
            return f"alarm: {lied_to.error}"
        self.wms.heal()
        for _ in range(2):
            self.wms.clock.shift(timedelta(minutes=1))
            healthy = self._read(config)
            if healthy.error is not None:
                return f"alarm: {healthy.error}"
        truth = expected(self.wms, self.entity)
        return "unhealed" if differing(self.replica.rows(self.entity), truth) else "well"

    def _read(self, config: dict[str, Any]) -> Run:
        done = run(config, self._catalog, self.replica.state or None)
        for message in done.messages:
            self.replica.take(message)
        return done

    def _change(self) -> None:
        world = self.wms.world
        self.wms.clock.shift(timedelta(hours=1))
        for row_id in world.ids(self.entity):
            chance = self._rng.random()
            if chance < 0.05 and self.mode != "incremental":
                world.delete(self.entity, row_id)
            elif chance < 0.5 and self.mode != "full":
                world.update(self.entity, row_id, cust_field_1="touched")
        self.wms.clock.shift(timedelta(hours=1))
        self.before = expected(self.wms, self.entity)

    def _falsely_deleted(self) -> set[Any]:
        there = expected(self.wms, self.entity).keys() & self.before.keys()
        table = self.replica.tables[self.entity]
        marked = {key for key, (row, _) in table.items() if row.get("_sdc_deleted_at")}
        return there & (marked if self.mode != "full" else there - table.keys())

    def _missing(self) -> dict[int, list[str]]:
        """Rows before the bookmark that are not out as they are."""
        state = self.replica.bookmarks[self.entity]
        reached = min(
            filter(None, (state.get("replication_key_value"), state.get("empty_since"))),
            default=None,
        )
        truth = expected(self.wms, self.entity)
        same = {key: row for key, row in truth.items() if self.before.get(key) == row}
        if self.mode != "full" and reached is not None:
            until = datetime.fromisoformat(reached) - LATE
            same = {k: r for k, r in same.items() if datetime.fromisoformat(r["mod_ts"]) < until}
        return differing(self.replica.rows(self.entity), same)


def campaign(seeds: range) -> Counter[str]:
    """Judge the reads of these seeds; how many there were of each kind."""
    kinds: Counter[str] = Counter()
    failures = []
    for seed in seeds:
        read = RandomRead(seed)
        verdict = read.judge()
        kinds[read.kind] += 1
        if verdict != "well":
            failures.append(f"seed {seed}, {read}: {verdict}")
            print(failures[-1])
    print(dict(sorted(kinds.items())))
    assert failures == []
    return kinds


def test_a_few_reads_that_are_lied_to_lose_nothing() -> None:
    kinds = campaign(range(1, 7))

    assert kinds.total() == 6
    assert sum(kinds[kind] for kind in LIES) >= 3


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_hundreds_of_reads_that_are_lied_to_lose_nothing() -> None:
    kinds = campaign(range(400))

    assert kinds.total() == 400
    assert min(kinds[kind] for kind in LIES) >= 4
    assert sum(kinds[kind] for kind in LIES) >= 150
    assert min(kinds["control"], kinds["control, lively"]) >= 20
