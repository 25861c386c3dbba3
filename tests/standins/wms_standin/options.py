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
    other_versions: frozenset[str] = frozenset()
    """Versions that answer as well."""
    environment: str = "acme"
    anchor: datetime = datetime(2025, 6, 30, 12, tzinfo=UTC)
    """The instant up to which generated history reaches."""
    bump_parents: bool = False
    """Whether a mutation of a child row also updates `mod_ts` of its parent."""

    # describe and records

    describe_tokens: Mapping[str, str] = field(default_factory=dict)
    """`type` in describe by kind of field, where it shall differ from the likely one."""
    required_form: Literal["bool", "letter"] = "bool"
    """`required` in describe: true and false, or Y and N."""
    absent_fields: frozenset[str] = frozenset()
    """Fields (`entity.field`) that records of this tenant do not have, though others' do."""
    key_forms: Mapping[str, KeyForm] = field(default_factory=dict)
    """The form of the `key` of links to an entity, where it shall differ from the likely one."""

    # pages

    links: Literal["https443", "self"] = "https443"
    """Authority of generated links: `https://<host>:443`, or the address really listened on."""
    last_link: Literal["null", "absent"] = "null"
    """What the last page has for `next_page`."""
    max_page_size: int = 1250
    page_size_over: Literal["clamp", "error", "serve"] = "clamp"
    page_size_zero: Literal["default", "error"] = "default"
    page_past_end: Literal["404", "400", "empty"] = "404"
    bad_page: Literal["404", "400"] = "404"
    empty_list: Literal["404", "200", "204"] = "404"
    """What a list without rows answers unless the request says which."""
    empty_response_parameter: bool = True
    """Whether `empty_response_http_code` is known (26A); else it is a filter by that name."""
    counts: Literal["exact", "null"] = "exact"
    """`result_count` and `page_count` of paged lists."""
    ordering: Literal["kept", "ignored"] = "kept"
    default_order: Literal["hash", "id"] = "hash"
    """The order of rows where none is asked for: none that means anything, or by id."""
    sequenced_cursor: Literal["position", "offset"] = "position"
    """What a cursor holds when `ordering` is given; without it, it is always an offset."""
    cursor_seconds: float | None = None
    """How long a cursor is good for."""

    # parameters

    unknown_filter: Literal["400", "ignore"] = "400"
    unknown_field: Literal["ignore", "400"] = "ignore"
    unknown_ordering: Literal["400", "ignore"] = "400"
    unsupported_lookups: frozenset[str] = frozenset()
    """Lookups of filters (`in`, `range`, …) that are refused."""
    naive_times: Literal["user", "utc"] = "user"
    """The zone of time stamps in filters that name none."""
    inventory_history_rule: bool = True

    # values_list

    values_list: Literal["on", "off", "ignored"] = "on"
    """`off` refuses the parameter, `ignored` answers with records."""
    failing_paths: Mapping[str, int] = field(default_factory=dict)
    """Paths of a `values_list` (`item_id__code`, or `order_dtl:item_id__code` of one entity) that
    fail, with the status."""
    alias_clash: Literal["selected", "any_field"] = "selected"
    """What an alias must not equal: another selected field, or any field of the entity."""
    aggregates: bool = True
    """Whether `values_list` knows `count(id)` and the like, and `__datetz`: from 25C."""

    # access

    missing_permission: Literal["403", "404"] = "403"
    denied_entities: frozenset[str] = frozenset()
    """Entities that no user may read."""
    token_path: str = "/oauth2/v1/token"
    """Of the identity provider; the built-in server is at `{environment}/api/oauth2/token/`."""
    token_seconds: float = 3600.0
    scope_required: bool = False
    """Whether the identity provider refuses a request for a token without a scope."""
    built_in_tokens: bool = True
    """Whether WMS has a token server of its own."""
    built_in_scope: Literal["refuse", "ignore"] = "refuse"
    """What the built-in token server does with a scope, which it does not know."""

    # the way

    gzip: bool = False
    date_skew: float = 0.0
    """Seconds by which `Date` headers are ahead of the server's clock (negative: behind)."""
    error_codes: Mapping[int, str] = field(default_factory=dict)
    """`code` of error bodies by status, where it shall differ from the likely one."""
    max_at_once: int = 0
    """Requests at a time beyond which more are 429; 0 is no limit."""
    gateway_seconds: float = 0.0
    """After so long a proxy in front answers 504 with a page of its own; 0 is never."""
