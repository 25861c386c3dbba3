"""The status page in narrow and usual windows, with long names; what needs a look is first."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.commands.page import page
from target_oracle.commands.status import status
from target_oracle.database import comparisons
from target_oracle.database.session import Session

from tests.conftest import AXE, BROWSER
from tests.target.commands.history import (
    chromium,
    compared,
    keep,
    reject,
    run,
    settings,
    stream,
)

if TYPE_CHECKING:
    from pathlib import Path

LONG = "stage_planned_parcel_shipment_and_more_words_up_to_sixty_let"
MEASURE = """<script>(async () => {
  const wide = [document.documentElement, ...document.querySelectorAll('.wide')];
  const told = {
    widths: wide.map(e => [e.scrollWidth, e.clientWidth]),
    ground: getComputedStyle(document.body).backgroundColor,
    faults: typeof axe === "undefined" ? null : (await axe.run()).violations.flatMap(
      found => found.nodes.map(node => `${found.id}: ${node.html}: ${node.failureSummary}`)),
  };
  parent.postMessage(told, '*');
})()</script></body>"""
WIDTHS = (400, 1280)
GROUNDS = {"0": "rgb(20, 23, 26)", "1": "rgb(255, 255, 255)"}
"""The browser's number for dark and light -> the colour of the page's ground."""


@pytest.fixture
def html(oracle: Any) -> str:
    given = settings(oracle.config, late_after_minutes=60)
    now = datetime.now(UTC)
    bad: Any = {"status": "failed", "error": f"Stream '{LONG}': " + "x" * 200, "exit_code": 1}
    changed: Any = {
        "schema_changes": {"changed": [f"{LONG} VARCHAR2(5 CHAR) to VARCHAR2(10 CHAR)"]}
    }
    good = {name: stream(1_000_000, **changed) for name in ("allocation", "wave")}
    late = {"order_dtl": stream(7)}
    keep(
        given,
        [
            run(now - timedelta(hours=5), late),
            run(now - timedelta(minutes=9), good),
            run(now - timedelta(minutes=1), {LONG: stream(1, status="failed")}, **bad),
        ],
    )
    reject(given, [{"id": 7, "STREAM": LONG, "PROPERTY": LONG, "MESSAGE": "y" * 300}])
    session = Session(given)
    rows = [compared(now, LONG, "different", stale=12_345_678)]
    comparisons.write(session, rows)
    session.drop()
    return page(status(given))


def test_streams_that_need_a_look_come_first(html: str) -> None:
    names = re.findall(r'data-stream="([^"]+)"', html)

    assert names == ["order_dtl", LONG, "allocation", "wave"]
    assert len(LONG) == 60


def measured(html: str, folder: Path, scheme: str) -> list[dict[str, Any]]:
    """What a browser finds in the page, all details open, in windows of both widths."""
    policy = r'<meta http-equiv="Content-Security-Policy"[^>]*>'
    axe = f'<script src="{AXE.as_uri()}"></script>' if AXE.exists() else ""
    text = re.sub(policy, "", html).replace("<details>", "<details open>")
    (folder / "page.html").write_text(text.replace("</body>", axe + MEASURE), encoding="utf-8")
    frame = folder / "frame.html"  # as the browser's own window is 500 wide at least
    frames = "".join(
        f'<iframe src="page.html" style="width: {width}px; height: 3000px; border: 0"></iframe>'
        for width in WIDTHS
    )
    frame.write_text(
        "<script>const told = []; addEventListener('message', e => { told.push(e.data); "
        f"document.title = JSON.stringify(told) }})</script>{frames}"
    )
    shown = chromium(
        *("--dump-dom", "--virtual-time-budget=9000", "--allow-file-access-from-files"),
        *(f"--blink-settings=preferredColorScheme={scheme}", frame.as_uri()),
    ).stdout
    (title,) = re.findall(r"<title>(.*?)</title>", shown, re.DOTALL)
    found: list[dict[str, Any]] = json.loads(unescape(title))
    return sorted(found, key=lambda each: int(each["widths"][0][1]))


@pytest.mark.skipif(not shutil.which(BROWSER), reason=f"{BROWSER} is not installed")
@pytest.mark.parametrize("scheme", GROUNDS)
def test_all_is_in_the_window_and_can_be_read_by_everyone(
    html: str, tmp_path: Path, scheme: str
) -> None:
    found = measured(html, tmp_path, scheme)

    assert len(found) == len(WIDTHS)
    for told, width in zip(found, WIDTHS, strict=True):
        assert len(told["widths"]) == 3
        assert told["widths"][0][1] in range(width - 20, width + 1)  # less a bar to scroll down by
        assert [needed for needed, there in told["widths"] if needed > there] == []
        assert told["ground"] == GROUNDS[scheme]
    if not AXE.exists():
        pytest.skip(f"axe-core is not installed in {AXE.parent}")
    assert [told["faults"] for told in found] == [[], []]
