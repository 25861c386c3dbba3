"""What can go wrong with an extract is found, said in one sentence, never half-read in silence."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from wms_standin import ExtractFault, ExtractOptions, Fault, User

from tests.tap.conftest import Program, Run, config_for, replayed, run, tap_with

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wms_standin import WmsStandin

ENTITY = "order_dtl"

SPLIT = ExtractOptions(bytes_per_mb=4_000, polls_pending=0, polls_running=0)
"""Some files for each entity."""


@pytest.fixture
def config(wms: WmsStandin, bulk: dict[str, Any]) -> dict[str, Any]:
    wms.extracts.options = SPLIT
    return {**bulk, "entities": ENTITY, "extract_file_size_mb": 10, "extract_related": "omit"}


def is_no_success(done: Run) -> bool:
    """An error, and a state that says nothing was read."""
    assert done.error is not None
    assert not done.of("ACTIVATE_VERSION")
    return "replication_key_value" not in done.state.get("bookmarks", {}).get(ENTITY, {})


def heals(wms: WmsStandin, config: dict[str, Any], broken: Run) -> bool:
    """The next run, from the state that the broken one left, reads everything."""
    wms.heal()
    after = run(config, state=json.loads(json.dumps(broken.state, default=str)))
    assert after.error is None
    seen = replayed(broken.records(ENTITY)) | replayed(after.records(ENTITY))
    assert "replication_key_value" in after.bookmark(ENTITY)
    return seen.keys() == {row["id"] for row in wms.world.rows(ENTITY)}


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


# Going on


def test_a_run_that_was_killed_goes_on_with_the_files_that_are_left(
    wms: WmsStandin, config: dict[str, Any], folder: Path
) -> None:
    whole = run({**config, "extract_cleanup": False})
    states = [m["value"]["bookmarks"][ENTITY] for m in killed_after(2, config).of("STATE")]
    begun = states[-1]["extract"]
    assert 0 < len(begun["files"]) < len(list(folder.rglob(f"*{begun['id']}*")))
    assert "replication_key_value" not in states[-1]

    resumed = run(config, state={"bookmarks": {ENTITY: states[-1]}})

    assert resumed.error is None
    read = sum(rows for _, rows, _ in begun["files"].values())
    assert len(resumed.records(ENTITY)) == wms.world.count(ENTITY) - read
    assert len(wms.extracts.jobs) == 2
    assert resumed.bookmark(ENTITY)["replication_key_value"] == states[-1]["full_load"]["mark"]
    assert resumed.of("ACTIVATE_VERSION")[-1]["version"] == begun["version"]
    assert replayed(whole.records(ENTITY)).keys() >= replayed(resumed.records(ENTITY)).keys()


def killed_after(files: int, config: dict[str, Any], state: Any = None) -> Run:
    """A run that ends after some files, with a STATE after each."""
    from tap_oracle_wms.extract.files import FileReader  # noqa: PLC0415

    real, seen = FileReader._one, 0

    def counted(self: Any, *args: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen > files:
            raise KeyboardInterrupt
        yield from real(self, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileReader, "_one", counted)
        return run_interrupted(config, state)


def run_interrupted(config: dict[str, Any], state: Any) -> Run:
    import io  # noqa: PLC0415
    from contextlib import redirect_stdout, suppress  # noqa: PLC0415

    from tests.tap.conftest import parsed  # noqa: PLC0415

    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    with redirect_stdout(out):
        tap = tap_with(state_seconds=0.0)(config=dict(config), state=state)
        with suppress(KeyboardInterrupt):
            tap.run()
        tap.close()
    out.seek(0)
    return Run(parsed(out.read()), tap)


def test_a_file_rewritten_between_two_runs_is_found(
    wms: WmsStandin, config: dict[str, Any], folder: Path
) -> None:
    state = killed_after(2, config).state
    begun = state["bookmarks"][ENTITY]["extract"]
    path = next(p for p in folder.rglob("*") if str(p).endswith(next(iter(begun["files"]))))
    path.write_bytes(path.read_bytes() + b" ")

    broken = run(config, state=state)

    assert is_no_success(broken)
    assert "was written again" in str(broken.error)
    assert heals(wms, config, broken)


def test_files_that_are_gone_lead_to_a_new_extract(
    wms: WmsStandin, config: dict[str, Any], folder: Path
) -> None:
    state = killed_after(2, config).state
    for path in folder.rglob("data_ocwms_*"):
        path.unlink()

    broken = run(config, state=state)

    assert is_no_success(broken)
    assert "a file is missing or cut off" in str(broken.error)
    assert heals(wms, config, broken)


def test_an_extract_of_other_fields_is_not_gone_on_with(
    wms: WmsStandin, config: dict[str, Any]
) -> None:
    state = killed_after(2, config).state

    done = run({**config, "extract_format": "json"}, state=state)

    assert done.error is None
    assert len(done.records(ENTITY)) == wms.world.count(ENTITY)
    assert len(wms.extracts.jobs) == 2


def test_an_extract_is_not_gone_on_with_after_a_run_by_pages(
    wms: WmsStandin, config: dict[str, Any]
) -> None:
    rows = wms.world.ids(ENTITY)[:20]
    by_pages = config_for(wms, entities=ENTITY)

    def change(text: str) -> None:
        wms.clock.shift(timedelta(hours=1))
        for row in rows:
            wms.world.update(ENTITY, row, cust_field_1=text)
        wms.clock.shift(timedelta(minutes=30))

    wms.extracts.options = ExtractOptions(bytes_per_mb=400, polls_pending=0, polls_running=0)
    state = run(by_pages).state
    change("old")
    begun = killed_after(2, config, state).state
    assert 0 < len(begun["bookmarks"][ENTITY]["extract"]["files"]) < 5
    change("new")
    paged = run(by_pages, state=begun)
    last = run(config, state=json.loads(json.dumps(paged.state)))

    assert last.error is None
    table = replayed(paged.records(ENTITY) + last.records(ENTITY))
    assert {table[row]["cust_field_1"] for row in rows} == {"new"}


def test_a_full_extract_is_not_gone_on_with_where_pages_have_begun(
    wms: WmsStandin, config: dict[str, Any]
) -> None:
    begun = killed_after(2, config).state
    paged = run(config_for(wms, entities=ENTITY, record_limit=30), state=begun)
    assert paged.bookmark(ENTITY)["full_load"]["done"]

    last = run(config, state=paged.state)

    assert last.error is None
    assert len(last.records(ENTITY)) == wms.world.count(ENTITY)


def test_the_program_ends_with_one_sentence_and_no_success(
    wms: WmsStandin, config: dict[str, Any], program: Callable[..., Program]
) -> None:
    wms.extracts.fail(ExtractFault(kind="missing"))

    done = program(config=config)

    assert done.returncode == 1
    last = [line for line in done.stderr.splitlines() if line][-1]
    assert "a file is missing or cut off" in last
    assert "Traceback" not in done.stderr


# Windows


def test_incremental_runs_follow_a_full_extract_without_a_gap(
    wms: WmsStandin, config: dict[str, Any]
) -> None:
    first = run(config)
    wms.clock.shift(timedelta(hours=1))
    changes = wms.world.mutate(seed=3, n=12, entities=(ENTITY,))
    wms.world.late_commit(ENTITY, timedelta(minutes=5))
    wms.clock.shift(timedelta(minutes=1))

    second = run(config, state=first.state)
    by_pages = run(config_for(wms, entities=ENTITY), state=first.state)

    assert changes
    assert second.error is None
    ids = [record["id"] for record in second.records(ENTITY)]
    assert sorted(ids) == sorted(record["id"] for record in by_pages.records(ENTITY))
    assert 0 < len(ids) < wms.world.count(ENTITY)
    assert (
        second.bookmark(ENTITY)["replication_key_value"]
        >= first.bookmark(ENTITY)["replication_key_value"]
    )
    asked = wms.extracts.jobs[list(wms.extracts.jobs)[-1]]
    assert len(asked.tasks[0].rows) >= len(ids)


def test_an_end_date_holds_though_wms_knows_no_upper_bound(
    wms: WmsStandin, config: dict[str, Any]
) -> None:
    dates = {"start_date": "2024-06-01", "end_date": "2025-01-01"}

    done = run({**config, **dates})
    pages = run(config_for(wms, entities=ENTITY, **dates))

    assert done.error is None
    ids = replayed(done.records(ENTITY)).keys()
    assert ids == replayed(pages.records(ENTITY)).keys()
    assert 0 < len(ids) < wms.world.count(ENTITY)
    assert done.bookmark(ENTITY) | {"extract": None} == pages.bookmark(ENTITY) | {"extract": None}


def test_files_are_deleted_once_their_rows_have_arrived(
    wms: WmsStandin, config: dict[str, Any], folder: Path
) -> None:
    first = run(config)
    files = {path.name for path in folder.rglob("data_ocwms_*")}
    assert files

    run({**config, "extract_cleanup": False}, state=first.state)
    assert files <= {path.name for path in folder.rglob("data_ocwms_*")}
    run(config, state=first.state)
    assert not files & {path.name for path in folder.rglob("data_ocwms_*")}
