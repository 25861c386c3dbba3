"""The keys of related records: by a path of a `values_list`, or as records tell them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_oracle_wms.catalog.fields import EntityField
    from tap_oracle_wms.reading.flat.paths import KeyPath
    from tap_oracle_wms.reading.values import Column

PROVEN = 20
"""Related records whose keys must have been compared before a path is relied on for others."""


class LinkKeys:
    """What is known of the keys of one link."""

    def __init__(self, of: EntityField, path: KeyPath | None, known: dict[int, Any]) -> None:
        self.name, self.key, self.path = of.name, of.key, path
        self.columns = path.columns if path is not None else ()
        self.known = known
        """Id -> key, as records tell them."""
        self.proven: set[int] = set()
        """Ids for which the path gave the same key, until there are enough."""
        self.awaited: set[int] = set()
        """Ids of keys by path that are yet to be compared, so that enough are."""

    def of(self, columns: Mapping[str, Column]) -> KeysOfRows:
        """Return the keys of rows, of which the ids and the columns of the path are given."""
        ids = columns[self.name]
        texts = [None] * len(ids) if self.path is None else self.path.keys(ids, columns)
        return KeysOfRows(self, ids, texts)

    def learn(self, ids: Column, keys: Column) -> None:
        """Take in what records tell."""
        told = zip(ids, keys, strict=True)
        self.known.update({related: key for related, key in told if related is not None})
        self.proven.update(self.awaited.intersection(ids))
        self.awaited.difference_update(ids)


@dataclass
class KeysOfRows:
    """The keys of one link in some rows."""

    link: LinkKeys
    ids: Column
    texts: Column
    """What the path gives; None where it has no key."""
    _pairs: set[tuple[Any, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self._pairs = set(zip(self.ids, self.texts, strict=True))

    def unsure(self) -> set[int]:
        """Return the related ids whose keys records must tell: no path has them, or another."""
        known = self.link.known
        return {
            found
            for found, text in self._pairs
            if found is not None
            and (found not in known if text is None else known.get(found, text) != text)
        }

    def prove(self) -> None:
        """Note which keys by path are known to be the same, while there are not enough of them."""
        link = self.link
        if len(link.proven) < PROVEN:
            link.proven.update(
                found
                for found, text in self._pairs
                if text is not None and found in link.known and link.known[found] == text
            )

    def unproven(self) -> set[int]:
        """Return related ids whose keys are yet to be compared, until enough have been."""
        link = self.link
        self.prove()
        wanted = PROVEN - len(link.proven) - len(link.awaited)
        if wanted <= 0:
            return set()
        new = {
            found
            for found, text in self._pairs
            if found is not None
            and text is not None
            and found not in link.known
            and found not in link.awaited
        }
        chosen = sorted(new)[:wanted]
        link.awaited.update(chosen)
        return set(chosen)

    def differing(self) -> int | None:
        """Return a related id for which the path gives another key than records, if any."""
        known = self.link.known
        wrong = (
            found
            for found, text in self._pairs
            if text is not None and found in known and text != known[found]
        )
        return next(wrong, None)

    def keys(self) -> Column:
        """Return the keys of rows: by path, or where that has none, as records told them."""
        if None not in self.texts:
            return self.texts
        return [
            self.link.known.get(related) if text is None and related is not None else text
            for related, text in zip(self.ids, self.texts, strict=True)
        ]

    def lacking(self) -> list[int]:
        """Return the places of rows of which the key is not known."""
        known = self.link.known
        if not any(t is None and i is not None and i not in known for i, t in self._pairs):
            return []
        return [
            n
            for n, (related, text) in enumerate(zip(self.ids, self.texts, strict=True))
            if text is None and related is not None and related not in known
        ]
