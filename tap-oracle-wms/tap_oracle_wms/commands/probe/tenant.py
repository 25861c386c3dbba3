"""Questions about the server, the user, and how entities are described."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_oracle_wms.api.clock import http_date
from tap_oracle_wms.catalog.fields import ON_REQUEST, RECORD_ONLY
from tap_oracle_wms.commands.probe.asking import UnansweredError

if TYPE_CHECKING:
    from tap_oracle_wms.commands.probe.asking import Asker

CORE = "order_dtl"
"""An entity with ids, relations and sets."""
EXACT = 5
"""Seconds to which a difference between clocks is told: `Date` has whole seconds."""
WITH_EXTRAS = ("container", "order_hdr")
"""Entities whose records have fields that describe leaves out."""


def version(asker: Asker) -> str:
    """The version that the settings name, which has answered by now."""
    return asker.client.settings.api_version


def other_versions(asker: Asker) -> list[str]:
    """The version after this one, or v10."""
    settings = asker.client.settings
    other = "v11" if settings.api_version == "v10" else "v10"
    answer = asker.ask(f"{settings.base_url}/wms/lgfapi/{other}/entity/")
    return [other] if answer.status == 200 and answer.body else []


def date_skew(asker: Asker) -> float | None:
    """Seconds by which an answer's `Date` was ahead of this machine."""
    answer = asker.describe(CORE)
    said = http_date(answer.response.headers.get("Date", ""))
    if said is None:
        return None
    ahead = (said - answer.received).total_seconds()
    return float(EXACT * round(ahead / EXACT))


def gzip(asker: Asker) -> bool:
    """Whether a description, which is some kilobytes long, came compressed."""
    return bool(asker.describe(CORE).response.headers.get("Content-Encoding") == "gzip")


def denied_entities(asker: Asker) -> list[str]:
    """Entities among the candidates that the user may not read."""
    return sorted(name for name, answer in asker.entities.items() if answer.status == 403)


def codes_seen(asker: Asker) -> dict[str, int | None]:
    """Numbers of rows, None where WMS does not count."""
    found = {}
    for entity in ("company", "facility"):
        answer = asker.ask(f"{entity}/", fields="id", page_size="1")
        found[entity] = answer.body.get("result_count") if answer.rows else 0
    return found


def built_in_tokens(asker: Asker) -> bool:
    """Whether its address is known, which refuses to be read."""
    address = f"{asker.client.settings.base_url}/api/oauth2/token/"
    return asker.ask(address).status != 404


def describe_tokens(asker: Asker) -> dict[str, str]:
    """Types by the kind of a field, which its name tells."""
    fields = asker.described(CORE)
    a_set = next((name for name in fields if name.endswith("_set")), "")
    kinds = {"pk": "id", "relation": "item_id", "set": a_set}
    return {kind: fields[name].get("type") for kind, name in kinds.items() if name in fields}


def required_form(asker: Asker) -> str | None:
    """The form of the first `required` that there is."""
    forms = {
        type(field["required"]) for field in asker.described(CORE).values() if "required" in field
    }
    return {frozenset({bool}): "bool", frozenset({str}): "letter"}.get(frozenset(forms))


def absent_fields(asker: Asker) -> list[str]:
    """Fields that records of other tenants have and describe leaves out."""
    return sorted(
        f"{entity}.{name}"
        for entity in WITH_EXTRAS
        for name in {"url", *RECORD_ONLY[entity]} - asker.whole(entity).keys()
    )


def undescribed_fields(asker: Asker) -> list[str]:
    """Fields of records that neither describe nor the tap knows."""
    return sorted(
        f"{entity}.{name}"
        for entity in WITH_EXTRAS
        for name in asker.whole(entity).keys()
        - asker.described(entity).keys()
        - {"url", *RECORD_ONLY[entity], *ON_REQUEST}
    )


def key_forms(asker: Asker) -> dict[str, str] | None:
    """The form of an item's key as a stock record shows it; None for another than the two.

    Raises:
        UnansweredError: The stock has no item.
    """
    related = asker.record("inventory", fields="item_id", item_id__gt="0").get("item_id")
    if not related:
        msg = "The row of inventory has no item."
        raise UnansweredError(msg)
    key, values = str(related["key"]), asker.record("item", id=str(related["id"])).values()
    texts = [value for value in values if isinstance(value, str) and value]
    if key in texts:
        return {"item": "plain"}
    return {"item": "composite"} if any(key.endswith(f" / {text}") for text in texts) else None


def error_codes(asker: Asker) -> dict[str, Any] | None:
    """Codes by status, of a bad value (or name) and of an entity that does not exist."""
    bad = asker.ask("company/", id="no_number")
    if bad.status != 400:
        bad = asker.ask("company/", ordering="no_such_name")
    gone = asker.ask("no_such_entity/")
    refusals = [answer for answer in (bad, gone) if answer.status >= 400]
    codes = {str(answer.status): answer.body.get("code") for answer in refusals}
    return {status: code for status, code in codes.items() if code} or None
