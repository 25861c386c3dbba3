"""Choices for everything the real API leaves unknown; defaults are the likely answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wms_standin.catalog.entities import KeyForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Behaviour of one stand-in; see the package README for the evidence of each default."""

    version: str = "v10"
    environment: str = "acme"
    describe_tokens: Mapping[str, str] = field(default_factory=dict)
    """`type` in describe by kind of field, where it shall differ from the likely one."""
    links: Literal["https443", "self"] = "https443"
    """Authority of generated links: `https://<host>:443`, or the address really listened on."""
    max_page_size: int = 1250
    page_size_over: Literal["clamp", "error"] = "clamp"
    page_size_zero: Literal["default", "error"] = "default"
    page_past_end: Literal["404", "400", "empty"] = "404"
    bad_page: Literal["404", "400"] = "404"
    unknown_filter: Literal["400", "ignore"] = "400"
    unknown_field: Literal["ignore", "400"] = "ignore"
    values_list: Literal["on", "off", "ignored"] = "on"
    """`off` refuses the parameter, `ignored` answers with records."""
    failing_paths: Mapping[str, int] = field(default_factory=dict)
    """Paths of a `values_list` (`item_id__code`, or `order_dtl:item_id__code` of one entity) that
    fail, with the status."""
    alias_clash: Literal["selected", "any_field"] = "selected"
    """What an alias must not equal: another selected field, or any field of the entity."""
    aggregates: bool = True
    """Whether `values_list` knows `count(id)` and the like, and `__datetz`: from 25C."""
    key_forms: Mapping[str, KeyForm] = field(default_factory=dict)
    """The form of the `key` of links to an entity, where it shall differ from the likely one."""
    sequenced_cursor: Literal["position", "offset"] = "position"
    """What a cursor holds when `ordering` is given; without it, it is always an offset."""
    inventory_history_rule: bool = True
    bump_parents: bool = False
    """Whether a mutation of a child row also updates `mod_ts` of its parent."""
    absent_fields: frozenset[str] = frozenset()
    """Fields (`entity.field`) that records of this tenant do not have, though others' do."""
    token_path: str = "/oauth2/v1/token"
    """Of the identity provider; the built-in server is at `{environment}/api/oauth2/token/`."""
    scope_required: bool = False
    """Whether the identity provider refuses a request for a token without a scope."""
    built_in_scope: Literal["refuse", "ignore"] = "refuse"
    """What the built-in token server does with a scope, which it does not know."""
    token_seconds: float = 3600.0
    gzip: bool = False
    anchor: datetime = datetime(2025, 6, 30, 12, tzinfo=UTC)
    """The instant up to which generated history reaches."""
