"""A stand-in that starts from a probe's report."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest
from wms_standin import Options, User, WmsStandin
from wms_standin.server.imitation import FACTS, LATENCIES, USER_FACTS, alternatives, imitate

if TYPE_CHECKING:
    from pathlib import Path


def report(**seen: Any) -> dict[str, Any]:
    return {"facts": [{"name": name, "seen": value} for name, value in seen.items()]}


@pytest.mark.parametrize(("option", "value"), alternatives(), ids=str)
def test_a_fact_sets_its_option_also_when_read_from_json(option: str, value: Any) -> None:
    written = msgspec.json.decode(msgspec.json.encode(report(**{FACTS[option]: value})))
    like = imitate(written)
    assert like.options == Options(**{option: value})
    assert (like.ignored, like.user) == ((), {})


def test_what_was_not_seen_and_what_no_option_tells_changes_nothing() -> None:
    like = imitate(report(gzip=None, tie_order="odd", page_past_end="400", answer=42))
    assert like.options == Options(page_past_end="400")
    assert like.ignored == ("answer", "tie_order")


def test_costs_and_the_user_are_facts_too() -> None:
    like = imitate(report(seconds_a_row=0.02, seconds_a_flat_row=0.001, rows_per_page=50))
    assert (like.latency.row, like.latency.flat, like.latency.base) == (0.02, 0.001, 0.9)
    assert like.of_user(User(name="a", password="b")).rows_per_page == 50


@pytest.mark.parametrize(
    ("seen", "zone"),
    [("-03:00", "Etc/GMT+3"), ("+01:00", "Etc/GMT-1"), ("+00:00", "Etc/GMT+0"),
     ("+05:30", "Asia/Kolkata"), ("Europe/Berlin", "Europe/Berlin")],
)  # fmt: skip
def test_an_offset_becomes_a_zone(seen: str, zone: str) -> None:
    user = imitate(report(time_zone=seen)).of_user(User(name="a", password="b"))
    assert user.time_zone == zone


def test_a_value_that_the_option_does_not_have_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="418"):
        imitate(report(page_past_end="418"))


def test_no_fact_tells_two_things() -> None:
    names = [*FACTS.values(), *LATENCIES.values(), *USER_FACTS.values()]
    assert len(names) == len(set(names))


def test_the_command_line_imitates_a_report(tmp_path: Path) -> None:
    path = tmp_path / "tenant.json"
    path.write_text(json.dumps(report(empty_list="200", time_zone="+05:30", odd="x")))
    command = [sys.executable, "-m", "wms_standin", "--as", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            ready = (process.stdout or pytest.fail("no pipe")).readline().decode()
            url = f"{ready.split()[1]}/wms/lgfapi/v10/entity"
            auth = (WmsStandin.username, WmsStandin.password)
            assert httpx.get(f"{url}/company?code=no", auth=auth).status_code == 200
            row = httpx.get(f"{url}/company?page_size=1", auth=auth).json()["results"][0]
            assert row["mod_ts"].endswith("+05:30")
        finally:
            process.terminate()
        _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors.decode()) == (0, "not imitated: odd\n")
