"""Read the list of entities and their fields from WMS."""

from __future__ import annotations

import difflib
import logging
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from tap_oracle_wms.api.models import Describe, EntityList, Page, RowCode
from tap_oracle_wms.catalog.fields import EntityField, fields_of
from tap_oracle_wms.errors import (
    ConfigError,
    DataError,
    IncompleteError,
    NotFoundError,
    PermissionDeniedError,
    WmsError,
    is_of_one_entity,
)
from tap_oracle_wms.observing import logs, telemetry

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from tap_oracle_wms.api.client import WmsClient

CORE_ENTITIES = frozenset(
    {
        "company", "facility", "item", "item_barcode", "item_facility", "vendor", "location",
        "location_type", "carrier", "ship_via", "uom", "order_type", "putaway_type",
        "replenishment_zone",
        "purchase_order_hdr", "purchase_order_dtl", "purchase_order_status", "ib_shipment",
        "ib_shipment_dtl", "ib_shipment_type", "ib_shipment_status",
        "inventory", "inventory_attribute", "inventory_lock", "inventory_status", "container",
        "container_status", "pallet", "batch_number", "serial_nbr",
        "order_hdr", "order_dtl", "order_status", "wave", "wave_status", "allocation",
        "allocation_status", "task", "task_status", "load", "load_status", "ob_stop",
        "stop_status",
    }
)  # fmt: skip
"""Master data, inbound, stock and outbound: selected unless told otherwise."""

logger = logging.getLogger("tap-oracle-wms")
MOST_CODES = 1250
"""The most rows that WMS gives at once."""

_codes = msgspec.json.Decoder(Page[RowCode])


def list_entities(client: WmsClient) -> tuple[str, ...]:
    """Return the names of all entities that the environment offers; none are asked for again.

    Raises:
        ConfigError: The address has no API of this version, or the user is offered nothing.
    """
    get = partial(client.get, "/entity/", None, msgspec.json.Decoder(EntityList).decode)
    try:
        names = tuple(get() or get())
    except (NotFoundError, DataError):
        msg = (
            f"{client.settings.base_url} has no WMS API {client.settings.api_version}; check the "
            f"environment name in `base_url`."
        )
        raise ConfigError(msg) from None
    if not names:
        msg = "WMS offers this user no entity at all; it needs the permission lgfapi_read_access."
        raise ConfigError(msg)
    return names


def choose(offered: Sequence[str], patterns: Sequence[str], excluded: Sequence[str]) -> list[str]:
    """Return the offered entities that match, without the excluded ones.

    Raises:
        ConfigError: A pattern matches nothing.
    """
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in offered):
            raise ConfigError(_unknown(pattern, offered, "setting `entities`"))
    return [
        name
        for name in offered
        if (not patterns or any(fnmatchcase(name, p) for p in patterns))
        and not any(fnmatchcase(name, p) for p in excluded)
    ]


def require_offered(names: Collection[str], offered: Sequence[str]) -> None:
    """Check that the environment has all streams of a catalog.

    Raises:
        ConfigError: It lacks one, which the sentence names.
    """
    for name in names:
        if name not in offered:
            raise ConfigError(_unknown(name, offered, "the catalog"))


def require_keys(name: str, schema: Mapping[str, Any], keys: Collection[str]) -> None:
    """Check that a stream of the catalog has its key properties, by which it is paged.

    Raises:
        ConfigError: It lacks one, which the sentence names.
    """
    lacking = [key for key in keys if key not in schema.get("properties", {})]
    if lacking or not schema.get("properties"):
        what = f"`{lacking[0]}`" if lacking else "all properties"
        msg = f"The catalog's schema of stream {name} lacks {what}; run discovery again."
        raise ConfigError(msg)


def _unknown(name: str, offered: Sequence[str], where: str) -> str:
    near = difflib.get_close_matches(name, offered, n=1, cutoff=0)
    hint = f"; did you mean `{near[0]}`?" if near else "."
    return f"WMS offers this user no entity `{name}`, which {where} names{hint}"


def codes_of(client: WmsClient, entity: str, filters: Mapping[str, str]) -> dict[int, str]:
    """Return id -> code of all rows that match the filters, as many as WMS counts.

    Raises:
        IncompleteError: It gives fewer, twice.
    """
    found, counted = _all_codes(client, entity, filters)
    if len(found) < counted:
        again, counted = _all_codes(client, entity, filters)
        found |= again
    if len(found) < counted:
        msg = (
            f"WMS counts {counted} of {entity}, and gives {len(found)} of them; run again, and "
            f"report it to Oracle if it stays."
        )
        raise IncompleteError(msg)
    return found


def _all_codes(
    client: WmsClient, entity: str, filters: Mapping[str, str]
) -> tuple[dict[int, str], int]:
    """Return id -> code, and the number of rows by the first page; 0 where it has none.

    An empty answer is asked for again, unless the page before was full and promised no other.
    """
    asked = {**filters, "fields": "id,code", "ordering": "id", "page_size": str(MOST_CODES)}
    found: dict[int, str] = {}
    counted: int | None = None
    promised = True
    while True:
        page = _page_of_codes(client, entity, asked)
        if promised and not page.results:
            page = _page_of_codes(client, entity, asked)
        found |= {row.id: row.code for row in page.results}
        rows, of_rest = len(page.results), page.result_count or 0
        counted = of_rest if counted is None else counted
        promised = page.next_page is not None or of_rest > rows
        if not rows or not (promised or rows >= MOST_CODES):
            return found, counted
        asked |= {"id__gt": str(page.results[-1].id)}


def _page_of_codes(client: WmsClient, entity: str, asked: Mapping[str, str]) -> Page[RowCode]:
    try:
        return client.get(f"/entity/{entity}/", asked, _codes.decode)
    except NotFoundError:
        return Page([])


def require_codes(client: WmsClient) -> None:
    """Check that the user sees the companies and facilities that are to be read.

    Otherwise a run would find no rows, and look like a success. Who may not list them is not asked.

    Raises:
        ConfigError: The user does not see one, which the sentence names.
    """
    settings = client.settings
    for entity, codes in (("company", settings.company_code), ("facility", settings.facility_code)):
        if not codes or "*" in codes:
            continue
        try:
            seen = codes_of(client, entity, {"code__in": ",".join(codes)}).values()
        except PermissionDeniedError:
            continue
        if missing := [code for code in codes if code not in seen]:
            msg = (
                f"Setting `{entity}_code`: the user sees no {entity} `{missing[0]}`; check it, "
                f"and the user's eligibility."
            )
            raise ConfigError(msg)


def describe(client: WmsClient, entity: str) -> tuple[EntityField, ...]:
    """Describe one entity; that there is none is asked again."""
    path, decoder = f"/entity/{entity}/describe/", msgspec.json.Decoder(Describe)
    try:
        answer = client.get(path, None, decoder.decode)
    except NotFoundError:
        answer = client.get(path, None, decoder.decode)
    return fields_of(entity, answer.fields)


def blank_texts(client: WmsClient, entity: str) -> set[str]:
    """Return the fields that WMS shows as "" instead of null: those with a default, or required."""
    decoder = msgspec.json.Decoder(Describe)
    fields = client.get(f"/entity/{entity}/describe/", None, decoder.decode).fields
    return {n for n, field in fields.items() if field.required or isinstance(field.default, str)}


def describe_all(
    client: WmsClient, entities: Sequence[str], required: Collection[str]
) -> dict[str, tuple[EntityField, ...] | WmsError]:
    """Describe entities concurrently; return the fields of each, or the error that it ended with.

    Entities that the user may not see are left out.

    Raises:
        WmsError: One of `required` cannot be described, or the run is given up.
    """

    def attempt(entity: str) -> tuple[EntityField, ...] | WmsError | None:
        with logs.about(entity):
            try:
                with telemetry.span("describe", stream=entity):
                    return describe(client, entity)
            except WmsError as error:
                if entity in required or not is_of_one_entity(error):
                    raise
                if not isinstance(error, PermissionDeniedError | NotFoundError):
                    return error
                logger.warning("Entity %s is left out: %s", entity, error)
                return None

    with ThreadPoolExecutor(client.settings.max_concurrency) as pool:
        try:
            fields = list(pool.map(logs.carried(attempt), entities))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return {name: found for name, found in zip(entities, fields, strict=True) if found is not None}
