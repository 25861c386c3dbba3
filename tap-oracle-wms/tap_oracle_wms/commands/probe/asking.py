"""Ask a tenant with few requests: answers of any status, the entities to ask, and the limit."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from tap_oracle_wms.api.models import UNREADABLE
from tap_oracle_wms.catalog.discovery import choose, list_entities

if TYPE_CHECKING:
    import httpx

    from tap_oracle_wms.api.client import WmsClient

MOST_REQUESTS = 80
"""Requests of a probe, with their retries."""
LARGE = (
    "order_dtl", "allocation", "inventory", "container", "order_hdr", "item", "location",
    "ib_shipment_dtl",
)  # fmt: skip
"""Entities that are large in most environments: the largest chosen one of them is the sample."""
BURST = 50
"""Records of each request that is made at the same time as others."""
NOTHING = {"id": "-1"}
"""A filter that no row meets."""
ONE_ID = {"fields": "id", "page_size": "1", "page_mode": "sequenced"}


class UnansweredError(Exception):
    """A question that cannot be asked of this tenant; the message says why."""


@dataclass(frozen=True)
class Answer:
    """An answer of any status."""

    response: httpx.Response
    seconds: float
    """From the request to the end of the answer."""
    received: datetime

    @property
    def status(self) -> int:
        """The status code."""
        return self.response.status_code

    @cached_property
    def body(self) -> dict[str, Any]:
        """The object of the answer; an empty one where there is none."""
        try:
            return msgspec.json.decode(self.response.content, type=dict[str, Any])
        except UNREADABLE:
            return {}

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of a list; none where it has no rows.

        Raises:
            UnansweredError: The answer is a refusal.
        """
        if self.status not in {200, 204, 404}:
            msg = f"WMS answered {self.status}."
            raise UnansweredError(msg)
        found: list[dict[str, Any]] = self.body.get("results", [])
        return found

    @property
    def ids(self) -> list[int]:
        """The ids of a list."""
        return [row["id"] for row in self.rows]


@dataclass(frozen=True)
class Burst:
    """What requests at the same time came to."""

    seconds: float
    rows: int
    refused: bool


@dataclass
class Asker:
    """Asks one tenant, and remembers what several questions need."""

    client: WmsClient
    entities: dict[str, Answer] = field(default_factory=dict)
    """The candidates for the sample, each with the count of its rows."""
    _records: dict[str, dict[str, Any]] = field(default_factory=dict)
    _descriptions: dict[str, Answer] = field(default_factory=dict)
    _bursts: dict[int, Burst] = field(default_factory=dict)

    @property
    def sent(self) -> int:
        """Requests so far."""
        return self.client.requests.sent

    def ask(self, path: str, **query: str) -> Answer:
        """Ask below `/entity/`, or at a whole address.

        Raises:
            UnansweredError: The requests are used up.
        """
        tries = 1 + self.client.settings.max_retries
        if self.sent + tries > MOST_REQUESTS:
            msg = f"The {MOST_REQUESTS} requests of a probe are used up."
            raise UnansweredError(msg)
        address = path if path.startswith("http") else f"/entity/{path}"
        begun = time.monotonic()
        response = self.client.look(address, query)
        return Answer(response, time.monotonic() - begun, datetime.now(UTC))

    def burst(self, number: int) -> Burst:
        """Ask for the same page of records so many times at a time."""
        if number not in self._bursts:
            query = {"page_size": str(BURST), "page_mode": "sequenced"}
            begun = time.monotonic()
            with ThreadPoolExecutor(number) as threads:
                asked = threads.map(lambda _: self.of_sample(**query), range(number))
                answers = list(asked)
            refused = any(answer.status == 429 for answer in answers)
            rows = sum(len(answer.rows) for answer in answers if answer.status == 200)
            self._bursts[number] = Burst(time.monotonic() - begun, rows, refused)
        return self._bursts[number]

    def survey(self) -> None:
        """Count the rows of what is large among the chosen entities."""
        settings = self.client.settings
        chosen = choose(list_entities(self.client), settings.entities, settings.exclude_entities)
        candidates = [name for name in LARGE if name in chosen] or chosen[: len(LARGE)]
        for name in candidates:
            self.entities[name] = self.ask(f"{name}/", fields="id", page_size="1")

    @cached_property
    def sample(self) -> str:
        """The largest of the entities that may be read.

        Raises:
            UnansweredError: None has rows.
        """
        sizes = {
            name: answer.body.get("result_count") or 1
            for name, answer in self.entities.items()
            if answer.status == 200 and answer.rows and "id" in answer.rows[0]
        }
        if not sizes:
            msg = f"None of {', '.join(self.entities)} has rows that this user sees."
            raise UnansweredError(msg)
        return max(sizes, key=lambda name: sizes[name])

    @property
    def rows(self) -> int | None:
        """Return how many rows the largest entity has; None where WMS does not count."""
        counts = (answer.body.get("result_count") for answer in self.entities.values())
        return max((count for count in counts if isinstance(count, int)), default=None)

    @cached_property
    def first(self) -> list[int]:
        """Ten ids of the sample, in order."""
        return self.of_sample(ordering="id", page_size="10", fields="id").ids

    @cached_property
    def unordered(self) -> Answer:
        """A page of the sample of no named size or order."""
        return self.of_sample(fields="id")

    @cached_property
    def empty(self) -> Answer:
        """A list that no row is in."""
        return self.ask("company/", **NOTHING)

    @cached_property
    def over(self) -> Answer:
        """A page of the sample of one row more than the largest."""
        return self.of_sample(fields="id", page_size="1251")

    @cached_property
    def stamped(self) -> dict[str, Any]:
        """The id and `mod_ts` of one row of the sample.

        Raises:
            UnansweredError: The sample has no `mod_ts`.
        """
        (row,) = self.of_sample(fields="id,mod_ts", page_size="1", page_mode="sequenced").rows
        if not row.get("mod_ts"):
            msg = f"{self.sample} has no `mod_ts`."
            raise UnansweredError(msg)
        return row

    @cached_property
    def seconds_a_request(self) -> float:
        """The time of a page of one id, uncounted: the shorter of two."""
        return self.fastest(**ONE_ID)

    def of_sample(self, **query: str) -> Answer:
        """Ask for a list of the sample."""
        return self.ask(f"{self.sample}/", **query)

    def fastest(self, **query: str) -> float:
        """The time of a list of the sample: the shorter of two."""
        return min(self.of_sample(**query).seconds for _ in range(2))

    def describe(self, entity: str) -> Answer:
        """The description of an entity, the same at each time."""
        if entity not in self._descriptions:
            self._descriptions[entity] = self.ask(f"{entity}/describe/")
        return self._descriptions[entity]

    def described(self, entity: str) -> dict[str, Any]:
        """The fields of an entity as describe gives them.

        Raises:
            UnansweredError: Describe has none.
        """
        fields: dict[str, Any] = self.describe(entity).body.get("fields", {})
        if not fields:
            msg = f"There is no description of {entity}."
            raise UnansweredError(msg)
        return fields

    def whole(self, entity: str) -> dict[str, Any]:
        """A record of the entity, the same at each time."""
        if entity not in self._records:
            self._records[entity] = self.record(entity)
        return self._records[entity]

    def record(self, entity: str, **query: str) -> dict[str, Any]:
        """One whole record.

        Raises:
            UnansweredError: There is none.
        """
        rows = self.ask(f"{entity}/", page_size="1", page_mode="sequenced", **query).rows
        if not rows:
            msg = f"The user sees no row of {entity}."
            raise UnansweredError(msg)
        return rows[0]
