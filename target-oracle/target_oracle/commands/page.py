"""The status as one HTML file that needs nothing beside it: no script, no font, no server."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from target_oracle.commands.plots import bars, line
from target_oracle.commands.status import span

if TYPE_CHECKING:
    from target_oracle.commands.answers import Answer

_VERDICTS = {
    "healthy": "All streams are loaded and in time",
    "degraded": "Something needs a look",
    "unhealthy": "The status cannot be told",
}
LISTED = 6
"""How many last runs the details of a stream list."""
_MARKS = {"finished": "✓", "incomplete": "◐", "failed": "✕", "stopped": "■"}
_RESULTS = {"equal": "✓ proved equal", "healed": "✓ healed", "different": "≠ different"}

_COMPARED = {
    "rows_in_source": "rows in the source",
    "rows_in_table": "in the table",
    "rows_missing": "missing",
    "rows_stale": "stale",
    "rows_newer": "newer",
    "rows_extra": "extra",
    "rows_healed": "written to heal",
}


def page(answer: Answer, refresh: int | None = None) -> str:
    """Return the whole file; `refresh` is after how many seconds a browser loads it again."""
    environment = Environment(
        loader=PackageLoader("target_oracle.commands", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"clock": _clock, "span": span, "summary": _summary}
    environment.tests["moment"] = _is_moment
    details = {"streams": {}, "runs": [], "load_log": None, "only": {}} | answer.details
    by_need = sorted(details["streams"].items(), key=_is_fine)
    return environment.get_template("page.html").render(
        details | {"streams": dict(by_need)},
        answer=answer,
        refresh=refresh,
        LISTED=LISTED,
        plot_lag=_plot_lag,
        plot_rows=_plot_rows,
        VERDICTS=_VERDICTS,
        MARKS=_MARKS,
        RESULTS=_RESULTS,
        COMPARED=_COMPARED,
    )


def _is_fine(named: tuple[str, dict[str, Any]]) -> tuple[bool, str]:
    """Order streams that need a look before the others, each kind by name."""
    name, stream = named
    return stream["status"] == "finished" and not stream["late"], name


def _summary(stream: dict[str, Any]) -> str:
    """Say what the details of a stream hold."""
    rejects = sum(each["rows"] for each in stream["rejects"])
    changes = sum(bool(each["schema_changes"]) for each in stream["runs"])
    runs = min(len(stream["runs"]), LISTED)
    parts = [
        f"{runs} runs" if runs != 1 else "1 run",
        f"{rejects:,} rejected" if rejects else "",
        "schema not as it was" if changes else "",
        "comparison" if stream["compared"] else "",
    ]
    return ", ".join(filter(None, parts))


def _plot_lag(stream: dict[str, Any]) -> str:
    """Plot how old the data was at the end of each run, and is now."""
    lags = [*(each["lag_seconds"] for each in stream["runs"]), stream["age_seconds"]]
    minutes = stream["late_after_minutes"]
    limit = None if minutes is None else minutes * 60
    states = [*_states(stream), "late" if stream["late"] else "finished"]
    return line(lags, states, limit, "age of the data after each run, and now", span)


def _plot_rows(stream: dict[str, Any]) -> str:
    rows = [each["rows_read"] for each in stream["runs"]]
    return bars(rows, _states(stream), "rows read by each run")


def _states(stream: dict[str, Any]) -> list[str]:
    return [each["status"] for each in stream["runs"]]


def _is_moment(value: str | None) -> bool:
    try:
        datetime.fromisoformat(value or "")
    except ValueError:
        return False
    return True


def _clock(value: str) -> str:
    return datetime.fromisoformat(value).strftime("%Y-%m-%d %H:%M:%S")
