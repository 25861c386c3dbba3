"""The Meltano project says of the plugins what they say of themselves."""

from __future__ import annotations

from tests import hub


def test_definitions_and_settings_are_those_of_the_plugins() -> None:
    written = hub.written()
    assert {str(path.relative_to(hub.PROJECT)) for path in written} == {
        "meltano.yml",
        "tap-oracle-wms/plugin.yml",
        "target-oracle/plugin.yml",
    }
    for path, text in written.items():
        assert path.read_text(encoding="utf-8") == text, (
            f"{path.relative_to(hub.PROJECT)} is out of date: uv run python tests/hub.py"
        )
