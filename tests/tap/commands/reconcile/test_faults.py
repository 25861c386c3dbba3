"""Whatever WMS answers while it is swept: what differs is never called equal, nor the reverse."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest
from tap_oracle_wms.errors import WmsError
from wms_standin import Fault, Lie, WmsStandin

from tests.tap.commands.reconcile.conftest import Held, Judge, document, lines_of

if TYPE_CHECKING:
    from wms_standin.faults.roles import Role

KINDS = ("missing", "stale", "newer", "extra")
ASKED: Final[tuple[Role, ...]] = ("list", "slice", "next", "greatest", "count", "sweep", "by_ids")
"""What a sweep asks for: lies to other requests would not be told."""


def damaged(held: Held, rng: Random) -> tuple[Held, dict[str, set[int]]]:
    """A table after accidents, and the ids of each kind."""
    found: Held = dict(held)
    ids = sorted(held)
    truth: dict[str, set[int]] = {kind: set() for kind in KINDS}
    most = min(len(ids), rng.choice([0, 1, 3, len(ids) // 2]))
    for key in rng.sample(ids, most):
        kind = rng.choice(KINDS if held[key] else ("missing", "extra"))
        hit = _stranger(held, key, rng) if kind == "extra" else key
        truth[kind].add(hit)
        _hit(found, hit, kind, rng)
    return found, {kind: ids for kind, ids in truth.items() if ids}


def _stranger(held: Held, key: int, rng: Random) -> int:
    """An id that WMS does not have: in a gap, or above all."""
    beside = key + 1
    return beside if beside not in held and rng.random() < 0.5 else max(held) + 1 + key


def _hit(found: Held, key: int, kind: str, rng: Random) -> None:
    by = timedelta(microseconds=rng.choice([1, 10**6, 10**12]))
    moment = found.get(key)
    if kind == "missing":
        del found[key]
    elif kind == "extra" or moment is None:
        found[key] = None
    else:
        found[key] = moment - by if kind == "stale" else moment + by


class Swept:
    """A sweep of one entity of which one answer is wrong."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(f"sweep:{seed}")
        self.entity = self.rng.choice(["order_hdr", "container_lock_xref"])
        self.rows = self.rng.choice([3, 40, 150, 700])
        self.lie = None if seed % 6 == 0 else self._chosen(seed)
        self.lively = self.rng.random() < 0.3
        self.seed = seed

    def _chosen(self, seed: int) -> Lie:
        return Lie.chosen(seed, positions=ASKED, most=3, entity=self.entity)

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.rows} of {self.entity}, {self.lie}, lively {self.lively}"

    def outcome(self, monkeypatch: pytest.MonkeyPatch) -> str:
        with WmsStandin(seed=self.seed % 5, rows={self.entity: self.rows}) as wms:
            judge = Judge(wms, monkeypatch)
            page = self.rng.choice([20, 100, 1250])
            judge.small(page, page - max(1, page // 40))
            held, truth = damaged(judge.copy(self.entity), self.rng)
            rule = wms.tell(self.lie) if self.lie else None
            if self.lively and self.entity == "order_hdr":
                wms.live(every=2, entities=(self.entity,), updates=0, deletes=0, seed=self.seed)
            replication_key = "mod_ts" if self.entity == "order_hdr" else None
            lines = lines_of(self.entity, held, replication_key=replication_key)
            try:
                found = judge.judge(document(lines), max_concurrency=self.rng.randint(1, 8))
            except WmsError:
                return "failed"
            told = rule is not None and rule.told
            entity = found.entity(self.entity)
            if entity["status"] in {"failed", "unproved"}:
                assert found.code == 1
                return "failed" if told else f"alarm: {entity['problem']}"
            assert (entity["status"] == "equal") == (not truth) == found.report["equal"]
            kinds = {kind: entity[kind]["rows"] for kind in KINDS if entity[kind]["rows"]}
            assert kinds == {kind: len(ids) for kind, ids in truth.items()}
            for kind, ids in truth.items():
                assert entity[kind]["ids"] == sorted(ids)[:20]
            return f"{'lied to' if told else 'quiet'}: exact"


def campaign(seeds: range, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How sweeps of these seeds came out."""
    verdicts: Counter[str] = Counter()
    for seed in seeds:
        swept = Swept(seed)
        try:
            verdict = swept.outcome(monkeypatch)
        except AssertionError as error:
            msg = f"{swept}: {error}"
            raise AssertionError(msg) from error
        assert "alarm" not in verdict, f"{swept}: {verdict}"
        verdicts[verdict] += 1
    print(dict(verdicts))
    return verdicts


def test_a_few_sweeps_that_are_lied_to_are_exact_or_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    assert campaign(range(1, 13), monkeypatch).total() == 12


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_hundreds_of_sweeps_that_are_lied_to_are_exact_or_fail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verdicts = campaign(range(400), monkeypatch)
    assert verdicts["lied to: exact"] >= 100
    assert verdicts["quiet: exact"] >= 50


@pytest.mark.parametrize("request_role", ["sweep", "greatest", "count"])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 403},
        {"kind": "html", "status": 502},
        {"kind": "truncated"},
        {"kind": "reset"},
        {"kind": "missing_id"},
        {"kind": "quoted_id"},
        {"kind": "shuffled"},
        {"kind": "lost_rows"},
        {"kind": "not_found"},
        {"kind": "empty"},
    ],
    ids=lambda fault: "_".join(map(str, fault.values())),
)
def test_a_lasting_fault_never_ends_in_equal(
    judge: Judge, wms: WmsStandin, fault: dict[str, Any], request_role: Any
) -> None:
    held = judge.copy("order_hdr")
    judge.small()
    gone = sorted(held)[30]
    del held[gone]
    rule = wms.fail(Fault(**fault, request=request_role, entity="order_hdr", after=1))
    try:
        found = judge.judge(document(lines_of("order_hdr", held)), max_retries=0, request_timeout=2)
    except WmsError:
        return
    if rule.told:
        assert found.code == 1
        assert found.report["equal"] is False
    entity = found.entity("order_hdr")
    if entity["status"] == "different":
        assert found.ids("order_hdr")["missing"] == [gone]
