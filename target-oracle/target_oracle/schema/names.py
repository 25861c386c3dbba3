"""Make Oracle identifiers of stream and property names.

Oracle folds unquoted names to upper case, allows `LIMIT` bytes (not characters) and neither `"` nor
NUL inside quotes. Every identifier made here is written quoted, so reserved words and leading
underscores are no special case.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_oracle.errors import NameClashError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_oracle.config.choices import IdentifierCase

LIMIT = 128

UNNAMED = "unnamed"
"""What stands for the empty name, which no identifier can have."""
_NO_COLUMN = "ROWID"
"""The one name that no column may have, quoted or not (SQL Reference, Database Object Names)."""

_NOT_PLAIN = re.compile(r"[^\w$#]")
_NOT_QUOTABLE = re.compile(r'["\x00]')


def quoted(*parts: str | None) -> str:
    """`"OWNER"."NAME"` from the parts that are given."""
    return ".".join(f'"{part}"' for part in parts if part)


@dataclass(frozen=True)
class Naming:
    """How names become identifiers: `upper` makes plain SQL work, `preserve` keeps the spelling."""

    policy: IdentifierCase = "upper"
    limit: int = LIMIT

    def identifier(self, name: str) -> str:
        """Return the identifier for a name; over-long ones end in a hash of the whole name."""
        name = name or UNNAMED
        if self.policy == "upper":
            spelled = _NOT_PLAIN.sub("_", name).upper()
        else:
            spelled = _NOT_QUOTABLE.sub("_", name)
        return shortened(spelled, self.limit)

    def column(self, name: str) -> str:
        """Return the identifier of a column."""
        found = self.identifier(name)
        return f"{found}_" if found == _NO_COLUMN else found

    def table(self, stream: str, prefix: str = "", suffix: str = "") -> str:
        """Return the table of a stream."""
        return self.identifier(f"{prefix}{stream}{suffix}")

    def columns(self, stream: str, spelled: Mapping[str, str]) -> dict[str, str]:
        """Give each property a column, by its spelling.

        Raises:
            NameClashError: Two would share one.
        """
        columns: dict[str, str] = {}
        owners: dict[str, str] = {}
        for name, text in spelled.items():
            column = self.column(text)
            if (other := owners.setdefault(column, name)) != name:
                msg = (
                    f"Stream '{stream}': the properties '{other}' and '{name}' both become the "
                    f"column {column}. Rename one with column_names in streams, or set "
                    "identifier_case to 'preserve'."
                )
                raise NameClashError(msg)
            columns[name] = column
        return columns


def shortened(name: str, limit: int) -> str:
    """Return the name, or its start and eight hex digits of its hash in at most `limit` bytes."""
    if len(name.encode()) <= limit:
        return name
    digest = hashlib.blake2s(name.encode(), digest_size=4).hexdigest().upper()
    start = name.encode()[: limit - len(digest) - 1].decode(errors="ignore")
    return f"{start}_{digest}"
