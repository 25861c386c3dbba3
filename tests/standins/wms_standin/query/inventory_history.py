"""`inventory_history` cannot be listed freely: one documented combination of filters is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wms_standin.api.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

_ALWAYS: Final = {"facility_id__code", "company_id__code"}
_ONE_OF: Final[tuple[set[str], ...]] = (
    {"group_nbr"},
    {"history_activity_id", "status_id"},
    {"history_activity_id", "item_code"},
    {"history_activity_id", "item_alternate_code"},
    {"history_activity_id", "container_nbr"},
    {"history_activity_id", "create_ts__range"},
)


def require_combination(parameters: Mapping[str, str]) -> None:
    """Raise 400 unless the filters include one of the combinations."""
    names = set(parameters)
    if names >= _ALWAYS and any(names >= combination for combination in _ONE_OF):
        return
    raise invalid(
        {
            "inventory_history": "Give facility_id__code, company_id__code and one of: group_nbr; "
            "history_activity_id with status_id, item_code, item_alternate_code or container_nbr."
        }
    )
