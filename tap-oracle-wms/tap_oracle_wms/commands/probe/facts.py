"""What the tap relies on, as questions with the answer that the documentation leads to expect.

A stand-in that knows an option by the name of a fact takes it from a report.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

GUIDE = "WMS REST API Guide"
UNKNOWN = "not documented; the likely answer"
YES, NO = True, False


@dataclass(frozen=True, slots=True)
class Fact:
    """One question; `expected` is None where a value is only measured."""

    name: str
    asked: str
    expected: Any
    source: str
    follows: str
    """What follows where the tenant answers otherwise, or what a measured value is for."""
    needs: str = ""
    """Another fact, without which this question means nothing."""
    near: float = 0
    """How far a number may be from the expected one."""

    def judged(self, seen: Any) -> bool | None:
        """Whether an answer is as expected; None without an answer, and for what is measured.

        An answer that tells several things is judged by those that could be seen.
        """
        if seen is None or self.expected is None:
            return None
        if self.near:
            return bool(abs(seen - self.expected) <= self.near)
        if isinstance(seen, dict):
            return all(self.expected.get(key) == value for key, value in seen.items())
        return bool(seen == self.expected)


FACTS = (
    Fact("version", "Which version of the API answers?", "v10", f"{GUIDE}: URI format",
         "Set `api_version` only where Oracle announces a new version."),
    Fact("other_versions", "Which other version answers as well?", [], UNKNOWN,
         "Read Oracle's notes on the new version before `api_version` is changed."),
    Fact("date_skew", "By how many seconds is `Date` ahead of this machine's clock?", 0.0,
         "RFC 9110; incremental windows end at the server's time",
         "Set the clock of this machine, or ask Oracle about theirs.", near=60),
    Fact("gzip", "Are large answers compressed?", NO, UNKNOWN,
         "Nothing: the tap reads both."),
    Fact("denied_entities", "Which of the large entities are refused with 403?", [],
         f"{GUIDE}: permissions", "Give the user the rights, or leave these entities out."),
    Fact("codes_seen", "How many companies and facilities does the user see?", None,
         f"{GUIDE}: eligible facilities and companies",
         "Rows of other companies and facilities are missing without an error."),
    Fact("built_in_tokens", "Is there a token server of WMS itself?", YES,
         "WMS integration guide: OAuth2", "`token_url` has to be that of the identity provider."),
    Fact("describe_tokens", "Which types does describe give ids, relations and sets?",
         {"pk": "integer", "relation": "relation", "set": "set"}, UNKNOWN,
         "Nothing: the tap knows these fields by their names. Send the report to the maintainers."),
    Fact("required_form", "Is `required` in describe a boolean or a letter?", "bool", UNKNOWN,
         "Nothing: all fields but `id` may be null in the catalog."),
    Fact("absent_fields", "Which fields known of records alone are missing here?", [],
         "records of a tenant of release 25B", "These properties stay null."),
    Fact("undescribed_fields", "Which fields of records does the catalog lack?", [],
         "records of a tenant of release 25B",
         "These fields are reported in each run and not read. Send the report to the maintainers."),
    Fact("key_forms", "Is the key of a related item its code, or company and code?",
         {"item": "plain"}, "records of a tenant of release 25B",
         "Bulk reads look keys up by code: compare `item_key` of both ways before you rely on it."),
    Fact("last_link", "What has the last page for `next_page`?", "null",
         f"{GUIDE}: pagination", "Nothing: the tap counts before it believes an end."),
    Fact("page_size_over", "What does a `page_size` above 1250 do?", "clamp", UNKNOWN,
         "Nothing: the tap asks for 1250 rows at most."),
    Fact("max_page_size", "How many rows does the largest page have?", 1250,
         f"{GUIDE}: pagination, since 23B", "Set `page_size` to this value."),
    Fact("page_size_zero", "What does `page_size=0` do?", "default", UNKNOWN,
         "Nothing: the tap never asks for it."),
    Fact("rows_per_page", "How many rows has a page of no size?", None,
         "WMS user: Rows per Page", "Nothing: the tap always names a size."),
    Fact("page_past_end", "What does a page past the end answer?", "404", UNKNOWN,
         "Nothing: the tap follows links and keys, not numbers."),
    Fact("bad_page", "What does a page that is no number answer?", "404", UNKNOWN,
         "Nothing: the tap never asks for it."),
    Fact("empty_list", "What does a list without rows answer?", "404",
         f"{GUIDE}: status codes", "Nothing: the tap takes all three for empty."),
    Fact("empty_response_parameter", "Does `empty_response_http_code` choose that answer?", YES,
         f"{GUIDE} 26A: empty response", "Nothing: the tap does not rely on it."),
    Fact("counts", "Does a paged list count its rows?", "exact", f"{GUIDE}: pagination",
         "Reads cannot be proved complete by counts; each report says so."),
    Fact("ordering", "Is `ordering=-id` kept?", "kept", f"{GUIDE}: ordering",
         "Do not use the tap here: its pages follow the order of ids."),
    Fact("keyset_paging", "Do pages by `id__gt` and `ordering=id` join without gap or overlap?",
         YES, f"{GUIDE}: filters, ordering",
         "Do not use the tap here: its pages follow the order of ids.", "ordering"),
    Fact("default_order", "In which order come rows when none is asked for?", "hash",
         f"{GUIDE}: there is no default ordering", "Nothing: the tap always asks for an order."),
    Fact("sequenced_cursor", "Does a cursor hold a position or an offset?", "position", UNKNOWN,
         "Entities without `id` may repeat or miss rows that change during a read.", "ordering"),
    Fact("ties_kept", "Do sequenced pages in an order with ties show each row once?", YES,
         UNKNOWN, "Entities without `id` may lack rows."),
    Fact("unknown_filter", "What does a filter by an unknown name do?", "400",
         f"{GUIDE}: status codes", "A mistyped filter reads everything: check `filters` twice."),
    Fact("unknown_field", "What does an unknown name in `fields` do?", "ignore", UNKNOWN,
         "Run discovery again after each release of WMS, before streams are read."),
    Fact("unknown_ordering", "What does an unknown name in `ordering` do?", "400", UNKNOWN,
         "Nothing: the tap orders by `id` alone.", "ordering"),
    Fact("unsupported_lookups", "Which lookups of filters are refused?", [],
         f"{GUIDE}: filters", "Reading by ranges and second looks by `id__in` fail without them."),
    Fact("fields_select", "Does `fields` give just the named fields?", YES,
         f"{GUIDE}: field selection", "Pages cost as much as whole records."),
    Fact("window_finds_row", "Does a window of `mod_ts` find a row by its own time stamp?", YES,
         f"{GUIDE}: filters, dates", "Do not read this tenant incrementally."),
    Fact("naive_times", "Whose zone have time stamps in filters that name none?", "user",
         f"{GUIDE}: dates", "Nothing: the tap names the offset; `filters` should, too."),
    Fact("time_zone", "Which offset have time stamps of records?", None,
         f"{GUIDE}: dates, of the user's default facility", "Nothing: the tap keeps the instant."),
    Fact("inventory_history_rule", "Does `inventory_history` refuse to be listed as a whole?",
         YES, f"{GUIDE}: inventory history", "Nothing: the tap names the combinations."),
    Fact("values_list", "Does `values_list` answer flat rows?", "on", f"{GUIDE}: values list",
         "The tap reads by records: set `read_mode` to records."),
    Fact("failing_paths", "Which paths over relations fail in a `values_list`?", {},
         f"{GUIDE}: values list", "Bulk reads cannot look up these keys.",
         "values_list"),
    Fact("alias_clash", "What must an alias in a `values_list` not equal?", "selected",
         f"{GUIDE}: values list", "Nothing: the tap uses no aliases of fields' names.",
         "values_list"),
    Fact("aggregates", "Does a `values_list` know `max(id)`?", YES,
         "WMS readiness 25C: aggregates", "Nothing: the tap asks for the greatest id by order.",
         "values_list"),
    Fact("error_codes", "Which codes have the error bodies of 400 and 404?",
         {"400": "VALIDATION_ERROR", "404": "NOT_FOUND"}, UNKNOWN,
         "Nothing: the tap goes by the status."),
    Fact("seconds_a_request", "How long takes a page of one id?", None, "measured", "For sizing."),
    Fact("seconds_a_row", "How long takes each further record?", None, "measured", "For sizing."),
    Fact("seconds_a_count", "How much longer takes a page that counts?", None, "measured",
         "Counts prove that reads are complete; slow ones cost each read so much."),
    Fact("seconds_a_window", "How much longer takes a page of a window of `mod_ts`?", None,
         "measured", "Where this is much, `mod_ts` has no index: run less often."),
    Fact("max_at_once", "From how many requests at a time on are more refused?", 0, UNKNOWN,
         "Set `max_concurrency` to this value."),
    Fact("seconds_a_row_at_once", "How long takes a record with 1, 2 and 4 requests at a time?",
         None, "measured", "For `max_concurrency`."),
    Fact("seconds_a_row_by_way", "How long takes each further row, flat and by records?", None,
         "measured", "Nothing: `read_mode` auto measures it again for each large entity."),
)  # fmt: skip
"""All questions, in the order in which they are asked."""
