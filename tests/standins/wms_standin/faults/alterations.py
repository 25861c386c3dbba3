"""Lies and odd forms: a right answer goes in, the altered one comes out."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, Final

import msgspec

from wms_standin.api.answer import Answer
from wms_standin.api.errors import ApiError, not_found

if TYPE_CHECKING:
    from collections.abc import Callable

    from wms_standin.faults.rules import Fault, Kind

Content = dict[str, Any]
Row = dict[str, Any]


def altered(answer: Answer, fault: Fault) -> Answer | None:
    """Return the answer as the fault wants it; None where there is nothing to alter."""
    if answer.status != 200:
        return None
    if fault.kind == "error_body":
        error = ApiError(200, "SERVER_ERROR", "The request failed.")
        return Answer.of_error(error)
    if fault.kind == "empty" and fault.request == "entities":
        return Answer({}, 200, answer.root, answer.headers)
    if not answer.rows or "results" not in answer.content:
        return None
    if fault.kind == "not_found":
        return Answer.of_error(not_found())
    content = _LIES[fault.kind](dict(answer.content), fault)
    return None if content is None else Answer(content, 200, answer.root, answer.headers)


def _empty(content: Content, fault: Fault) -> Content:
    links: Content = {"next_page": None, "previous_page": None, "results": []}
    counts = {"result_count": 0, "page_count": 0, "page_nbr": 1}
    return links if "result_count" not in content else counts | links


def _no_next(content: Content, fault: Fault) -> Content | None:
    return content | {"next_page": None} if content["next_page"] else None


def _missing_next(content: Content, fault: Fault) -> Content | None:
    return content if content.pop("next_page") else None


def _cut_off(content: Content, fault: Fault) -> Content | None:
    if not content["next_page"]:
        return None
    kept = max(0, len(content["results"]) - fault.by)
    return content | {"next_page": None, "results": content["results"][:kept]}


def _shuffled(content: Content, fault: Fault) -> Content | None:
    rows = content["results"]
    return content | {"results": rows[::-1]} if len(rows) > 1 else None


def _wrong_count(content: Content, fault: Fault) -> Content | None:
    if "result_count" not in content:
        return None
    right = content["result_count"]
    count = max(0, right + fault.by)
    pages = ceil(count * content["page_count"] / right)
    return content | {"result_count": count, "page_count": pages} if count != right else None


def _lost_rows(content: Content, fault: Fault) -> Content:
    rows = content["results"]
    start = max(0, (len(rows) - fault.by) // 2)
    return content | {"results": rows[:start] + rows[start + fault.by :]}


def _repeated_rows(content: Content, fault: Fault) -> Content:
    rows = content["results"]
    middle = len(rows) // 2
    return content | {"results": rows[: middle + 1] + rows[middle:]}


def _wrong_value(content: Content, fault: Fault) -> Content | None:
    rows = [row | {fault.column: _other(row[fault.column])} if fault.column in row else row
            for row in content["results"]]  # fmt: skip
    return content | {"results": rows} if rows != content["results"] else None


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x" if isinstance(value, str) else value


def _in_the_middle(spoil: Callable[[Row, str], Row | None]) -> Callable[..., Content | None]:
    """Return an alteration that spoils one row of the page."""

    def alter(content: Content, fault: Fault) -> Content | None:
        rows = list(content["results"])
        middle = len(rows) // 2
        spoiled = spoil(dict(rows[middle]), fault.column)
        if spoiled is None:
            return None
        rows[middle] = spoiled
        return content | {"results": rows}

    return alter


def _nan(row: Row, column: str) -> Row | None:
    name = column or _first(row, lambda key, value: key != "id" and type(value) in {int, float})
    return row | {name: msgspec.Raw(b"NaN")} if name else None


def _surrogate(row: Row, column: str) -> Row | None:
    name = column or _first(row, _is_free_text)
    return row | {name: msgspec.Raw(b'"half \\ud800 pair"')} if name else None


def _missing_id(row: Row, column: str) -> Row | None:
    return row if row.pop("id", None) is not None else None


def _quoted_id(row: Row, column: str) -> Row | None:
    return row | {"id": str(row["id"])} if "id" in row else None


def _first(row: Row, fits: Callable[[str, Any], bool]) -> str:
    return next((key for key, value in row.items() if fits(key, value)), "")


def _is_free_text(key: str, value: Any) -> bool:
    shaped = key.endswith(("_ts", "_date", "_time")) or key in {"url", "id"}
    return isinstance(value, str) and not shaped and not value.replace(".", "").isdecimal()


_LIES: Final[dict[Kind, Callable[[Content, Fault], Content | None]]] = {
    "empty": _empty,
    "no_next": _no_next,
    "missing_next": _missing_next,
    "cut_off": _cut_off,
    "shuffled": _shuffled,
    "wrong_count": _wrong_count,
    "lost_rows": _lost_rows,
    "repeated_rows": _repeated_rows,
    "wrong_value": _wrong_value,
    "nan": _in_the_middle(_nan),
    "surrogate": _in_the_middle(_surrogate),
    "missing_id": _in_the_middle(_missing_id),
    "quoted_id": _in_the_middle(_quoted_id),
}
ALTERATIONS: Final = frozenset({"not_found", "error_body", *_LIES})
"""The kinds of faults that alter the content of an answer."""
