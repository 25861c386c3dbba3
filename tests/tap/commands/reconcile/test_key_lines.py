"""Lines that are not whole end a comparison: nothing is ever proved by them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tap_oracle_wms.errors import KeysError

from tests.collector import Collector
from tests.tap.commands.reconcile.conftest import document, encoded, lines_of
from tests.tap.conftest import config_for, sentences

if TYPE_CHECKING:
    from collections.abc import Callable

    from wms_standin import WmsStandin

    from tests.tap.commands.reconcile.conftest import Judge
    from tests.tap.conftest import Program


def _swap(block: dict[str, Any]) -> None:
    keys = block["keys"]
    keys[1], keys[2] = keys[2], keys[1]


BROKEN: dict[str, tuple[Any, str]] = {
    "no lines": (lambda lines: lines.clear(), "broke off after 0 lines"),
    "no EOF": (lambda lines: lines.pop(), "broke off"),
    "no END": (lambda lines: lines.pop(-2), "stream item has not ended"),
    "neither": (lambda lines: lines.__delitem__(slice(-2, None)), "broke off"),
    "a block is lost": (lambda lines: lines.pop(2), "came with"),
    "a block comes twice": (lambda lines: lines.insert(2, lines[1]), "do not ascend"),
    "blocks out of order": (lambda lines: lines.insert(1, lines.pop(2)), "do not ascend"),
    "keys out of order": (lambda lines: _swap(lines[1]), "do not ascend"),
    "a key twice": (lambda lines: lines[1]["keys"].__setitem__(1, lines[1]["keys"][0]), "ascend"),
    "another version": (lambda lines: lines[0].__setitem__("version", 2), "version is 2"),
    "no version": (lambda lines: lines[0].pop("version"), "version"),
    "an unknown line": (lambda lines: lines.insert(1, {"type": "NOISE"}), "NOISE"),
    "another stream": (lambda lines: lines[1].__setitem__("stream", "x"), "another stream"),
    "too few values": (lambda lines: lines[1]["values"].pop(), "as many values"),
    "no values": (lambda lines: lines[1].pop("values"), "values"),
    "values that are no times": (
        lambda lines: lines[1]["values"].__setitem__(0, "secret"),
        "$.values[0]",
    ),
    "keys that are no ids": (lambda lines: lines[1]["keys"].__setitem__(0, "secret"), "$.keys[0]"),
    "another number at the end": (lambda lines: lines[-2].__setitem__("rows", 1), "came with"),
    "another number of streams": (lambda lines: lines[-1].__setitem__("streams", 2), "2 streams"),
    "a stream twice": (lambda lines: lines.__setitem__(slice(-1, -1), lines[:-1]), "second time"),
    "more after EOF": (lambda lines: lines.append(lines[-1]), "something follows"),
    "a block first": (lambda lines: lines.pop(0), "begin with KEYS"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_lines_that_break_a_rule_end_it(judge: Judge, name: str) -> None:
    change, says = BROKEN[name]
    lines = document(lines_of("item", judge.copy("item"), block=30))
    lines = json.loads(json.dumps(lines, default=str))
    change(lines)
    with pytest.raises(KeysError) as caught:
        judge.judge(encoded(lines))
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("length", [1, 2000, -1, -2])
def test_lines_that_are_cut_off_end_it(judge: Judge, length: int) -> None:
    text = encoded(document(lines_of("item", judge.copy("item"))))
    with pytest.raises(KeysError, match="broke off"):
        judge.judge(text[:length])


def test_what_is_no_json_ends_it(judge: Judge) -> None:
    with pytest.raises(KeysError, match="Line 1 of the keys"):
        judge.judge(b"ORA-12514\n")


def test_a_longer_line_than_any_ends_it(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_oracle_wms.commands.reconcile.key_lines.LONGEST", 1000)
    with pytest.raises(KeysError, match="broke off"):
        judge.judge(document(lines_of("item", judge.copy("item"))))


def test_as_a_program(judge: Judge, wms: WmsStandin, program: Callable[..., Program]) -> None:
    lines = document(lines_of("item", judge.copy("item")))
    config = config_for(wms, entities="item")
    good = program("--reconcile", config=config, stdin=encoded(lines).decode())
    cut = program("--reconcile=heal", config=config, stdin=encoded(lines[:-1]).decode())

    assert good.returncode == 0, good.stderr
    assert json.loads(good.stdout)["equal"] is True
    assert "Proved equal: " in good.stderr
    assert (cut.returncode, cut.stdout) == (1, "")
    (sentence,) = sentences(cut)
    assert "broke off" in sentence


def test_what_is_compared_and_healed_is_counted_by_opentelemetry(
    judge: Judge, wms: WmsStandin, program: Callable[..., Program]
) -> None:
    held = judge.copy("item")
    missing, older, *_ = sorted(held)
    del held[missing]
    held[older] -= timedelta(days=1)
    lines = encoded(document(lines_of("item", held | {max(held) + 1: None}))).decode()
    with Collector() as collector:
        config = config_for(wms, entities="item")
        done = program("--reconcile=heal", config=config, stdin=lines, **collector.environment)

    assert done.returncode == 0, done.stderr
    item = {"singer.stream": "item"}
    counted = {
        kind: collector.total("singer.rows.differing", **item, **{"singer.kind": kind})
        for kind in ("missing", "stale", "newer", "extra")
    }
    assert counted == {"missing": 1, "stale": 1, "newer": 0, "extra": 1}
    assert collector.total("singer.rows.compared", **item) == len(held)
    assert collector.total("singer.rows.healed", **item) == 3
