"""A WMS that changes, fails and is read by runs that die, one random step after the other."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tap_oracle_wms.config.times import utc
from tap_oracle_wms.errors import WmsError
from wms_standin import Fault, OAuthClient, Options, WmsStandin

from tests.tap.conftest import Message, Run, config_for, discovered, run, selected
from tests.tap.stateful.liar import LOSSY, Liar, lies
from tests.tap.stateful.replica import (
    BY_ID_ALONE,
    CHANGING,
    INCREMENTAL,
    STREAMS,
    WITHOUT_ID,
    Claims,
    Journal,
    Replica,
    Truth,
    differing,
    moved,
)

if TYPE_CHECKING:
    from collections import Counter
    from datetime import datetime

    from wms_standin import Lie

    from tests.tap.stateful.replica import Row

OVERLAP = timedelta(minutes=15)
"""Late commits (up to 7 minutes) and set-backs of the clock (up to 7 in all) stay within it."""
SET_BACK = timedelta(minutes=7)

entities = st.sampled_from(CHANGING)
seeds = st.integers(0, 2**32)
faults = st.builds(
    lambda fault, entity, rhythm: replace(fault, entity=entity, **rhythm),
    st.one_of(
        st.builds(
            Fault,
            kind=st.just("status"),
            status=st.sampled_from([400, 401, 403, 408, 409, 425, 429, 500, 502, 503, 504]),
            retry_after=st.sampled_from([None, 0, "Wed, 21 Oct 2015 07:28:00 GMT", "soon"]),
        ),
        st.builds(Fault, kind=st.just("html"), status=st.sampled_from([200, 404, 502, 503])),
        st.builds(Fault, kind=st.sampled_from(["truncated", "cut", "reset", "expired_token"])),
        st.builds(Fault, kind=st.just("hang"), seconds=st.just(0.5), times=st.just(2)),
    ),
    st.sampled_from([*STREAMS, *INCREMENTAL, "*"]),
    st.one_of(
        st.fixed_dictionaries({"nth": st.integers(1, 12)}),
        st.fixed_dictionaries({"every": st.integers(1, 6)}),
        st.fixed_dictionaries({"every": st.integers(1, 6), "times": st.integers(1, 3)}),
    ),
)
run_settings = st.fixed_dictionaries(
    {
        "page_size": st.one_of(st.integers(1, 40), st.just(1000)),
        "max_concurrency": st.integers(1, 8),
        "max_retries": st.integers(0, 3),
        "force_full_table": st.sampled_from([False, False, False, True]),
        "max_run_seconds": st.sampled_from([None] * 9 + [0.05]),
    }
)


class TapAgainstWms(RuleBasedStateMachine):
    """Every run is judged: by each STATE that left, by its end, and by its error.

    In each run WMS may answer one request wrongly, beside all that fails.
    """

    steps = 0
    """Steps of all examples."""
    told: Counter[str]
    """The lies that they were told, by kind."""
    judged = False
    """The last run passed: the end may be tried."""
    lively: dict[str, int] | None = None
    """How the WMS changes while it is read."""

    @initialize(
        seed=st.integers(0, 50),
        cap=st.sampled_from([1250, 1250, 7, 25]),
        late=st.booleans(),
        oauth=st.booleans(),
        finds_deletes=st.booleans(),
    )
    def begin(self, seed: int, cap: int, late: bool, oauth: bool, finds_deletes: bool) -> None:
        options = Options(bump_parents=True, max_page_size=cap)
        rows = {"order_hdr": 40, "order_dtl": 110, "container_lock_xref": 200}
        self.wms = WmsStandin(seed=seed, rows=rows, options=options).start()
        self.config = config_for(self.wms, request_timeout=0.3) | self._credentials(oauth)
        self.config["incremental_overlap_minutes"] = OVERLAP.total_seconds() / 60 if late else 0
        self.late, self.finds_deletes = late, finds_deletes
        self.config["max_deleted_share"] = 1  # the world loses most of its rows, bit by bit
        if finds_deletes:
            self.config["detect_deletes"] = "*"
        self.catalog = selected(discovered(self.config | {"entities": list(STREAMS)}), *STREAMS)
        self.journal = Journal(self.wms)
        self.claims = Claims(self.journal)
        self.replica = Replica()
        self.liar = Liar(self.wms, self.claims, self.told)
        self.set_back = timedelta()
        self.judged = True
        self.live(every=2, seed=seed, deletes=0)

    def _credentials(self, oauth: bool) -> dict[str, Any]:
        if not oauth:
            return {}
        self.wms.add_client(
            OAuthClient(client_id="app", client_secret="secret", user=self.wms.username)
        )
        return {
            "auth_method": "oauth2_client_credentials",
            "token_url": self.wms.token_url,
            "client_id": "app",
            "client_secret": "secret",
        }

    # The world

    @rule(entity=entities, n=st.integers(0, 1000))
    def update(self, entity: str, n: int) -> None:
        if ids := self.wms.world.ids(entity):
            self.wms.world.update(entity, ids[n % len(ids)], **self._value(entity, n))

    def _value(self, entity: str, n: int) -> dict[str, Any]:
        if entity == BY_ID_ALONE:
            containers = self.wms.world.ids("container")
            return {"container_id": containers[n % len(containers)]}
        return {"cust_field_1": f"touched {n}"}

    @rule(entity=entities)
    def insert(self, entity: str) -> None:
        self.wms.world.insert(entity)

    @precondition(lambda self: self.late)
    @rule(entity=st.sampled_from(INCREMENTAL), seconds=st.integers(0, 420))
    def commit_late(self, entity: str, seconds: int) -> None:
        self.wms.world.late_commit(entity, timedelta(seconds=seconds))

    @rule(entity=entities, n=st.integers(0, 1000))
    def delete(self, entity: str, n: int) -> None:
        if self.doubts_a_load:  # no precondition, as it may be another one when it is tried again
            return
        if ids := self.wms.world.ids(entity):
            self.wms.world.delete(entity, ids[n % len(ids)])

    @property
    def doubts_a_load(self) -> bool:
        """Whether a load is under way that only numbers of rows prove: none is deleted then."""
        return self.claims.doubts_a_load(self.replica.bookmarks)

    @precondition(lambda self: self.late)
    @rule(seed=seeds, n=st.integers(1, 60))
    def work(self, seed: int, n: int) -> None:
        if not self.doubts_a_load:
            self.wms.world.mutate(seed, n, CHANGING)

    @rule(seconds=st.sampled_from([0.3, 1, 30, 3600, 86400, 86400 * 300]))
    def pass_time(self, seconds: float) -> None:
        self.wms.clock.shift(timedelta(seconds=seconds))
        self.set_back = max(timedelta(), self.set_back - timedelta(seconds=seconds))

    @precondition(lambda self: self.late)
    @rule(seconds=st.integers(1, 200))
    def set_the_clock_back(self, seconds: int) -> None:
        by = min(timedelta(seconds=seconds), SET_BACK - self.set_back)
        self.wms.clock.shift(-by)
        self.set_back += by

    @invariant()
    def count(self) -> None:
        type(self).steps += 1

    # The weather

    @rule(fault=faults)
    def fail(self, fault: Fault) -> None:
        self.wms.fail(fault)

    @rule(every=st.integers(1, 4), seed=seeds, deletes=st.integers(0, 1))
    def live(self, every: int, seed: int, deletes: int) -> None:
        self.lively = {"every": every, "seed": seed, "deletes": deletes}

    @rule()
    def heal(self) -> None:
        self.wms.heal()
        self.lively = None

    # The tap

    @rule(settings=run_settings, lie=lies)
    def run_to_its_end(self, settings: dict[str, Any], lie: Lie) -> None:
        self._begin_lie(lie)
        self._run(settings)

    @rule(settings=run_settings, lie=lies, share=st.floats(0, 1), commits_rest=st.booleans())
    def run_and_die(
        self, settings: dict[str, Any], lie: Lie, share: float, commits_rest: bool
    ) -> None:
        """The target gets a part of the messages; rows after the last STATE may be lost as well."""
        self._begin_lie(lie)
        self._run(settings, share, commits_rest)

    def _begin_lie(self, lie: Lie) -> None:
        """Let the next run be lied to, of a WMS that deletes nothing while rows may lack."""
        self.liar.begin(lie, self.replica.bookmarks)
        if self.lively is not None:
            now = {**self.lively, "seed": self.lively["seed"] + self.journal.era}
            if lie.kind in LOSSY or self.doubts_a_load:
                now["deletes"] = 0
            self.wms.live(entities=CHANGING, late=int(self.late), **now)

    def _run(
        self, settings: dict[str, Any], share: float | None = None, commits_rest: bool = True
    ) -> Run:
        start, before = self._begin_run(), self.replica.bookmarks
        done = run(self.config | settings, self.catalog, copy.deepcopy(self.replica.state) or None)
        assert done.error is None or isinstance(done.error, WmsError), repr(done.error)
        succeeded = share is None and done.error is None
        # deletes are found among rows that a STATE tells of
        rest = commits_rest and not self.finds_deletes
        taken = done.messages if share is None else cut(done.messages, share, commits_rest=rest)
        self._take(taken, before, start, succeeded=succeeded)
        return done

    def _begin_run(self) -> datetime:
        """The run's time, from which on changes are none of its business."""
        self.judged = False
        self.journal.era += 1
        self.wms.clock.shift(timedelta(seconds=1))  # a program takes longer to start
        return self.wms.now.replace(microsecond=0)

    def _take(
        self, messages: list[Message], before: dict[str, Any], start: datetime, *, succeeded: bool
    ) -> None:
        """What the target got of a run, judged at each STATE and at its end."""
        truth = Truth.of(self.wms)
        told = self.liar.end(before, messages)
        try:
            for message in messages:
                self.replica.take(message)
                if message["type"] == "STATE":
                    self._judge(before, truth, start)
            if succeeded:
                self._judge_success(before, truth, None if told == "date" else start, start)
        except AssertionError as error:
            print("Found:", error)  # what depends on time may not be found again
            raise
        self.journal.era += 1
        self.judged = True

    def _judge(self, before: dict[str, Any], truth: Truth, start: datetime) -> None:
        """No bookmark that the run has moved runs ahead of a row that is not out."""
        for stream in CHANGING:
            then, now = before.get(stream, {}), self.replica.bookmarks.get(stream, {})
            wanted = self.claims.rows(stream, then, now, truth, start) if moved(then, now) else {}
            wrong = differing(self.replica.rows(stream), wanted)
            assert not wrong, f"{stream}: {now} runs ahead of {wrong}"
            marked = self.replica.tables[stream].keys() - self.replica.rows(stream).keys()
            assert not marked & truth.rows[stream].keys(), f"{stream}: {marked} are not all gone"

    def _judge_success(
        self, before: dict[str, Any], truth: Truth, reached: datetime | None, start: datetime
    ) -> None:
        """Exit code 0: all that was there when the run began is out, and bookmarks say so.

        They have reached a time, unless WMS lied about it.
        """
        for stream in CHANGING:
            then, now = before.get(stream, {}), self.replica.bookmarks.get(stream, {})
            assert now["full_load"] is None, f"{stream}: {now}"
            has_looked = reached or moved(then, now)  # else the next run looks where this one did
            wanted = self.claims.rows(stream, then, now, truth, start) if has_looked else {}
            wrong = differing(self.replica.rows(stream), wanted)
            assert not wrong, f"{stream}: success without {wrong}"
            if reached and stream in INCREMENTAL and not then.get("full_load"):
                assert now["replication_key_value"] >= utc(reached), f"{stream}: {now}"
        if self.finds_deletes:
            for stream in INCREMENTAL:
                self._judge_deletes(stream, self.journal.era, truth)
        if not self.set_back:
            era = self.claims.origin(BY_ID_ALONE, before.get(BY_ID_ALONE, {}), {})
            self._judge_deletes(BY_ID_ALONE, era, truth)
            found = [_comparable(row, truth) for row in self.replica.rows(WITHOUT_ID).values()]
            assert sorted(found) == sorted(_comparable(row, truth) for row in truth.without_id)

    def _judge_deletes(self, stream: str, era: int, truth: Truth) -> None:
        """What was gone before an era is gone; versions tell, or a sweep over all ids."""
        left = self.replica.rows(stream).keys() - truth.rows[stream].keys()
        ghosts = [key for key in left if self.journal.before(era, stream, key)]
        assert not ghosts, f"{stream}: rows {ghosts} are still there"

    # The end

    def teardown(self) -> None:
        try:
            if self.judged:
                self._finish()
        finally:
            self.wms.stop()

    def _finish(self) -> None:
        """All is well again: one run (two after a broken full load) makes all equal."""
        self.wms.heal()
        self.pass_time(self.set_back.total_seconds() + 2)
        before = self.replica.bookmarks
        healthy = {"request_timeout": 60, "max_retries": 3}
        for _ in range(2 if any(found.get("full_load") for found in before.values()) else 1):
            done = self._run(healthy)
            assert done.error is None, repr(done.error)
        truth = Truth.of(self.wms)
        for stream in CHANGING:
            wrong = differing(self.replica.rows(stream), truth.rows[stream])
            assert not wrong, f"{stream}: at the end, {wrong} differ"
            if self.finds_deletes or stream == BY_ID_ALONE:
                assert self.replica.rows(stream).keys() == truth.rows[stream].keys()


def _comparable(row: Row, truth: Truth) -> str:
    return json.dumps({name: row[name] for name in truth.without_id[0]}, sort_keys=True)


def cut(messages: list[Message], share: float, *, commits_rest: bool) -> list[Message]:
    """The messages that a target commits when it gets a share of them."""
    got = messages[: round(share * len(messages))]
    while not commits_rest and got and got[-1]["type"] != "STATE":
        got.pop()
    return got
