"""What a request is for, judged by its parameters and by the answers before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from wms_standin.api.answer import Answer
    from wms_standin.api.call import Call

Role = Literal[
    "entities", "describe", "retrieve", "list", "opening", "slice", "next", "window", "greatest",
    "count", "sweep", "codes", "by_ids", "flat",
]  # fmt: skip
"""A request may have several roles.

`entities` is the list of entities, `describe` and `retrieve` go by their paths, and `list` is every
request for rows.  Of these, `greatest` is ordered by descending ids, `count` is paged with one row
a page or counts by an aggregate, `by_ids` looks up given ids, `codes` lists facilities or
companies, `flat` has a `values_list`, `window` filters by a time stamp.  What is none of
`greatest`, `count` and `by_ids` reads on: `next` goes on where an earlier answer ended (by link or
by id), `slice` begins within bounds of ids, `opening` begins without any.  Of those, `sweep` reads
keys alone.
"""

_CODES: Final = {"facility", "company"}
_KEYS: Final = {"id", "mod_ts", "create_ts"}


class Roles:
    """Tells roles; knows where the answers so far ended."""

    def __init__(self) -> None:
        self._ends: dict[str, set[str]] = {}

    def of(self, call: Call) -> frozenset[Role]:
        """Return the roles of a request; none outside of the module `entity`."""
        if call.segments[:1] != ["entity"]:
            return frozenset()
        if len(call.segments) == 1:
            return frozenset({"entities"})
        if not call.is_list:
            return frozenset({"describe" if call.segments[-1] == "describe" else "retrieve"})
        return frozenset({"list", *self._of_list(call.entity, dict(call.parameters))})

    def remember(self, call: Call, answer: Answer) -> None:
        """Note the last id of a page, where the next one may go on."""
        if call.is_list and answer.rows and not _looking(dict(call.parameters)):
            last = answer.content["results"][-1]
            if "id" in last:
                self._ends.setdefault(call.entity, set()).add(str(last["id"]))

    def _of_list(self, entity: str, given: dict[str, str]) -> set[Role]:
        found: set[Role] = set()
        if entity in _CODES:
            found.add("codes")
        if "values_list" in given:
            found.add("flat")
        if any(name.startswith(("mod_ts__", "create_ts__")) for name in given):
            found.add("window")
        looking = _looking(given)
        return found | (looking or self._reading(entity, given))

    def _reading(self, entity: str, given: dict[str, str]) -> set[Role]:
        found: set[Role] = {self._place(entity, given)}
        asked = given.get("fields") or given.get("values_list") or ""
        if asked and _KEYS.issuperset(asked.split(",")):
            found.add("sweep")
        return found

    def _place(self, entity: str, given: dict[str, str]) -> Role:
        after = given.get("id__gt")
        follows = "cursor" in given or given.get("page", "1") != "1"
        if follows or (after is not None and after in self._ends.get(entity, ())):
            return "next"
        return "slice" if any(name.startswith("id__") for name in given) else "opening"


def _looking(given: dict[str, str]) -> set[Role]:
    """Return the roles of a request that looks something up instead of reading on."""
    found: set[Role] = set()
    if given.get("ordering", "").split(",")[0] == "-id":
        found.add("greatest")
    one_row = given.get("page_mode") != "sequenced" and given.get("page_size") == "1"
    if one_row or given.get("values_list", "").startswith("count("):
        found.add("count")
    if "id__in" in given:
        found.add("by_ids")
    return found
