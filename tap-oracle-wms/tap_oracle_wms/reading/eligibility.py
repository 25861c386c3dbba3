"""The facilities and companies that the user sees: WMS gives only rows of these.

STATE names them, so that a run notices which ones the user has gained since: rows of a gained
facility that do not change any more lie before every bookmark.

    {"bookmarks": {"order_hdr": {"sees": "6f1ed002ab55", …}},
     "sees": {"6f1ed002ab55": {"company": ["C1"], "facility": ["DC01", "DC02"]}}}
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_oracle_wms.catalog.discovery import codes_of
from tap_oracle_wms.errors import WmsError, is_of_one_entity
from tap_oracle_wms.reading.plan import scope_digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_oracle_wms.api.client import WmsClient

SEEN = "sees"
"""The key in STATE: of a stream for the digest, at the top for the codes of each digest."""

Codes = dict[str, list[str]]
"""The codes of `company` and `facility`, where the settings do not fix them."""

logger = logging.getLogger("tap-oracle-wms")


@dataclass(frozen=True)
class Seen:
    """What the user sees in this run, and what it saw in earlier ones."""

    digest: str | None = None
    """None where WMS does not tell the codes."""
    codes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    earlier: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)

    def gained_since(self, digest: str | None) -> list[str]:
        """Return what the user sees that it did not see when a digest was taken."""
        before = self.earlier.get(digest or "", {})
        return [
            f"{entity} {code}"
            for entity in before.keys() & self.codes.keys()
            for code in self.codes[entity]
            if code not in before[entity]
        ]


class Eligibility:
    """Asks WMS once a run which facilities and companies the user sees."""

    def __init__(self, client: WmsClient) -> None:
        self._client = client
        self._seen: Seen | None = None

    def seen(self, state: Mapping[str, Any]) -> Seen:
        """Return what the user sees, and saw by a STATE."""
        if self._seen is None:
            codes = self._codes()
            earlier = state.get(SEEN) or {}
            self._seen = Seen() if codes is None else Seen(scope_digest(codes), codes, earlier)
        return self._seen

    def note(self, state: dict[str, Any]) -> None:
        """Write into a STATE which codes the digests of its streams stand for."""
        if self._seen is None or self._seen.digest is None:
            return
        used = {found.get(SEEN) for found in state.get("bookmarks", {}).values()}
        known = {**self._seen.earlier, self._seen.digest: self._seen.codes}
        state[SEEN] = {digest: codes for digest, codes in known.items() if digest in used}

    def _codes(self) -> Codes | None:
        settings = self._client.settings
        wanted = {"company": settings.company_code, "facility": settings.facility_code}
        free = [entity for entity, codes in wanted.items() if not codes or "*" in codes]
        try:
            return {name: sorted(codes_of(self._client, name, {}).values()) for name in free}
        except WmsError as error:
            if not is_of_one_entity(error):
                raise
            logger.info("The user's facilities and companies are not known: %s", error)
            return None
