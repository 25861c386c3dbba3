"""Build the documentation as a site, in output/site/html: `uv run --group checks tests/site.py`.

The pages are the repository's own Markdown, in its own folders, so that their links to each other
hold as they are. Links to anything else in the repository (code, examples, folders) lead to its
address. A dead link, a missing anchor or a page without a place in the navigation fails the build.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path
from posixpath import normpath
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.documents import ROOT, pages

CONFIG = ROOT / "docs" / "zensical.toml"
PROJECT = tomllib.loads(CONFIG.read_text("utf-8"))["project"]
OUTPUT = ROOT / "output" / "site"
PICTURES = {".png", ".svg"}
MERMAID = "12.3.0"
"""The version of the library that draws the diagrams; the theme asks for the newest 12."""
LIBRARY = ROOT / "output" / f"mermaid-{MERMAID}.min.js"
DIAGRAM = re.compile(r"^```mermaid$", re.MULTILINE)
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#\s]+)")
_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def published() -> list[str]:
    """The pages of the site, relative to the repository: all but the forms of the forge."""
    return [page for page in pages() if not page.startswith(".github/")]


def navigation(entries: list[Any] | None = None) -> list[str]:
    """The pages that the navigation names, in its order."""
    found: list[str] = []
    for entry in PROJECT["nav"] if entries is None else entries:
        (there,) = entry.values()
        found += navigation(there) if isinstance(there, list) else [there]
    return found


def linked(page: str, text: str, known: set[str]) -> str:
    """The text of a page, in which links to what is not part of the site lead to the repository."""
    folder = Path(page).parent

    def lead(match: re.Match[str]) -> str:
        there = normpath(folder / match[1])
        if there in known or Path(there).suffix in PICTURES or not (ROOT / there).exists():
            return match[1]  # what does not exist stays, to be found dead by the build
        kind = "tree" if (ROOT / there).is_dir() else "blob"
        return f"{PROJECT['repo_url']}/{kind}/main/{there}"

    code = [match.span() for match in _CODE.finditer(text)]

    def outside(match: re.Match[str]) -> str:
        inside = any(start <= match.start() < end for start, end in code)
        return match[0] if inside else lead(match)

    return _LINK.sub(outside, text)


def fetch_mermaid() -> None:
    """Fetch the library that draws diagrams from npm, unless it is there.

    Without it the site is complete, too: a reader's browser then fetches it from elsewhere.
    """
    if LIBRARY.exists() or not (npm := shutil.which("npm")):
        return
    with TemporaryDirectory() as folder:
        command = [npm, "pack", "--loglevel=error", "--fetch-retries=0", f"mermaid@{MERMAID}"]
        subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL)
        for package in Path(folder).glob("*.tgz"):
            with tarfile.open(package) as file:
                file.extract("package/dist/mermaid.min.js", folder, filter="data")
            LIBRARY.parent.mkdir(exist_ok=True)
            shutil.move(Path(folder, "package/dist/mermaid.min.js"), LIBRARY)


def drawn(page: str, text: str) -> str:
    """The text of a page which loads the library that draws its diagrams, from the site itself."""
    if not DIAGRAM.search(text):
        return text
    up = "../" * (len(Path(page).parents) - 1)
    return f'{text}\n<script src="{up}{LIBRARY.name}"></script>\n'


def gather(folder: Path) -> None:
    """Write the pages and their pictures into a folder, as the repository has them."""
    known = set(published())
    if LIBRARY.exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(LIBRARY, folder)
    for page in known:
        text = (ROOT / page).read_text("utf-8")
        there = folder / page
        there.parent.mkdir(parents=True, exist_ok=True)
        shown = drawn(page, text) if LIBRARY.exists() else text
        there.write_text(linked(page, shown, known), "utf-8")
        for link in _LINK.findall(text):
            picture = (ROOT / page).parent / link
            if picture.suffix in PICTURES and picture.exists():
                copy = there.parent / link
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(picture, copy)


def build() -> int:
    """Build the site strictly; the exit code of the builder."""
    if lost := set(published()) ^ set(navigation()):
        print(f"The navigation in {CONFIG} and the pages differ: {sorted(lost)}", file=sys.stderr)
        return 1
    shutil.rmtree(OUTPUT, ignore_errors=True)
    fetch_mermaid()
    gather(OUTPUT / "pages")
    builder = Path(sys.executable).with_name("zensical")
    shutil.copy(CONFIG, OUTPUT)  # its folders are beside it
    return subprocess.run([builder, "build", "--strict"], cwd=OUTPUT, check=False).returncode


if __name__ == "__main__":
    sys.exit(build())
