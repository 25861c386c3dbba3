"""A report of a probe makes a stand-in that answers alike."""

from __future__ import annotations

import pytest
from oracle_standin.imitation import read_report


def test_facts_become_options_and_rules() -> None:
    report = [
        {"name": "release", "seen": "21.3.0.0.0"},
        {"name": "character_set", "seen": "WE8MSWIN1252"},
        {"name": "database_time_zone", "seen": "+02:00"},
        {"name": "parallel_dml", "seen": True},
        {"name": "char_padding", "seen": False},
        {"name": "index_growth", "seen": True},
        {"name": "weather", "seen": "fair"},
    ]
    options = {
        "era": 21,
        "charset": "WE8MSWIN1252",
        "db_time_zone": "+02:00",
        "parallel_dml": True,
        "rules": {"char_padding": False, "index_growth": True},
    }
    assert read_report(report) == (options, ["weather"])
    assert read_report({"facts": report}) == (options, ["weather"])


@pytest.mark.parametrize("report", [{}, "facts", [{"name": "release"}], [1]])
def test_what_is_no_report_is_refused(report: object) -> None:
    with pytest.raises(ValueError, match="not a report of facts"):
        read_report(report)
