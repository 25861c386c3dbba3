"""An extract that was interrupted is gone on with, unless something has changed meanwhile."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from wms_standin import ExtractOptions

from tests.tap.conftest import Run, config_for, replayed, run, tap_with
from tests.tap.extract.judged import ENTITY, heals, is_no_success

if TYPE_CHECKING:
    from pathlib import Path

    from wms_standin import WmsStandin


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
