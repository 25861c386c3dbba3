"""The status as one HTML file that needs nothing beside it: no script, no font, no server."""

from __future__ import annotations

from datetime import datetime
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from target_oracle.commands.plots import bars, line
from target_oracle.commands.status import span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_oracle.commands.answers import Answer

_VERDICTS = {
    "healthy": "All streams are loaded and in time",
    "degraded": "Something needs a look",
    "unhealthy": "The status cannot be told",
}
_MARKS = {"finished": "✓", "incomplete": "◐", "failed": "✕", "stopped": "■"}

# Whatever the names of streams and the texts of errors hold, nothing is run or fetched.
_POLICY = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
)

_STREAM_HEADS = (
    ("Stream", ""), ("Last run", ""), ("Ended", ""), ("Age", "n"), ("Lag", ""), ("Rows", ""),
    ("Read", "n"), ("Written", "n"), ("Rejected", "n"), ("Pages", "n"), ("Retries", "n"),
    ("Rows/s", "n"), ("Bookmark", ""),
)  # fmt: skip
_RUN_HEADS = (
    ("Started", ""), ("Run", ""), ("Status", ""), ("Took", "n"), ("Streams", "n"), ("Read", "n"),
    ("Written", "n"), ("Rejected", "n"), ("Exit code", "n"), ("Error", ""),
)  # fmt: skip


def page(answer: Answer) -> str:
    """The whole file."""
    style = files("target_oracle.commands").joinpath("page.css").read_text("utf-8")
    streams = answer.details.get("streams", {}).items()
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        _POLICY,
        f"<title>Loads: {escape(answer.status)}</title><style>{style}</style></head><body>",
        _head(answer),
        _table("streams", "Streams", _STREAM_HEADS, (_stream(n, each) for n, each in streams)),
        _table("runs", "Last runs", _RUN_HEADS, map(_run, answer.details.get("runs", []))),
        "</body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _head(answer: Answer) -> str:
    problems = "".join(f"<li>{escape(problem)}</li>" for problem in answer.problems)
    where = answer.details.get("load_log")
    source = f" from <code>{escape(where)}</code>" if where else ""
    return (
        f'<header><h1 class="{escape(answer.status)}">{_VERDICTS[answer.status]}</h1>'
        f"<p>As of {_time(answer.as_dict()['last_check'])}{source}. Times are in UTC.</p>"
        + (f'<ul class="problems">{problems}</ul>' if problems else "")
        + "</header>"
    )


def _table(name: str, caption: str, heads: Sequence[tuple[str, str]], rows: Iterable[str]) -> str:
    found = "\n".join(rows)
    if not found:
        return ""
    cells = "".join(f'<th scope="col" class="{kind}">{text}</th>' for text, kind in heads)
    return (
        f'<section><h2>{caption}</h2><div class="wide"><table id="{name}">'
        f"<thead><tr>{cells}</tr></thead><tbody>\n{found}\n</tbody></table></div></section>"
    )


def _stream(name: str, stream: dict[str, Any]) -> str:
    run, runs = stream["last_run"], stream["runs"]
    states = [each["status"] for each in runs]
    rows = [each["rows_read"] for each in runs]
    kind = " ".join([stream["status"], *(["late"] if stream["late"] else [])])
    cells = [
        f'<th scope="row">{escape(name)}</th>',
        f"<td>{_badge(stream['status'])}</td>",
        f"<td>{_time(run['ended_at'])}</td>",
        f'<td class="n age">{_age(stream)}</td>',
        f"<td>{_lag(stream, states)}</td>",
        f"<td>{bars(rows, states, 'rows read by each run')}</td>",
        *(_number(run[each]) for each in ("rows_read", "rows_written")),
        _number(run["rows_rejected"], alarming=True),
        _number(run["pages"]),
        _number(run["retries"]),
        _number(run["rows_per_second"]),
        f"<td>{_bookmark(stream['bookmark'])}</td>",
    ]
    return f'<tr class="{escape(kind)}" data-stream="{escape(name)}">{"".join(cells)}</tr>'


def _lag(stream: dict[str, Any], states: list[str]) -> str:
    """How old the data was at the end of each run, and is now."""
    lags = [*(each["lag_seconds"] for each in stream["runs"]), stream["age_seconds"]]
    minutes = stream["late_after_minutes"]
    limit = None if minutes is None else minutes * 60
    now = "late" if stream["late"] else "finished"
    return line(lags, [*states, now], limit, "age of the data after each run, and now", span)


def _run(run: dict[str, Any]) -> str:
    cells = [
        f'<th scope="row">{_time(run["started_at"])}</th>',
        f"<td><code>{escape(run['run_id'])}</code></td>",
        f"<td>{_badge(run['status'])}</td>",
        f'<td class="n">{span(run["seconds"])}</td>',
        *(_number(run[each]) for each in ("streams", "rows_read", "rows_written")),
        _number(run["rows_rejected"], alarming=True),
        _number(run["exit_code"]),
        f'<td class="error">{escape(run["error"] or "")}</td>',
    ]
    return f'<tr class="{escape(run["status"])}">{"".join(cells)}</tr>'


def _badge(status: str) -> str:
    mark = _MARKS.get(status, "?")
    return f'<span class="badge {escape(status)}">{mark} {escape(status)}</span>'


def _age(stream: dict[str, Any]) -> str:
    age = "never loaded" if stream["age_seconds"] is None else span(stream["age_seconds"])
    if not stream["late"]:
        return age
    allowed = span(stream["late_after_minutes"] * 60)
    return f'<span class="badge late" title="allowed: {allowed}">▲ late</span> {age}'


def _number(value: int | None, *, alarming: bool = False) -> str:
    kind = "n alarm" if alarming and value else "n none" if not value else "n"
    return f'<td class="{kind}">{"" if value is None else f"{value:,}"}</td>'


def _bookmark(value: str | None) -> str:
    """An instant to the second; anything else as it is."""
    if value is None:
        return ""
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return f"<code>{escape(value)}</code>"
    return _time(value)


def _time(value: str) -> str:
    shown = datetime.fromisoformat(value).strftime("%Y-%m-%d %H:%M:%S")
    return f'<time datetime="{escape(value)}">{shown}</time>'
