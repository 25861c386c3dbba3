"""The releases to look like, the limits that come with one, and what a database is set to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from oracle_standin.rules import Rules

_BANNERS = {
    19: ("19.0.0.0.0", "19.3.0.0.0", "19c"),
    21: ("21.0.0.0.0", "21.3.0.0.0", "21c"),
    23: ("23.0.0.0.0", "23.4.0.24.05", "23ai"),
}
STRING_SIZES = {"STANDARD": 4000, "EXTENDED": 32767}  # bytes of a VARCHAR2, by MAX_STRING_SIZE
CHARSETS = {
    "AL32UTF8": "utf-8",
    "WE8MSWIN1252": "cp1252",
    "WE8ISO8859P1": "latin-1",
    "WE8ISO8859P15": "iso8859-15",
    "US7ASCII": "ascii",
}
"""Character sets by Oracle's names, with Python's."""
_PG_CHARSETS = {"WE8MSWIN1252": "WIN1252", "WE8ISO8859P1": "LATIN1", "WE8ISO8859P15": "LATIN9"}
_REPLACEMENT = {"ascii": "?"}  # for what a character set lacks; else an inverted question mark


@dataclass(frozen=True)
class Release:
    """A release, its limits in bytes, and the options of a database."""

    number: int = 19
    max_varchar: int = STRING_SIZES["STANDARD"]
    max_name: int = 128
    given_compatible: str | None = None
    parallel_dml: bool = False
    db_time_zone: str = "+00:00"
    charset: str = "AL32UTF8"
    rules: Rules = field(default_factory=Rules)

    @property
    def max_raw(self) -> int:
        return self.max_varchar if self.max_string_size == "EXTENDED" else 2000

    @property
    def max_string_size(self) -> str:
        return next(name for name, size in STRING_SIZES.items() if size == self.max_varchar)

    @property
    def version(self) -> str:
        return _BANNERS[self.number][0]

    @property
    def compatible(self) -> str:
        """COMPATIBLE: below 12.2 names have 30 bytes."""
        if self.given_compatible:
            return self.given_compatible
        return self.version if self.max_name > 30 else "12.1.0"

    @property
    def types_of(self) -> int:
        """The release whose types columns may have: that of COMPATIBLE, or the server's."""
        if not self.rules.types_by_compatible:
            return self.number
        return int(self.compatible.split(".")[0])

    @property
    def version_full(self) -> str:
        return _BANNERS[self.number][1]

    @property
    def banner(self) -> str:
        version, _, name = _BANNERS[self.number]
        return f"Oracle Database {name} stand-in Release {version} - Not an Oracle product"

    @property
    def postgres_charset(self) -> str:
        """The name for PostgreSQL's convert_to, empty for UTF-8 and what it lacks."""
        return _PG_CHARSETS.get(self.charset, "")

    def kept(self, value: Any) -> Any:
        """Return the value of a bind as the database's character set keeps it."""
        return self.stored(value) if type(value) is str else value

    def misread(self, text: str) -> str:
        """Read the UTF-8 bytes of a text as if they were in the database's character set."""
        codec = CHARSETS[self.charset]
        return text if codec == "utf-8" else text.encode().decode(codec, "replace")

    def stored(self, text: str) -> str:
        """Return a text as the database's character set keeps it."""
        codec = CHARSETS[self.charset]
        if codec == "utf-8" or text.isascii():
            return text
        lost = _REPLACEMENT.get(codec, "\u00bf")
        return "".join([c if _fits(c, codec) else lost for c in text])


def is_before_12_2(compatible: str) -> bool:
    """Return whether names have 30 bytes with this value of COMPATIBLE."""
    first, second, *_ = *(int(part) for part in compatible.split(".")), 0
    return (first, second) < (12, 2)


def _fits(character: str, codec: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
