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


def test_what_was_not_asked_is_as_by_default() -> None:
    report = [
        {"name": "release", "seen": "23.4.0", "as_expected": None},
        {"name": "compatible", "seen": None, "as_expected": None},
        {"name": "extended_lobs", "seen": None, "as_expected": None},
        {"name": "triggers", "seen": None, "as_expected": False},
        {"name": "sunshine", "seen": True, "as_expected": True},
        {"name": "weather", "seen": "foul", "as_expected": False},
    ]
    assert read_report(report) == ({"era": 23, "rules": {"triggers": False}}, ["weather"])


@pytest.mark.parametrize("report", [{}, "facts", [{"name": "release"}], [1]])
def test_what_is_no_report_is_refused(report: object) -> None:
    with pytest.raises(ValueError, match="not a report of facts"):
        read_report(report)
