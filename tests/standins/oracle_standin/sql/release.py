"""The releases to look like, and the limits that come with one."""

from __future__ import annotations

from dataclasses import dataclass

_BANNERS = {
    19: ("19.0.0.0.0", "19.3.0.0.0", "19c"),
    21: ("21.0.0.0.0", "21.3.0.0.0", "21c"),
    23: ("23.0.0.0.0", "23.4.0.24.05", "23ai"),
}
STANDARD, EXTENDED = 4000, 32767  # bytes of the longest VARCHAR2, by MAX_STRING_SIZE


@dataclass(frozen=True)
class Release:
    """A release and its limits, in bytes."""

    number: int = 19
    max_varchar: int = STANDARD
    max_name: int = 128

    @property
    def max_raw(self) -> int:
        return 2000 if self.max_varchar == STANDARD else self.max_varchar

    @property
    def version(self) -> str:
        return _BANNERS[self.number][0]

    @property
    def version_full(self) -> str:
        return _BANNERS[self.number][1]

    @property
    def banner(self) -> str:
        version, _, name = _BANNERS[self.number]
        return f"Oracle Database {name} stand-in Release {version} - Not an Oracle product"
