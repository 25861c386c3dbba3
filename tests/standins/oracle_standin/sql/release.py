"""The releases to look like, and the limits that come with one."""

from __future__ import annotations

from dataclasses import dataclass

_BANNERS = {
    19: ("19.0.0.0.0", "19.3.0.0.0", "19c"),
    21: ("21.0.0.0.0", "21.3.0.0.0", "21c"),
    23: ("23.0.0.0.0", "23.4.0.24.05", "23ai"),
}
STRING_SIZES = {"STANDARD": 4000, "EXTENDED": 32767}  # bytes of a VARCHAR2, by MAX_STRING_SIZE


@dataclass(frozen=True)
class Release:
    """A release and its limits, in bytes."""

    number: int = 19
    max_varchar: int = STRING_SIZES["STANDARD"]
    max_name: int = 128

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
        return self.version if self.max_name > 30 else "12.1.0"

    @property
    def version_full(self) -> str:
        return _BANNERS[self.number][1]

    @property
    def banner(self) -> str:
        version, _, name = _BANNERS[self.number]
        return f"Oracle Database {name} stand-in Release {version} - Not an Oracle product"
