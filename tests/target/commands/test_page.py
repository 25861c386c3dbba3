"""`--status=html`, as a browser shows it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zlib
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.commands.answers import Answer
from target_oracle.commands.page import page
from target_oracle.commands.plots import bars, line
from target_oracle.commands.status import status

from tests.conftest import BROWSER
from tests.target.commands.history import chromium, demo, keep, run, settings, stream

if TYPE_CHECKING:
    from pathlib import Path


class Dom(HTMLParser):
    """The texts of the cells of each table row, by the row's first cell; tags and attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: dict[str, list[str]] = {}
        self.classes: dict[str, list[str]] = {}
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self._row: list[str] = []
        self._open = False
        self._kind: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "tr":
            self._row, self._kind = [], str(dict(attrs).get("class") or "").split()
        elif tag in {"td", "th"}:
            self._row.append("")
            self._open = True

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._open = False
        elif tag == "tr":
            self.rows.setdefault(self._row[0], self._row)
            self.classes.setdefault(self._row[0], self._kind)

    def handle_data(self, data: str) -> None:
        if self._open:
            self._row[-1] += data


@pytest.fixture(scope="module")
def browser() -> None:
    if not shutil.which(BROWSER):
        pytest.skip(f"{BROWSER} is not installed: not run in a browser")


def shown(html: str, folder: Path) -> Dom:
    """The page as the browser has understood it."""
    file = folder / "status.html"
    file.write_text(html, encoding="utf-8")
    return Dom(chromium("--dump-dom", file.as_uri()).stdout)


@pytest.mark.usefixtures("browser")
def test_a_browser_shows_streams_runs_and_plots(oracle: Any, tmp_path: Path) -> None:
    given = settings(oracle.config, late_after_minutes=60)
    reports = demo(datetime.now(UTC))
    keep(given, reports)
    dom = shown(page(status(given)), tmp_path)
    last = reports[-1]["streams"]
    for name in ("allocation", "inventory", "item", "order_dtl", "order_hdr"):
        read, written, rejected = (last[name][k] for k in ("read", "written", "rejected"))
        assert dom.rows[name][6:9] == [f"{read:,}", f"{written:,}", f"{rejected:,}"]
    assert dom.classes["order_hdr"] == ["failed"]
    assert dom.classes["wave"] == ["finished", "late"]
    assert dom.classes["item"] == ["finished"]
    assert "late 3 h" in dom.rows["wave"][3]
    newest = f"{datetime.fromisoformat(reports[-1]['started_at']):%Y-%m-%d %H:%M:%S}"
    assert dom.rows[newest][-1] == reports[-1]["error"]
    assert dom.tags.count("svg") == 2 * len({n for each in reports for n in each["streams"]})
    assert dom.tags.count("polyline") == dom.tags.count("svg") / 2


@pytest.mark.usefixtures("browser")
def test_whatever_names_and_errors_hold_is_text(oracle: Any, tmp_path: Path) -> None:
    name = "<b>\"x\" & 'y'"
    error = "</td><script>document.title='owned'</script><img src=x onerror=alert(1)>"
    given = settings(oracle.config)
    bad: Any = {"status": "failed", "error": error, "exit_code": 1}
    keep(
        given,
        [run(datetime.now(UTC) - timedelta(minutes=1), {name: stream(1, status="failed")}, **bad)],
    )
    html = page(status(given))
    dom = shown(html, tmp_path)
    assert name in dom.rows
    assert any(error in cell for row in dom.rows.values() for cell in row)
    assert not {"script", "img", "b"} & set(dom.tags)


@pytest.mark.usefixtures("browser")
@pytest.mark.parametrize(("scheme", "ground"), [("0", "14171a"), ("1", "ffffff")])
def test_the_page_is_dark_where_the_reader_has_it_so(
    tmp_path: Path, scheme: str, ground: str
) -> None:
    file, picture = tmp_path / "status.html", tmp_path / "status.png"
    file.write_text(page(Answer("target-oracle")), encoding="utf-8")
    prefer = f"--blink-settings=preferredColorScheme={scheme}"
    chromium(f"--screenshot={picture}", "--window-size=100,100", prefer, file.as_uri())
    assert first_pixel(picture.read_bytes()) == ground


def first_pixel(png: bytes) -> str:
    """Red, green and blue of the upper left corner of a PNG, which no PNG filter changes."""
    start = png.index(b"IDAT")
    size = int.from_bytes(png[start - 4 : start])
    rows = zlib.decompressobj().decompress(png[start + 4 : start + 4 + size])
    return rows[1:4].hex()


def test_the_page_needs_nothing_but_itself() -> None:
    html = page(Answer("target-oracle"))
    assert not re.findall(r"(?:src=|href|url\(|@import|https?:)", html)
    assert "default-src 'none'" in html
    assert "prefers-color-scheme: dark" in html
    assert "tabular-nums" in html


def test_a_page_is_loaded_again_where_that_is_asked() -> None:
    answer = Answer("target-oracle", details={"only": {"environment": "prod", "run_id": "R1"}})
    html = page(answer, 60)
    assert '<meta http-equiv="refresh" content="60">' in html
    assert "only of environment <code>prod</code>, only of run <code>R1</code>." in html
    assert "refresh" not in page(answer)


def test_names_and_problems_are_escaped_and_never_read_as_a_template() -> None:
    evil = "<b>\"x\" & 'y' {{ 7 * 7 }} {% endif %}"
    told = {"status": "finished", "late": False, "age_seconds": 60, "late_after_minutes": None}
    counts = dict.fromkeys(
        ("rows_read", "rows_written", "rows_rejected", "pages", "retries", "rows_per_second"), 1
    )
    last = {"ended_at": "2026-11-02T03:04:05+00:00", **counts}
    found = dict.fromkeys(
        ("in_source", "in_table", "missing", "stale", "newer", "extra", "healed"), 1
    )
    compared = {
        "status": evil, "started_at": last["ended_at"], "compared_by": evil, "problem": evil,
    } | {f"rows_{name}": number for name, number in found.items()}  # fmt: skip
    why = {
        "reason": evil, "property": evil, "message": evil, "rows": 1, "keys": [evil],
        "last_at": last["ended_at"],
    }  # fmt: skip
    ran = {"started_at": last["ended_at"], "status": evil, "lag_seconds": None} | dict.fromkeys(
        ("rows_read", "rows_written", "rows_rejected", "rows_deleted"), 1
    )
    runs = [ran | {"schema_changes": evil}]
    more = {"bookmark": evil, "last_run": last, "runs": runs, "compared": compared}
    streams = {evil: {**told, **more, "rejects": [why]}}

    html = page(Answer("target-oracle", details={"streams": streams}, problems=[evil]))

    dom = Dom(html)
    assert dom.rows[evil][-2] == evil
    assert dom.rows[evil][-1].startswith(evil)
    assert ("data-stream", evil) in dom.attributes
    assert html.count("&lt;b&gt;") == 17
    assert "b" not in dom.tags


def test_a_load_imports_no_template_engine() -> None:
    script = "import sys, target_oracle.target; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_status_that_cannot_be_told_is_a_page_too() -> None:
    html = page(Answer("target-oracle", "unhealthy", problems=["No <way> in."]))
    assert "No &lt;way&gt; in." in html
    assert "<table" not in html


def test_lines_begin_at_zero_and_mark_runs_that_did_not_finish() -> None:
    svg = line([10, 20, None, 5], ["finished", "failed", "failed", "finished"], 40, "age", str)
    heights = [float(y) for y in re.findall(r",([\d.]+)", svg.partition("points")[2])[:3]]
    assert heights == [16.5, 12.0, 18.8]  # of 3 (the limit, 40) to 21 (zero)
    assert svg.count('class="bad"') == 1
    assert svg.count('class="good"') == 1
    assert "age: at most 20" in svg
    assert 'd="M3 3.0H117"' in svg


def test_bars_have_the_height_of_their_rows() -> None:
    svg = bars([50, 100, 0], ["finished", "finished", "stopped"], "rows")
    assert re.findall(r'height="([\d.]+)"/>', svg) == ["9.0", "18.0", "1.0"]
    assert "rows: at most 100" in svg
    assert svg.count('class="bad"') == 1


def test_a_stream_without_figures_has_no_line() -> None:
    assert line([None], ["failed"], None, "age", str) == ""
