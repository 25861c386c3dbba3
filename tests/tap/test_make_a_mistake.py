"""A user's mistake gets one sentence and moves no bookmark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from wms_standin import User

from tests.tap.conftest import (
    Program,
    config_for,
    discovered,
    ended,
    parsed,
    run,
    selected,
    sentences,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from wms_standin import WmsStandin

    Start = Callable[..., Program]


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "password": ({"password": "hunter2"}, "WMS refused the credentials (401)"),
    "host": ({"base_url": "https://no-such-host.invalid/acme"}, "no-such-host.invalid is unknown"),
    "setting": ({"page_sise": 5}, "`page_sise` is unknown; did you mean `page_size`?"),
    "value": ({"page_size": "many"}, "Setting `page_size` is wrong"),
    "entity": ({"entities": "order_hd"}, "no entity `order_hd`"),
    "credentials": ({"username": ""}, "Set `username`, which `auth_method` basic needs"),
    "address": ({"base_url": "https://x1.wms.example.com"}, "lacks the environment name"),
}


MODES = [("run", mistake) for mistake in MISTAKES]


MODES += [
    (mode, mistake) for mode in ("--discover", "--test") for mistake in ("password", "entity")
]


@pytest.mark.parametrize(("mode", "mistake"), MODES)
def test_a_mistake_gets_one_sentence_and_moves_nothing(
    wms: WmsStandin, program: Start, mode: str, mistake: str
) -> None:
    wrong, sentence = MISTAKES[mistake]

    arguments = [mode] if mode.startswith("--") else []

    done = program(*arguments, config=config_for(wms) | wrong)

    assert done.returncode == 1
    (said,) = sentences(done)
    assert sentence in said
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr
    assert wms.password not in done.stderr
    assert all(
        m["value"]["bookmarks"] == {} for m in parsed(done.stdout) if m.get("type") == "STATE"
    )


def test_a_wrong_environment_name_gets_one_sentence(wms: WmsStandin, program: Start) -> None:
    wrong = config_for(wms) | {"base_url": wms.base_url.replace("/acme", "/acne")}

    done = program(config=wrong)

    assert done.returncode == 1
    (said,) = sentences(done)
    assert "check the host and the environment name in `base_url`" in said


def test_a_user_without_permission_gets_one_sentence(wms: WmsStandin, program: Start) -> None:
    wms.add_user(User(name="poor", password="p", permissions=frozenset()))

    done = program(config=config_for(wms) | {"username": "poor", "password": "p"})

    assert done.returncode == 1
    (said,) = sentences(done)
    assert "user poor needs the permission lgfapi_read_access" in said


FILES = {
    "no config": (
        ["--config", "no.json"],
        "The --config file no.json cannot be read: No such",
    ),
    "half a config": (["--config", "half.json"], "The --config file half.json is not JSON"),
    "list as config": (["--config", "list.json"], "The --config file list.json does not hold"),
    "folder as config": (["--config", "."], "The --config file . cannot be read: Is a directory"),
    "bytes as config": (["--config", "bytes.json"], "The --config file bytes.json is not JSON"),
    "half a state": (["--state", "half.json"], "The state file is not JSON"),
    "list as state": (["--state", "list.json"], "The state file does not hold a JSON object"),
    "message as state": (["--state", "message.json"], "The state file has no `bookmarks`: they"),
    "numbers as state": (["--state", "numbers.json"], "The state file's `bookmarks` are not an"),
    "half a catalog": (["--catalog", "half.json"], "The catalog file is not JSON"),
    "no catalog": (["--catalog", "object.json"], "The catalog file is not a Singer catalog"),
    "odd catalog": (["--catalog", "odd.json"], "The catalog file is not a Singer catalog"),
}


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_cannot_be_used_gets_one_sentence(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path, file: str
) -> None:
    arguments, sentence = FILES[file]
    contents = {"half": "{", "list": "[]", "object": '{"x": 1}', "odd": '{"streams": [{"a": 1}]}'}
    contents |= {"message": '{"type": "STATE", "value": {}}', "numbers": '{"bookmarks": {"a": 1}}'}
    contents |= {"config": json.dumps({"base_url": "https://host.invalid/acme"})}
    monkeypatch.chdir(tmp_path)
    for name, content in contents.items():
        Path(f"{name}.json").write_text(content)
    Path("bytes.json").write_bytes(b"\xff{}")

    done = ended(monkeypatch, "--config", "config.json", *arguments)

    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    (said,) = [line.message for line in caplog.records if line.levelname == "ERROR"]
    assert sentence in said


def test_a_catalog_that_selects_nothing_is_a_mistake(wms: WmsStandin) -> None:
    catalog = selected(discovered(config_for(wms, entities="uom")))

    done = run(config_for(wms), catalog=catalog)

    assert str(done.error).startswith("No stream is selected")


def test_a_state_that_cannot_be_gone_on_from_is_refused_and_kept(
    wms: WmsStandin, program: Start, tmp_path: Path
) -> None:
    state = tmp_path / "state.json"
    state.write_text('{"bookmarks": {"uom": {"format": 9}}}')

    done = program("--state", str(state), config=config_for(wms, entities="uom"))

    assert done.returncode == 1
    (said,) = sentences(done)
    assert said.startswith("State of stream uom cannot be used: its format is 9")
    assert not [m for m in parsed(done.stdout) if m["type"] == "RECORD"]


def test_a_stream_map_that_is_wrong_gets_one_sentence(wms: WmsStandin, program: Start) -> None:
    maps = {"uom": {"x": "nosuch("}}

    done = program(config=config_for(wms, entities="uom", stream_maps=maps))

    assert done.returncode == 1
    assert sentences(done) == ["Setting `stream_maps`: Failed to parse expression nosuch(."]
    assert "Traceback" not in done.stderr
