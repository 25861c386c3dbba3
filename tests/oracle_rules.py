"""Rules of the Oracle stand-in that the target does not bear yet.

Each is right in the stand-in and switched off for the target's tests alone. Whoever mends the
target takes its line out of here: what fails then is what is to be mended.
"""

from __future__ import annotations

NOT_YET: dict[str, str] = {}
"""The reason by rule."""

SWITCHED_OFF = dict.fromkeys(NOT_YET, False)
