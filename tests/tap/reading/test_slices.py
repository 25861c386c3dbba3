from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tap_oracle_wms.api.models import Page
from tap_oracle_wms.errors import DataError, SlowAnswerError
from tap_oracle_wms.reading.bookmark import FIRST_ID, LAST_ID, Spans
from tap_oracle_wms.reading.parts import Slice
from tap_oracle_wms.reading.plan import Window
from tap_oracle_wms.reading.slices import FIRST_PAGE, LEAST_PAGE, Slices

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
EVERYTHING = [(FIRST_ID, LAST_ID)]


class Memory:
    """Rows of an entity: id -> minutes after noon at which each was changed."""

    keyed = True
    stream = "memory"

    def __init__(self, rows: dict[int, int], most: int = 10**6) -> None:
        self.rows = rows
        self.most = most
        self.asked: list[tuple[int, int, int]] = []

    def _within(self, part: Slice, through: int) -> list[int]:
        since, until = part.window.since, part.window.until
        return sorted(
            key
            for key, minute in self.rows.items()
            if part.after < key <= through
            and (since is None or since <= NOON + timedelta(minutes=minute))
            and (until is None or NOON + timedelta(minutes=minute) < until)
        )

    def page(self, part: Slice, size: int) -> Page[Any]:
        self.asked.append((part.after, part.through, size))
        found = self._within(part, LAST_ID if part.counts else part.through)
        size = min(size, self.most)
        counted = len(found) if part.counts else None
        return Page(found[:size], "more" if len(found) > size else None, counted)

    def top(self, part: Slice) -> tuple[int, int] | None:
        found = self._within(part, LAST_ID)
        return (found[-1], len(found)) if found else None

    def id_of(self, row: Any) -> int:
        return int(row)


def drain(slices: Slices, threads: int, rng: random.Random) -> None:
    """Answer requests in any order, as many at once as there are threads."""
    flying: list[tuple[Slice, Any]] = []
    while True:
        while len(flying) < threads and (part := slices.take()) is not None:
            flying.append((part, slices.fetch(part)))
        if not flying:
            return
        part, (answer, size, seconds) = flying.pop(rng.randrange(len(flying)))
        slices.deliver(part, answer, size, seconds)


ids = st.sets(st.integers(0, 5000), max_size=400)


@given(ids, st.integers(1, 60), st.integers(1, 9), st.integers(0, 10**6), st.integers(5, 500))
def test_every_row_comes_exactly_once_whatever_the_order_of_answers(
    rows: set[int], page_size: int, threads: int, seed: int, most: int
) -> None:
    slices = Slices(
        Memory(dict.fromkeys(rows, 0), most), Window(), EVERYTHING, page_size, cut=False
    )

    drain(slices, threads, random.Random(seed))

    assert sorted(row for page in slices.pages for row in page.rows) == sorted(rows)
    done = Spans((page.after, page.through) for page in slices.pages)
    assert all(any(after < row <= through for after, through in done) for row in rows)
    assert [page.finished for page in slices.pages if page.finished] == [Window()]
    assert slices.pages[-1].finished == Window()


@given(ids, st.integers(1, 60), st.integers(1, 9), st.integers(0, 10**6))
def test_a_page_covers_no_row_that_has_not_come(
    rows: set[int], page_size: int, threads: int, seed: int
) -> None:
    slices = Slices(Memory(dict.fromkeys(rows, 0)), Window(), EVERYTHING, page_size, cut=False)

    drain(slices, threads, random.Random(seed))

    out: set[int] = set()
    done = Spans()
    for page in slices.pages:
        out |= set(page.rows)
        done.add(page.after, page.through)
        covered = {row for row in rows if any(a < row <= t for a, t in done)}
        assert covered <= out
    assert out == rows


@given(
    st.dictionaries(st.integers(0, 5000), st.integers(0, 59), max_size=400),
    st.integers(1, 40),
    st.integers(1, 9),
    st.integers(0, 10**6),
)
def test_a_backlog_comes_by_windows_that_finish_with_their_rows(
    rows: dict[int, int], page_size: int, threads: int, seed: int
) -> None:
    whole = Window(NOON, NOON + timedelta(minutes=60))
    slices = Slices(Memory(rows), whole, EVERYTHING, page_size, cut=True)

    drain(slices, threads, random.Random(seed))

    assert sorted(row for page in slices.pages for row in page.rows) == sorted(rows)
    out: set[int] = set()
    finished = set()
    for page in slices.pages:
        out |= set(page.rows)
        if page.finished is not None:
            finished.add(page.finished)
            within = Memory(rows)._within(Slice(page.finished), LAST_ID)
            assert set(within) <= out
    is_cut = (len(rows) - page_size) // page_size >= 2
    if not (finished or is_cut):  # what is not cut waits for the proof of the whole
        return
    edges = sorted((w.since, w.until) for w in finished)
    assert edges[0][0] == whole.since
    assert edges[-1][1] == whole.until
    assert all(a[1] == b[0] for a, b in pairwise(edges))


@given(ids, st.integers(1, 60), st.integers(0, 10**6))
def test_a_resumed_read_asks_only_for_what_is_left(
    rows: set[int], page_size: int, seed: int
) -> None:
    done = Spans([(FIRST_ID, 700), (2000, 3500)])
    slices = Slices(Memory(dict.fromkeys(rows, 0)), Window(), done.gaps(), page_size, cut=False)

    drain(slices, 4, random.Random(seed))

    left = {row for row in rows if 700 < row <= 2000 or row > 3500}
    assert sorted(row for page in slices.pages for row in page.rows) == sorted(left)


def test_a_small_entity_takes_one_request() -> None:
    source = Memory(dict.fromkeys(range(FIRST_PAGE), 0))
    drain(Slices(source, Window(), EVERYTHING, 1000, cut=False), 8, random.Random(1))

    assert source.asked == [(FIRST_ID, LAST_ID, FIRST_PAGE)]


@pytest.mark.parametrize("threads", [1, 4, 8])
def test_splitting_costs_few_requests(threads: int) -> None:
    source = Memory(dict.fromkeys(range(0, 30_000, 3), 0))
    drain(Slices(source, Window(), EVERYTHING, 100, cut=False), threads, random.Random(1))

    assert len(source.asked) <= 1.05 * 100 + 2 * threads


def test_a_page_that_comes_too_slowly_is_asked_for_in_pieces() -> None:
    slices = Slices(Memory(dict.fromkeys(range(1000), 0)), Window(), [(-1, 999)], 80, cut=False)
    probe = slices.take()
    assert probe is not None
    slices.deliver(probe, *slices.fetch(probe))
    sizes = []
    while (part := slices.take()) is not None:
        sizes.append(slices.fetch(part)[1])
        slices.shrink(part, SlowAnswerError("slow"), patience=2)

    assert sizes == [80, 40, 20, LEAST_PAGE, LEAST_PAGE, LEAST_PAGE]
    assert isinstance(slices.error, SlowAnswerError)


def test_slices_that_are_too_slow_at_once_shrink_the_page_once() -> None:
    slices = Slices(Memory(dict.fromkeys(range(1000), 0)), Window(), [(-1, 999)], 80, cut=False)
    probe = slices.take()
    assert probe is not None
    slices.deliver(probe, *slices.fetch(probe))
    parts = [part for _ in range(4) if (part := slices.take())]
    for part in parts:
        slices.fetch(part)
    for part in parts:
        slices.shrink(part, SlowAnswerError("slow"), patience=2)

    again = slices.take()
    assert again is not None
    assert (len(parts), slices.fetch(again)[1]) == (4, 40)


def test_a_slow_answer_makes_the_next_page_smaller_and_fast_ones_larger_again() -> None:
    slices = Slices(Memory(dict.fromkeys(range(5000), 0)), Window(), [(-1, 4999)], 80, cut=False)
    sizes = []
    for seconds in (0.1, 240.0, 40.0, 1.0, 1.0, 1.0):
        part = slices.take()
        assert part is not None
        answer, size, _ = slices.fetch(part)
        sizes.append(size)
        slices.deliver(part, answer, size, seconds)

    assert sizes == [80, 80, 20, 20, 40, 80]


@pytest.mark.parametrize("rows", [[3, 2, 1], [1, 1, 2], [-5, 1, 2]], ids=str)
def test_rows_that_are_not_in_order_are_not_trusted(rows: list[int]) -> None:
    slices = Slices(Memory({}), Window(), [(0, 100)], 80, cut=False)
    slices._unknown_top = False
    part = slices.take()
    assert part is not None

    with pytest.raises(DataError, match="not in the order of their ids, after id 0"):
        slices.deliver(part, Page(rows, None), 80, 0.1)


def test_a_page_that_names_itself_as_the_next_one_ends_the_run() -> None:
    class Loop(Memory):
        keyed = False

        def page(self, part: Slice, size: int) -> Page[Any]:
            return Page([1, 2], "https://h/e/entity/rf_key_map?cursor=abc")

        def top(self, part: Slice) -> tuple[int, int]:
            return LAST_ID, 9

    slices = Slices(Loop({}), Window(), EVERYTHING, 10, cut=False)

    with pytest.raises(DataError, match="names itself as the next one"):
        drain(slices, 1, random.Random(1))
