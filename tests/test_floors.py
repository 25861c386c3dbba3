"""The plugins and the stand-ins are built in floors: what stands higher uses what stands lower."""

from __future__ import annotations

from pathlib import Path

import pytest

from .floors import LONGEST_MODULE, MOST_METHODS, Package

ROOT = Path(__file__).parent.parent
STANDINS = ROOT / "tests/standins"

PACKAGES = {
    package.name: package
    for package in (
        Package(
            ROOT / "tap-oracle-wms/tap_oracle_wms",
            (
                "__init__",
                "__main__",
                "tap",
                "streams",
                "run",
                "commands",
                "output",
                "extract",
                "reading",
                "catalog",
                "api",
                "observing",
                "config",
                "errors",
                "sdk",
            ),
        ),
        Package(
            ROOT / "target-oracle/target_oracle",
            (
                "__init__",
                "__main__",
                "target",
                "intake",
                "sinks",
                "run",
                "commands",
                "loading",
                "database",
                "records",
                "schema",
                "singer",
                "observing",
                "config",
                "json_text",
                "errors",
                "sdk",
            ),
        ),
        Package(
            STANDINS / "wms_standin",
            (
                "__init__",
                "__main__",
                "server",
                "faults",
                "extract",
                "query",
                "api",
                "data",
                "options",
                "catalog",
            ),
        ),
        Package(
            STANDINS / "oracle_standin",
            (
                "__init__",
                "__main__",
                "server",
                "imitation",
                "postgres",
                "sql",
                "net",
                "faults",
                "shapes",
                "backend",
                "rules",
                "const",
                "errors",
            ),
        ),
    )
}
"""Each package with its rooms from top to bottom."""


@pytest.mark.parametrize("name", PACKAGES)
def test_the_rules_of_the_house_hold(name: str) -> None:
    assert PACKAGES[name].faults() == []


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_imports_only_what_it_requires(name: str) -> None:
    """Neither the other plugin, nor the tests, nor what the workspace alone provides."""
    package = PACKAGES[name]
    assert package.foreign_imports(package.folder.parent / "pyproject.toml") == []


FLOORS = ("__init__", "face", "middle", "floor")
SOUND = {
    "__init__.py": "",
    "face.py": "from house.middle import stairs\nfrom house.floor import Board\n",
    "middle/__init__.py": "",
    "middle/stairs.py": "from .step import Step\nimport house.floor\n",
    "middle/step.py": "class Step: ...\n",
    "floor.py": "class Board:\n    _nail = 1\n",
}
"""A made-up package without a fault."""


@pytest.mark.parametrize(
    ("changed", "faults"),
    [
        ({}, []),
        (
            {"floor.py": "from house.face import x\nclass Board: ...\n"},
            [
                "house.floor imports house.face, which stands above it",
                "circle: house.face, house.floor, house.middle.stairs",
            ],
        ),
        (
            {
                "middle/stairs.py": "",
                "floor.py": "if TYPE_CHECKING:\n    from house.middle.stairs import x\n",
            },
            ["house.floor imports house.middle.stairs, which stands above it"],
        ),
        (
            {"middle/stairs.py": "", "floor.py": "def f():\n    from .middle import stairs\n"},
            ["house.floor imports house.middle.stairs, which stands above it"],
        ),
        (
            {"middle/stairs.py": "import house.face\n", "face.py": ""},
            ["house.middle.stairs imports house.face, which stands above it"],
        ),
        (
            {"middle/step.py": "from . import stairs\n"},
            ["circle: house.middle.stairs, house.middle.step"],
        ),
        ({"cellar.py": ""}, ["house.cellar is on no floor"]),
        (
            {"floor.py": None, "face.py": "", "middle/stairs.py": ""},
            ["house.floor does not exist"],
        ),
        (
            {"floor.py": "x = 1\n" * (LONGEST_MODULE + 1)},
            [f"house.floor is too long: {LONGEST_MODULE + 1} lines"],
        ),
        ({"floor.py": "x = 1\n" * LONGEST_MODULE}, []),
        (
            {"middle/step.py": "from house.floor import Board\nclass Step(Board):\n"
             "    def tread(self):\n        return self._nail\n"},
            ["house.middle.step.Step uses _nail of Board"],
        ),
        (
            {
                "middle/step.py": "from house.floor import Board\nclass Step(Board[int]):\n"
                "    def _hammer(self): ...\nclass Top(Step): ...\n",
                "floor.py": "class Board(Generic[T]):\n    def _hammer(self): ...\n",
            },
            ["house.middle.step.Step uses _hammer of Board"],
        ),
        (
            {
                "middle/step.py": "from house.floor import Board\nclass Step(Board):\n"
                "    def __init__(self):\n        super().__init__()\n        self._own = 1\n",
            },
            [],
        ),
    ],
)  # fmt: skip
def test_a_fault_is_found(
    tmp_path: Path, changed: dict[str, str | None], faults: list[str]
) -> None:
    assert sorted(_house(tmp_path, changed).faults()) == sorted(faults)


METHODS = "".join(f"    def m{number}(self): ...\n" for number in range(MOST_METHODS))
ONE_MORE = METHODS + "    def extra(self): ...\n"
ONE_OVERRIDDEN = METHODS + "    @override\n    def extra(self): ...\n"
LARGE = f"house.floor.Board is too large: {MOST_METHODS + 1} methods"


@pytest.mark.parametrize(
    ("board", "faults"),
    [
        (f"class Board:\n{METHODS}", []),
        (f"class Board:\n{ONE_MORE}", [LARGE]),
        (f"class Board(Stream):\n{ONE_OVERRIDDEN}", []),
        (f"class Wood(Stream): ...\nclass Board(Wood):\n{ONE_OVERRIDDEN}", []),
        (f"class Wood: ...\nclass Board(Wood):\n{ONE_OVERRIDDEN}", [LARGE]),
        (f"class Board(Stream):\n{ONE_MORE}", [LARGE]),
    ],
)
def test_only_overriding_a_library_makes_room_in_a_class(
    tmp_path: Path, board: str, faults: list[str]
) -> None:
    assert _house(tmp_path, {"floor.py": board}).faults() == faults


def test_what_the_project_does_not_require_is_found(tmp_path: Path) -> None:
    code = (
        "import json\nimport pytest\nimport tests.hub\nimport yaml\nfrom oracledb import Cursor\n"
    )
    house = _house(tmp_path, {"floor.py": code})
    project = tmp_path / "pyproject.toml"
    extras = '[project.optional-dependencies]\ndatabase = ["oracledb"]\n'
    project.write_text(f'[project]\ndependencies = ["PyYAML>=6"]\n{extras}')
    assert house.foreign_imports(project) == [
        f"house.floor imports pytest, which {tmp_path.name} does not require",
        f"house.floor imports tests, which {tmp_path.name} does not require",
    ]


def _house(parent: Path, changed: dict[str, str | None]) -> Package:
    folder = parent / "house"
    for path, text in {**SOUND, **changed}.items():
        if text is not None:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, "utf-8")
    return Package(folder, FLOORS)
