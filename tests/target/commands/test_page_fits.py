"""The status page in narrow and usual windows, with long names; what needs a look is first."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.commands.page import page
from target_oracle.commands.status import status

from tests.conftest import BROWSER
from tests.target.commands.history import chromium, keep, run, settings, stream

if TYPE_CHECKING:
    from pathlib import Path

LONG = "stage_planned_parcel_shipment_and_more_words_up_to_sixty_let"
MEASURE = (
    "<script>const wide = [document.documentElement, ...document.querySelectorAll('.wide')];"
    "parent.postMessage(wide.map(e => `${e.scrollWidth}/${e.clientWidth}`).join(' '), '*')"
    "</script></body>"
)


@pytest.fixture
def html(oracle: Any) -> str:
    given = settings(oracle.config, late_after_minutes=60)
    now = datetime.now(UTC)
    bad: Any = {"status": "failed", "error": f"Stream '{LONG}': " + "x" * 200, "exit_code": 1}
    good = {name: stream(1_000_000) for name in ("allocation", "wave")}
    late = {"order_dtl": stream(7)}
    keep(
        given,
        [
            run(now - timedelta(hours=5), late),
            run(now - timedelta(minutes=9), good),
            run(now - timedelta(minutes=1), {LONG: stream(1, status="failed")}, **bad),
        ],
    )
    return page(status(given))


def test_streams_that_need_a_look_come_first(html: str) -> None:
    names = re.findall(r'data-stream="([^"]+)"', html)

    assert names == ["order_dtl", LONG, "allocation", "wave"]
    assert len(LONG) == 60


@pytest.mark.skipif(not shutil.which(BROWSER), reason=f"{BROWSER} is not installed")
@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_lies_beyond_the_edge_of_the_window(html: str, tmp_path: Path, width: int) -> None:
    policy = r'<meta http-equiv="Content-Security-Policy"[^>]*>'
    measured = re.sub(policy, "", html).replace("</body>", MEASURE)
    (tmp_path / "page.html").write_text(measured, encoding="utf-8")
    frame = tmp_path / "frame.html"  # as the browser's own window is 500 wide at least
    frame.write_text(
        "<script>addEventListener('message', e => { document.title = e.data })</script>"
        f'<iframe src="page.html" style="width: {width}px; height: 3000px; border: 0"></iframe>'
    )

    shown = chromium(
        *("--dump-dom", "--virtual-time-budget=3000", "--allow-file-access-from-files"),
        frame.as_uri(),
    ).stdout

    (title,) = re.findall(r"<title>(.*?)</title>", shown)
    measures = [tuple(map(int, each.split("/"))) for each in title.split()]
    assert len(measures) == 3
    assert measures[0][1] in range(width - 20, width + 1)  # less a bar to scroll down by
    assert [needed for needed, there in measures if needed > there] == []
