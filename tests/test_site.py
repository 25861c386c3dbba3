"""The site has every page once, and its links lead on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import site

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = site.PROJECT["repo_url"]


def test_the_navigation_names_every_page_once() -> None:
    assert sorted(site.navigation()) == sorted(site.published())


def test_links_to_what_is_no_page_lead_to_the_repository() -> None:
    text = (
        "[a](dbt.md#relations) [b](examples/dbt) ![c](status.png) [d](#here) [e](https://x.example)\n"
        "[f](../meltano.yml) [g](gone.py) `[h](examples/dbt)`\n```sh\n[i](examples/dbt)\n```\n"
    )
    assert site.linked("docs/operation.md", text, {"docs/dbt.md"}) == text.replace(
        "[b](examples/dbt)", f"[b]({ADDRESS}/tree/main/docs/examples/dbt)"
    ).replace("(../meltano.yml)", f"({ADDRESS}/blob/main/meltano.yml)")


def test_a_page_with_a_diagram_loads_what_draws_it_from_the_site() -> None:
    diagram = "```mermaid\nflowchart LR\n```\n"
    name = site.LIBRARY.name
    for page, up in {"README.md": "", "a/b.md": "../", "a/b/c.md": "../../"}.items():
        assert site.drawn(page, diagram) == f'{diagram}\n<script src="{up}{name}"></script>\n'
    assert site.drawn("README.md", "```json\n{}\n```\n") == "```json\n{}\n```\n"


def test_pages_and_their_pictures_are_gathered_in_their_folders(tmp_path: Path) -> None:
    site.gather(tmp_path)
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert {page for page in files if page.endswith(".md")} == set(site.published())
    assert {"docs/status.png", "docs/dagster.png"} <= files
