"""What generic values cannot know: the rows of the core tables that must make sense together.

A recipe corrects a generated row in place. Stored forms: instants in microseconds, dates as ISO
text, decimals as text, flags 0/1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wms_standin.data.seeds import inbound, master, outbound, stock
from wms_standin.data.seeds.plan import Plan, Row

Recipe = Callable[[Row, int, Plan], None]

RECIPES: Final[dict[str, Recipe]] = {
    **master.RECIPES,
    **inbound.RECIPES,
    **stock.RECIPES,
    **outbound.RECIPES,
}
