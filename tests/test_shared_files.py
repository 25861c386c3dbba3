"""What both plugins need alike is the same file in both."""

from __future__ import annotations

import pytest

from .shared_files import COPIES, SHARED, written


@pytest.mark.parametrize("name", SHARED)
def test_the_copy_in_the_target_is_the_file_of_the_tap(name: str) -> None:
    path = COPIES / name
    assert path.read_bytes() == written()[path], (
        f"{path.name} differs: change the tap's, then run `uv run python tests/shared_files.py`"
    )


def test_a_shared_file_names_neither_plugin() -> None:
    """It could not be the same for both."""
    for content in written().values():
        assert b"tap_oracle_wms" not in content
        assert b"target_oracle" not in content
