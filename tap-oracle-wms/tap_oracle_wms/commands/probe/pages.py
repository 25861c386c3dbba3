"""Questions about pages, their order and their end."""

from __future__ import annotations

import base64
import binascii
from math import ceil
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, parse_qsl, urlsplit

from tap_oracle_wms.commands.probe.asking import NOTHING, UnansweredError

if TYPE_CHECKING:
    from tap_oracle_wms.commands.probe.asking import Asker

LARGEST_PAGE = 1250
SAFE_PAGE = 125
"""Rows of a page that each user may ask for."""
SMALLER_PAGES = (1000, 500, 250, SAFE_PAGE)
"""Sizes to try where the documented one is refused."""
PAGES_OF_TIES = 3


def last_link(asker: Asker) -> str | None:
    """Whether the key is there on a last page, and null."""
    body = asker.ask("company/", fields="id", page_size=str(SAFE_PAGE)).body
    if "results" not in body or body.get("next_page"):
        return None
    return "null" if "next_page" in body else "absent"


def page_size_over(asker: Asker) -> str:
    """What one row more than the largest page does.

    Raises:
        UnansweredError: There are too few rows.
    """
    if asker.over.status == 400:
        return "error"
    return "serve" if _rows_over(asker) > LARGEST_PAGE else "clamp"


def _rows_over(asker: Asker) -> int:
    """Return how many rows came of one more than the largest page has.

    Raises:
        UnansweredError: All that there are came, and they are fewer.
    """
    rows = len(asker.over.rows)
    if rows <= LARGEST_PAGE and not asker.over.body.get("next_page"):
        msg = f"It takes an entity of more than {LARGEST_PAGE} rows; the largest has {rows}."
        raise UnansweredError(msg)
    return rows


def max_page_size(asker: Asker) -> int | None:
    """Rows of the largest page, and at most what the tap asks for.

    Raises:
        UnansweredError: There are too few rows.
    """
    if asker.over.status != 400:
        return min(_rows_over(asker), LARGEST_PAGE)
    sizes = (LARGEST_PAGE, *SMALLER_PAGES)
    asked = (asker.of_sample(fields="id", page_size=str(size)).status for size in sizes)
    return next((size for size, status in zip(sizes, asked, strict=True) if status == 200), None)


def page_size_zero(asker: Asker) -> str:
    """Whether it is refused."""
    return "error" if asker.ask("company/", page_size="0").status == 400 else "default"


def rows_per_page(asker: Asker) -> int | None:
    """Return how many rows a page has without `page_size`; None where it held all rows."""
    answer = asker.unordered
    return len(answer.rows) if answer.body.get("next_page") else None


def page_past_end(asker: Asker) -> str:
    """Return the status, or `empty` where a list without rows came."""
    status = asker.ask("company/", fields="id", page="99999").status
    return "empty" if status in {200, 204} else str(status)


def bad_page(asker: Asker) -> str:
    """Return the status that answers a page number which is none."""
    return str(asker.ask("company/", fields="id", page="x").status)


def empty_list(asker: Asker) -> str:
    """The status."""
    return str(asker.empty.status)


def empty_response_parameter(asker: Asker) -> bool:
    """Whether another status than the usual one can be had."""
    wanted = "204" if asker.empty.status == 200 else "200"
    answer = asker.ask("company/", **NOTHING, empty_response_http_code=wanted)
    return str(answer.status) == wanted


def counts(asker: Asker) -> str | None:
    """Whether a page that has its sizes tells the number of all rows."""
    body = asker.unordered.body
    if "results" not in body:
        return None
    return "exact" if isinstance(body.get("result_count"), int) else "null"


def ordering(asker: Asker) -> str | None:
    """Whether ids fall; None where there are too few to tell."""
    ids = asker.of_sample(fields="id", ordering="-id", page_size="20").ids
    if len(ids) < 5:
        return None
    return "kept" if ids == sorted(ids, reverse=True) else "ignored"


def default_order(asker: Asker) -> str | None:
    """Whether ids rise without being asked to; None where there are too few to tell."""
    ids = asker.unordered.ids
    if len(ids) < 5:
        return None
    return "id" if ids == sorted(ids) else "hash"


def keyset_paging(asker: Asker) -> bool | None:
    """Whether two pages of five are the page of ten."""
    ten = asker.first
    if len(ten) < 10:
        return None
    by_id = {"fields": "id", "ordering": "id", "page_size": "5"}
    front = asker.of_sample(**by_id).ids
    back = asker.of_sample(**by_id, id__gt=str(front[-1])).ids
    return front + back == ten


def sequenced_cursor(asker: Asker) -> str | None:
    """What the documented form of a cursor holds: the last id, or how many rows went before."""
    query = {"fields": "id", "ordering": "id", "page_size": "5", "page_mode": "sequenced"}
    answer = asker.of_sample(**query)
    link = urlsplit(answer.body.get("next_page") or "").query
    held = _cursor(dict(parse_qsl(link)).get("cursor", ""))
    if not held or len(answer.ids) < 5:
        return None
    return {str(answer.ids[-1]): "position", "5": "offset"}.get(held)


def _cursor(text: str) -> str:
    try:
        parts = parse_qs(base64.b64decode(text).decode())
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return parts.get("p", [""])[0]


def ties_kept(asker: Asker) -> bool:
    """Whether three pages, ordered by a column of few values, hold each facility exactly once.

    Raises:
        UnansweredError: There are too few facilities, or too many.
    """
    query = {"fields": "id", "ordering": "wms_managed_flg", "page_mode": "sequenced"}
    all_ids = asker.ask("facility/", fields="id", page_size=str(SAFE_PAGE)).ids
    if not PAGES_OF_TIES <= len(all_ids) < SAFE_PAGE:
        msg = f"The user sees {len(all_ids)} facilities."
        raise UnansweredError(msg)
    query["page_size"] = str(ceil(len(all_ids) / PAGES_OF_TIES))
    found: list[int] = []
    for _ in range(PAGES_OF_TIES):
        page = asker.ask("facility/", **query)
        found += page.ids
        if not (link := page.body.get("next_page")):
            break
        query = dict(parse_qsl(urlsplit(link).query))
    return sorted(found) == sorted(all_ids)
