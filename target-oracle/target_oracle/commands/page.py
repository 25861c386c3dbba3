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
_MARKS = {"finished": "✓", "incomplete": "◐", "failed": "✕", "stopped": "■"}
_RESULTS = {"equal": "✓ proved equal", "healed": "✓ healed", "different": "≠ different"}


def page(answer: Answer) -> str:
    """Return the whole file."""
    environment = Environment(
        loader=PackageLoader("target_oracle.commands", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"clock": _clock, "span": span}
    environment.tests["moment"] = _is_moment
    details = {"streams": {}, "runs": [], "load_log": None} | answer.details
    by_need = sorted(details["streams"].items(), key=_is_fine)
    return environment.get_template("page.html").render(
        details | {"streams": dict(by_need)},
        answer=answer,
        plot_lag=_plot_lag,
        plot_rows=_plot_rows,
        VERDICTS=_VERDICTS,
        MARKS=_MARKS,
        RESULTS=_RESULTS,
    )


def _is_fine(named: tuple[str, dict[str, Any]]) -> tuple[bool, str]:
    """Order streams that need a look before the others, each kind by name."""
    name, stream = named
    return stream["status"] == "finished" and not stream["late"], name


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
