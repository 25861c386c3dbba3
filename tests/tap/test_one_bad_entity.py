"""One entity that cannot be read spoils no other, and no run that left it out looks whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tap_oracle_wms.errors import UnavailableError
from wms_standin import Fault

from tests.tap.conftest import config_for, run, sentences

if TYPE_CHECKING:
    from collections.abc import Callable

    from wms_standin import WmsStandin
    from wms_standin.faults.roles import Role

    from tests.tap.conftest import Program

BAD = "uom_class"
LEFT_OUT = f"Not all entities that were chosen could be read; left out: {BAD}."

FAULTS: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "400": {"status": 400},
    "error body": {"kind": "error_body"},
}


def config(wms: WmsStandin, **more: Any) -> dict[str, Any]:
    """A glob that matches a bad entity among good ones; settings that give up soon."""
    return config_for(wms, **{"entities": "uom*", "max_retries": 1, **more})


@pytest.mark.parametrize("step", ["describe", "list"])
@pytest.mark.parametrize("fault", FAULTS)
def test_an_entity_that_a_glob_chose_is_left_out_and_told(
    wms: WmsStandin, caplog: pytest.LogCaptureFixture, fault: str, step: Role
) -> None:
    wms.fail(Fault(entity=BAD, request=step, **FAULTS[fault]))

    done = run(config(wms))

    assert sorted(r["id"] for r in done.records("uom")) == wms.world.ids("uom")
    assert done.records(BAD) == []
    assert str(done.error).startswith(LEFT_OUT)
    warnings = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    (told,) = [w for w in warnings if w.startswith(f"Entity {BAD} is left out")]
    assert "`exclude_entities`" in told
    report = done.state["report"]
    assert (report["status"], report["exit_code"], report["left_out"]) == ("failed", 1, [BAD])
    assert report["streams"]["uom"]["finished"]
    assert [m["stream"] for m in done.of("ACTIVATE_VERSION") if m["stream"] == BAD] == []


@pytest.mark.parametrize("step", ["describe", "list"])
def test_a_setting_says_that_it_is_fine(wms: WmsStandin, step: Role) -> None:
    wms.fail(Fault(entity=BAD, request=step, status=500))

    done = run(config(wms, on_entity_error="skip"))

    assert done.error is None
    assert sorted(r["id"] for r in done.records("uom")) == wms.world.ids("uom")
    report = done.state["report"]
    assert (report["status"], report["exit_code"], report["left_out"]) == ("finished", 0, [BAD])


def test_an_entity_of_which_rows_are_out_is_never_fine(wms: WmsStandin) -> None:
    wms.fail(Fault(entity="order_dtl", request="list", status=500, after=4))

    done = run(
        config(wms, entities="order_dt*", on_entity_error="skip", page_size=20, max_concurrency=1)
    )

    assert 0 < len(done.records("order_dtl")) < wms.world.count("order_dtl")
    assert "left out: order_dtl" in str(done.error)
    assert not [m for m in done.of("ACTIVATE_VERSION") if m["stream"] == "order_dtl"]


def test_a_run_that_reads_nothing_is_never_fine(wms: WmsStandin) -> None:
    wms.fail(Fault(entity="uom*", request="describe", status=500))

    done = run(config(wms, on_entity_error="skip"))

    assert "left out: uom" in str(done.error)
    assert done.records("uom") == []


def test_an_entity_that_was_named_is_an_error(wms: WmsStandin) -> None:
    wms.fail(Fault(entity=BAD, request="list", status=500))

    done = run(config(wms, entities=f"{BAD},uom", on_entity_error="skip"))

    assert "status 500" in str(done.error)


def test_a_catalog_has_all_entities_but_the_bad_one(
    wms: WmsStandin, program: Callable[..., Program]
) -> None:
    wms.fail(Fault(entity=BAD, request="describe", status=500))

    done = program("--discover", config=config(wms, max_retries=0))
    fine = program("--discover", config=config(wms, max_retries=0, on_entity_error="skip"))

    names = {entry["stream"] for entry in json.loads(done.stdout)["streams"]}
    assert "uom" in names
    assert BAD not in names
    assert done.returncode == 1
    (said,) = sentences(done)
    assert said.startswith(LEFT_OUT)
    assert f"Entity {BAD} is left out" in done.stderr
    assert (fine.returncode, fine.stdout) == (0, done.stdout)


def test_a_run_that_fails_at_everything_is_given_up(wms: WmsStandin) -> None:
    wms.fail(Fault(entity="uom*", status=500))

    with pytest.raises(UnavailableError, match=r"^The run is given up"):
        run(config(wms, breaker_failures=2, on_entity_error="skip"))
