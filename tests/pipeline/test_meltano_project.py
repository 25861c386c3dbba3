"""The Meltano project says of the plugins what they say of themselves."""

from __future__ import annotations

from tests import hub


def test_definitions_and_settings_are_those_of_the_plugins() -> None:
    for path, text in hub.written().items():
        assert path.read_text(encoding="utf-8") == text, (
            f"{path.relative_to(hub.PROJECT)} is out of date: uv run python tests/hub.py"
        )
