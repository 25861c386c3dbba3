"""A WMS that answers one request of a run wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from wms_standin import Lie

from tests.tap.stateful.replica import INCREMENTAL, STREAMS

if TYPE_CHECKING:
    from collections import Counter

    from wms_standin import WmsStandin
    from wms_standin.faults.rules import FaultRule

    from tests.tap.conftest import Message
    from tests.tap.stateful.replica import Claims

EMPTY = {"not_found", "empty"}
LOSSY = {*EMPTY, "no_next", "missing_next", "lost_rows"}

lies = st.builds(
    Lie,
    st.sampled_from(
        ["not_found", "empty", "no_next", "missing_next", "unordered", "shuffled", "lost_rows",
         "date_ahead", "date_behind"]
    ),
    st.sampled_from(
        ["list"] * 9 + ["opening", "slice", "next", "window", "greatest", "count", "sweep"]
    ),
    st.integers(1, 3),
    st.sampled_from(["*"] * 3 + [*STREAMS, *INCREMENTAL]),
)  # fmt: skip


class Liar:
    """Tells a lie in the next run, at most one."""

    def __init__(self, wms: WmsStandin, claims: Claims, told: Counter[str]) -> None:
        """`told` counts what was told, by kind."""
        self._wms, self._claims, self._counts = wms, claims, told
        self._rule: FaultRule | None = None

    @property
    def told(self) -> str | None:
        """The kind of lie that the run was told."""
        return self._rule.fault.kind if self._rule is not None and self._rule.told else None

    def begin(self, lie: Lie, bookmarks: dict[str, Any]) -> None:
        """Let the next run be lied to, unless an empty window is still believed by a lie before.

        Such a window is asked for again by the next run: two lies in a row about it are believed.
        """
        is_believed = self._claims.has_doubtful(bookmarks)
        if not (is_believed and lie.kind in EMPTY):
            self._rule = self._wms.tell(lie)

    def end(self, before: dict[str, Any], messages: list[Message]) -> str | None:
        """Take back what was not told; return the kind of lie that was, and count it."""
        told = self.told
        if told in EMPTY:
            self._claims.doubt(before, messages)
        if told:
            self._claims.doubt_loads(messages)
        if self._rule is not None:
            self._wms.api.faults.remove(self._rule)
            self._counts[told or "not told"] += 1
            self._rule = None
        return told
