from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from tap_oracle_wms.api.cancellation import Cancellation
from tap_oracle_wms.api.models import Page
from tap_oracle_wms.reading.bookmark import FIRST_ID, LAST_ID
from tap_oracle_wms.reading.plan import Window
from tap_oracle_wms.reading.pool import Pool
from tap_oracle_wms.reading.slices import Slices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_oracle_wms.reading.parts import Slice


class Slow:
    """Rows 0, 1, 2 …, each page after a while."""

    keyed = True

    def __init__(self, rows: int, seconds: float = 0.005) -> None:
        self.rows, self.seconds = rows, seconds
        self.pages = 0

    def page(self, part: Slice, size: int) -> Page[Any]:
        time.sleep(self.seconds)
        self.pages += 1
        found = range(max(part.after, -1) + 1, min(part.through + 1, self.rows))
        return Page(list(found[:size]), "more" if len(found) > size else None)

    def top(self, part: Slice) -> tuple[int, int] | None:
        return (self.rows - 1, self.rows - part.after - 1) if part.after < self.rows - 1 else None

    def id_of(self, row: Any) -> int:
        return int(row)


def slices_of(source: Any, page_size: int = 100) -> Slices:
    return Slices(source, Window(), [(FIRST_ID, LAST_ID)], page_size, cut=False)


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool(4, 3, Cancellation())
    yield made
    made.close()


def rows_of(pool: Pool, slices: Slices) -> list[int]:
    return [row for page in pool.pages(slices) for row in page.rows]


def test_all_rows_of_all_slices_come(pool: Pool) -> None:
    all_slices = [slices_of(Slow(n)) for n in (0, 1, 100, 101, 1999)]
    for slices in all_slices:
        pool.add(slices)

    found = [sorted(rows_of(pool, slices)) for slices in all_slices]

    assert found == [list(range(n)) for n in (0, 1, 100, 101, 1999)]


def test_later_slices_are_read_ahead_while_the_first_is_slow(pool: Pool) -> None:
    first, second = Slow(100, seconds=0.3), Slow(50)
    for source in (first, second):
        pool.add(slices_of(source))
    time.sleep(0.15)

    assert second.pages == 1


def test_no_more_is_read_ahead_than_fits(pool: Pool) -> None:
    sources = [Slow(10_000, seconds=0.001) for _ in range(3)]
    all_slices = [slices_of(source) for source in sources]
    for slices in all_slices:
        pool.add(slices)
    time.sleep(0.3)

    assert sum(source.pages for source in sources) <= 4 * 4 + 4
    assert sorted(rows_of(pool, all_slices[0])) == list(range(10_000))


def test_slices_added_when_all_that_fits_is_read_ahead_are_read(pool: Pool) -> None:
    """As rows that lack are read after their stream's end, before the next streams."""
    first, ahead, added = slices_of(Slow(5)), slices_of(Slow(10_000, seconds=0)), slices_of(Slow(5))
    for slices in (first, ahead):
        pool.add(slices)
    assert rows_of(pool, first) == list(range(5))
    time.sleep(0.2)  # until nothing more is read ahead, and the threads wait
    pool.add(added)
    time.sleep(0.1)
    found: list[int] = []

    reader = threading.Thread(target=lambda: found.extend(rows_of(pool, added)), daemon=True)
    reader.start()
    reader.join(10)

    assert found == list(range(5))
    added.stop()


def test_an_error_is_raised_where_the_slices_are_read(pool: Pool) -> None:
    class Broken(Slow):
        def page(self, part: Slice, size: int) -> Page[Any]:
            msg = "broken"
            raise ValueError(msg)

    good, bad = slices_of(Slow(10)), slices_of(Broken(10))
    pool.add(good)
    pool.add(bad)

    assert rows_of(pool, good) == list(range(10))
    with pytest.raises(ValueError, match="broken"):
        rows_of(pool, bad)


def test_dropped_slices_are_asked_for_no_more(pool: Pool) -> None:
    source = Slow(100_000)
    slices = slices_of(source)
    pool.add(slices)
    next(iter(pool.pages(slices)))

    pool.drop(slices)
    time.sleep(0.05)
    asked = source.pages
    time.sleep(0.1)

    assert source.pages == asked


def test_the_threads_end_with_the_pool() -> None:
    pool = Pool(3, 3, Cancellation())
    pool.add(slices_of(Slow(10)))

    pool.close()

    assert not [
        t for t in threading.enumerate() if t.name.startswith("reader-") and t in pool._running
    ]
