"""Read which module of a package imports which, and what that breaks of the rules of the house.

Every fault is a sentence, so that a test can show it and a list of known ones can name it.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import packages_distributions
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST_MODULE = 350
"""Lines of a file."""
MOST_METHODS = 20
"""Methods of a class, without those by which it overrides a library's."""


@dataclass(frozen=True)
class Module:
    """A file of a package; `name` is what an import calls it."""

    name: str
    path: Path

    @cached_property
    def tree(self) -> ast.Module:
        """What the file says."""
        return ast.parse(self.path.read_text("utf-8"))

    @property
    def room(self) -> str:
        """The folder or file right below the package that holds this module."""
        return (*self.name.split("."), "__init__")[1]

    def imports(self) -> Iterator[tuple[str, str]]:
        """Each imported module with the name taken from it ("" for the module itself)."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, "") for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((self._absolute(node), alias.name) for alias in node.names)

    def _absolute(self, node: ast.ImportFrom) -> str:
        """The full name of the module that a `from` names, which may be relative."""
        parts = self.name.split(".")
        up = node.level - (self.path.name == "__init__.py")
        kept = parts[: len(parts) - up] if node.level else []
        return ".".join([*kept, *filter(None, [node.module])])

    def classes(self) -> list[ast.ClassDef]:
        """The classes of this file, also nested ones."""
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef)]


@dataclass(frozen=True)
class Package:
    """A package and its rooms from top to bottom: each may import from those after it."""

    folder: Path
    floors: tuple[str, ...]

    @property
    def name(self) -> str:
        """What an import calls the package."""
        return self.folder.name

    @cached_property
    def modules(self) -> dict[str, Module]:
        """All modules by name."""
        found = {}
        for path in sorted(self.folder.rglob("*.py")):
            parts = path.relative_to(self.folder.parent).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = Module(name, path)
        return found

    @cached_property
    def arrows(self) -> dict[str, set[str]]:
        """The modules of this package that each module imports."""
        return {
            name: {
                target
                for base, taken in module.imports()
                if (target := self._target(base, taken)) and target != name
            }
            for name, module in self.modules.items()
        }

    def _target(self, base: str, taken: str) -> str | None:
        whole = f"{base}.{taken}"
        return next((name for name in (whole, base) if name in self.modules), None)

    def faults(self) -> list[str]:
        """Everything that breaks the rules of the house."""
        return [
            *self._without_a_room(),
            *self._upward(),
            *self._circles(),
            *self._long_modules(),
            *self._large_classes(),
            *self._reaching_into_parents(),
        ]

    def _without_a_room(self) -> Iterator[str]:
        rooms = {module.room for module in self.modules.values()}
        yield from (f"{self.name}.{room} is on no floor" for room in rooms - {*self.floors})
        yield from (f"{self.name}.{room} does not exist" for room in {*self.floors} - rooms)

    def _upward(self) -> Iterator[str]:
        height = {room: -depth for depth, room in enumerate(self.floors)}
        for name, targets in self.arrows.items():
            for target in sorted(targets):
                here, there = self.modules[name].room, self.modules[target].room
                if here in height and there in height and height[there] > height[here]:
                    yield f"{name} imports {target}, which stands above it"

    def _circles(self) -> Iterator[str]:
        reached = {name: self._reached_from(name) for name in self.modules}
        circles = {
            tuple(sorted(other for other in reached[name] if name in reached[other]))
            for name in self.modules
            if name in reached[name]
        }
        yield from (f"circle: {', '.join(circle)}" for circle in sorted(circles))

    def _reached_from(self, name: str) -> set[str]:
        found: set[str] = set()
        ahead = [name]
        while ahead:
            new = self.arrows[ahead.pop()] - found
            found |= new
            ahead.extend(new)
        return found

    def _long_modules(self) -> Iterator[str]:
        for name, module in self.modules.items():
            lines = len(module.path.read_text("utf-8").splitlines())
            if lines > LONGEST_MODULE:
                yield f"{name} is too long: {lines} lines"

    def _large_classes(self) -> Iterator[str]:
        for module, node in self._classes():
            methods = [each for each in node.body if isinstance(each, ast.FunctionDef)]
            if self._has_a_foreign_ancestor(module, node):
                methods = [each for each in methods if not _overrides(each)]
            if len(methods) > MOST_METHODS:
                yield f"{module.name}.{node.name} is too large: {len(methods)} methods"

    def _reaching_into_parents(self) -> Iterator[str]:
        for module, node in self._classes():
            for ancestor in self._ancestors(module, node):
                for private in sorted(_named(node) & _defined(ancestor)):
                    yield f"{module.name}.{node.name} uses {private} of {ancestor.name}"

    def _classes(self) -> Iterator[tuple[Module, ast.ClassDef]]:
        for module in self.modules.values():
            yield from ((module, node) for node in module.classes())

    def _parents(
        self, module: Module, node: ast.ClassDef
    ) -> list[tuple[Module, ast.ClassDef] | None]:
        """The class's bases; None for each that another package defines."""
        names = [ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in node.bases]
        return [self._class(module, name) for name in names]

    def _class(self, module: Module, name: str) -> tuple[Module, ast.ClassDef] | None:
        """The class that `name` is in a module: defined there, or imported from another of ours."""
        for target in (module.name, *sorted(self.arrows[module.name])):
            for node in self.modules[target].classes():
                if node.name == name:
                    return self.modules[target], node
        return None

    def _ancestors(self, module: Module, node: ast.ClassDef) -> Iterator[ast.ClassDef]:
        for parent in self._parents(module, node):
            if parent:
                yield parent[1]
                yield from self._ancestors(*parent)

    def _has_a_foreign_ancestor(self, module: Module, node: ast.ClassDef) -> bool:
        return any(
            parent is None or self._has_a_foreign_ancestor(*parent)
            for parent in self._parents(module, node)
        )

    def foreign_imports(self, project: Path) -> list[str]:
        """What the package imports without its own `pyproject.toml` providing it."""
        allowed = {self.name, *sys.stdlib_module_names, *_provided(project)}
        return [
            f"{name} imports {top}, which {project.parent.name} does not require"
            for name, module in self.modules.items()
            for top in sorted({base.partition(".")[0] for base, _ in module.imports()} - allowed)
        ]


def _overrides(method: ast.FunctionDef) -> bool:
    return any(ast.unparse(each) == "override" for each in method.decorator_list)


def _named(node: ast.ClassDef) -> set[str]:
    """The private names that a class defines or reads from itself."""
    found = {
        each.attr
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute)
        and ast.unparse(each.value) in {"self", "cls", "super()"}
        and _is_private(each.attr)
    }
    return found | _in_body(node)


def _defined(node: ast.ClassDef) -> set[str]:
    """The private names that a class gives itself."""
    given = {
        each.attr
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute)
        and isinstance(each.ctx, ast.Store)
        and ast.unparse(each.value) in {"self", "cls"}
        and _is_private(each.attr)
    }
    return given | _in_body(node)


def _in_body(node: ast.ClassDef) -> set[str]:
    """The private methods and attributes that the body of a class defines."""
    found = set()
    for each in node.body:
        if isinstance(each, ast.FunctionDef):
            found.add(each.name)
        elif isinstance(each, ast.Assign | ast.AnnAssign):
            targets = each.targets if isinstance(each, ast.Assign) else [each.target]
            found |= {ast.unparse(target) for target in targets}
    return {name for name in found if _is_private(name)}


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def _provided(project: Path) -> set[str]:
    """The names under which a project's requirements, extras included, are imported."""
    table = tomllib.loads(project.read_text("utf-8"))["project"]
    extras = table.get("optional-dependencies", {}).values()
    wanted = {_normal(each) for each in [*table["dependencies"], *(r for e in extras for r in e)]}
    return {
        top
        for top, distributions in packages_distributions().items()
        if wanted & {_normal(each) for each in distributions}
    }


def _normal(requirement: str) -> str:
    """A requirement's project, as the index spells it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement, maxsplit=1)[0]).lower()
