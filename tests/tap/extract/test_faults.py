"""What can go wrong with an extract is found, said in one sentence, never half-read in silence."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from wms_standin import ExtractFault, ExtractOptions, Fault, User

from tests.tap.conftest import Program, replayed, run
from tests.tap.extract.judged import ENTITY, heals, is_no_success

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wms_standin import WmsStandin


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("fails", "failed: ORA-20000: the export was interrupted."),
        ("partial", "failed: ORA-20000: the export was interrupted."),
        ("hangs", "has not ended within 0.5 s (`extract_timeout_seconds`), it is RUNNING."),
        ("missing", "rows, but WMS shows"),
        ("truncated", "cannot be read: it is cut off or damaged"),
        ("empty_file", "cannot be read: it is empty."),
        ("extra", "is none that WMS extracts"),
        ("foreign", "lacks "),
        ("rewritten", "was written again while it was read"),
    ],
)
def test_what_goes_wrong_is_said_and_made_good(
    wms: WmsStandin, config: dict[str, Any], folder: Path, kind: Any, sentence: str
) -> None:
    wms.extracts.fail(ExtractFault(kind=kind))
    begun = time.monotonic()

    broken = run({**config, "extract_timeout_seconds": 0.5})

    assert time.monotonic() - begun < 30  # `extract_settle_seconds` are 60 unless they are set
    assert is_no_success(broken)
    assert sentence in str(broken.error)
    assert str(broken.error).count("\n") == 0
    for path in folder.rglob("*.tmp"):
        path.unlink()
    assert heals(wms, config, broken)


@pytest.mark.parametrize("form", ["json", "csv"])
@pytest.mark.parametrize("compressed", [True, False])
def test_text_that_is_cut_off_is_found(
    wms: WmsStandin, config: dict[str, Any], form: str, compressed: bool
) -> None:
    wms.extracts.fail(ExtractFault(kind="truncated"))

    broken = run({**config, "extract_format": form, "extract_compressed": compressed})

    assert is_no_success(broken)
    assert "it is cut off or damaged" in str(broken.error)


def test_a_file_that_comes_late_is_waited_for(wms: WmsStandin, config: dict[str, Any]) -> None:
    wms.extracts.fail(ExtractFault(kind="straggler"))

    done = run(config)

    assert done.error is None
    assert replayed(done.records(ENTITY)).keys() == {row["id"] for row in wms.world.rows(ENTITY)}


def test_a_copy_of_a_file_is_left_out(
    wms: WmsStandin, config: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    wms.extracts.fail(ExtractFault(kind="duplicate"))

    done = run(config)

    assert done.error is None
    ids = [record["id"] for record in done.records(ENTITY)]
    assert len(ids) == len(set(ids)) == wms.world.count(ENTITY)
    assert "is the same as" in caplog.text


def test_an_answer_that_is_lost_starts_one_extract(wms: WmsStandin, config: dict[str, Any]) -> None:
    wms.fail(Fault(kind="reset", path="*push_to_object_store", times=1))
    wms.fail(Fault(kind="cut", path="*push_to_object_store", times=1))

    done = run(config)

    assert done.error is None
    assert len(wms.extracts.jobs) == 1
    assert len(done.records(ENTITY)) == wms.world.count(ENTITY)


def test_a_status_that_fails_for_a_while_is_asked_for_again(
    wms: WmsStandin, config: dict[str, Any]
) -> None:
    wms.fail(Fault(path="*export_async_status", times=3))

    done = run(config)

    assert done.error is None
    assert len(done.records(ENTITY)) == wms.world.count(ENTITY)


def test_a_user_without_the_flag_is_told_which(wms: WmsStandin, config: dict[str, Any]) -> None:
    wms.add_user(User(name=wms.username, password=wms.password))

    broken = run(config)

    assert is_no_success(broken)
    assert "async_data_extract_flg" in str(broken.error)


def test_an_endpoint_that_wms_does_not_know_is_named(
    wms: WmsStandin, config: dict[str, Any]
) -> None:
    broken = run({**config, "extract_endpoint": "POND"})

    assert is_no_success(broken)
    assert "Invalid endpoint" in str(broken.error)


def test_times_in_another_form_than_25c_are_not_guessed(
    wms: WmsStandin, config: dict[str, Any]
) -> None:
    wms.extracts.options = ExtractOptions(timestamps="oracle")

    broken = run(config)

    assert is_no_success(broken)
    assert f"Stream {ENTITY}, field create_ts" in str(broken.error)
    assert "is no date-time in ISO form, as of WMS 25C" in str(broken.error)


def test_csv_that_can_be_read_in_two_ways_is_refused(
    wms: WmsStandin, config: dict[str, Any]
) -> None:
    wms.extracts.options = ExtractOptions(csv_backslashes="doubled")

    broken = run({**config, "extract_format": "csv"})

    assert is_no_success(broken)
    assert "a backslash that can be read in two ways" in str(broken.error)


def test_csv_with_bare_quotes_is_refused(wms: WmsStandin, config: dict[str, Any]) -> None:
    wms.extracts.options = ExtractOptions(csv_quotes="bare")

    broken = run({**config, "extract_format": "csv"})

    assert is_no_success(broken)
    assert "cannot be read" in str(broken.error)


def test_the_program_ends_with_one_sentence_and_no_success(
    wms: WmsStandin, config: dict[str, Any], program: Callable[..., Program]
) -> None:
    wms.extracts.fail(ExtractFault(kind="missing"))

    done = program(config=config)

    assert done.returncode == 1
    last = [line for line in done.stderr.splitlines() if line][-1]
    assert "a file is missing or cut off" in last
    assert "Traceback" not in done.stderr
