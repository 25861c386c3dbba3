"""What people hear of a run, and when, where they said they want to."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from apprise.plugins.slack import NotifySlack

from alerts.__main__ import main
from alerts.outcome import read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.operation.conftest import Project

# Apprise imports all of its services; one of them still uses a module that Python 3.13 drops.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


class Webhook:
    """A local HTTP server that keeps what is posted, after refusing the first `refusals`."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.refusals = 0
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.refusals -= 1
                if hook.refusals < 0:
                    hook.posted.append((self.path, json.loads(body)))
                self.send_response(200 if hook.refusals < 0 else 503)
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def titles(self) -> list[str]:
        return [body["title"] for _, body in self.posted]


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    hook = Webhook()
    yield hook
    hook.server.shutdown()
    hook.server.server_close()


class Mailbox:
    """A local SMTP server that keeps what is sent."""

    def __init__(self) -> None:
        self.received: list[Any] = []

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        self.received.append(envelope)
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, webhook: Webhook) -> Any:
    """Run alerts around a command that writes these lines as its log and has this exit code."""
    script = tmp_path / "meltano"
    monkeypatch.setenv("ALERTS_MELTANO", str(script))
    monkeypatch.setenv("ALERTS_URLS", f"json://{webhook.address}/hook")
    monkeypatch.setenv("ALERTS_SEVERITY", "success")
    monkeypatch.setenv("ALERTS_RETRY_WAIT", "0.05")
    monkeypatch.setenv("MELTANO_ENVIRONMENT", "prod")
    monkeypatch.setenv("MELTANO_PROJECT_ROOT", str(tmp_path))

    def run(code: int, *log: str) -> int:
        written = "".join(f"{line}\n" for line in log).encode(errors="surrogateescape")
        script.write_text(
            f"#!{sys.executable}\nimport sys\nsys.stderr.buffer.write({written!r})\n"
            f"sys.exit({code})\n"
        )
        script.chmod(0o755)
        return main(["incremental-sync-job"])

    return run


def logged(event: str, level: str = "info", name: str = "target-oracle") -> str:
    return f"2026-11-21T13:18:33.469458Z [{level:<9}] {name} {event}"


ENDED = logged("item  1,120 rows  1,120 loaded  0 rejected  0.4 s  2026-11-21T13:18:00+00:00")
FAILED = logged("Setting `password` is refused by WMS.", "error", "tap-oracle-wms")


def test_success_and_failure_reach_webhook_slack_and_mailbox(
    job: Any,
    webhook: Webhook,
    mailbox: tuple[Mailbox, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    box, port = mailbox
    monkeypatch.setattr(NotifySlack, "webhook_url", f"http://{webhook.address}/services")
    monkeypatch.setenv(
        "ALERTS_URLS",
        f"json://{webhook.address}/hook,"
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#warehouse,"
        f"mailto://127.0.0.1:{port}?mode=insecure&from=wms@example.com&to=night@example.com",
    )

    assert job(0, ENDED) == 0
    assert job(1, FAILED, logged("Block run completed", "error", "meltano")) == 1

    (_, good), (_, bad) = (p for p in webhook.posted if p[0].startswith("/hook"))
    assert (good["type"], good["title"]) == ("success", "[prod] incremental-sync-job ended well")
    assert good["message"] == "Exit code 0 after 0 s.\nitem: 1,120 read, 1,120 loaded, 0 rejected"
    assert (bad["type"], bad["title"]) == ("failure", "[prod] incremental-sync-job failed")
    assert bad["message"].splitlines() == [
        "tap-oracle-wms Setting `password` is refused by WMS.",
        "Exit code 1 after 0 s.",
    ]
    slack = [body for path, body in webhook.posted if path.startswith("/services/T1JJ3T3L2/")]
    assert [body["attachments"][0]["title"] for body in slack] == [good["title"], bad["title"]]
    assert "is refused by WMS" in slack[1]["attachments"][0]["text"]
    mails = [message_from_bytes(envelope.content) for envelope in box.received]
    assert [mail["Subject"] for mail in mails] == [good["title"], bad["title"]]
    assert box.received[1].rcpt_tos == ["night@example.com"]


def test_rejected_records_are_a_warning(job: Any, webhook: Webhook) -> None:
    assert job(0, logged("item  120 rows  117 loaded  3 rejected  0.4 s  rows were rejected")) == 0

    (_, body) = webhook.posted[0]
    assert (body["type"], body["title"]) == (
        "warning",
        "[prod] incremental-sync-job ended with 3 rejected records",
    )
    assert "item: 120 read, 117 loaded, 3 rejected" in body["message"]


def test_properties_that_are_new_gone_or_changed_are_a_warning(job: Any, webhook: Webhook) -> None:
    said = "Stream 'item': the schema is not as it was: new: colour (not loaded); gone: size."
    assert job(0, logged(said, "warning"), ENDED) == 0
    assert job(1, logged(said, "warning"), FAILED) == 1

    (_, changed), (_, failed) = webhook.posted
    assert (changed["type"], changed["title"]) == (
        "warning",
        "[prod] incremental-sync-job ended well, with schemas that changed",
    )
    assert changed["message"].splitlines()[0] == said
    assert failed["title"] == "[prod] incremental-sync-job failed"
    assert failed["message"].splitlines()[1] == said


def test_a_run_that_the_lock_refused_says_so(job: Any, webhook: Webhook) -> None:
    refusal = logged("Another 'x' pipeline is already running.", "error", "meltano")
    assert job(1, refusal, logged("Block run completed", "error", "meltano")) == 1
    assert webhook.titles == [
        "[prod] incremental-sync-job did not run: the one before is still running"
    ]
    assert "Another 'x' pipeline is already running." in webhook.posted[0][1]["message"]


def test_logs_in_json_are_understood_also_one_in_another() -> None:
    inner = json.dumps({"event": "WMS does not answer.", "level": "error"})
    outer = json.dumps({"event": inner, "level": "info"})
    summary = json.dumps({"event": ENDED, "level": "info"})
    outcome = read(1, [outer, json.dumps({"event": summary, "level": "info"})], 2.0)
    assert outcome.lines == [
        "WMS does not answer.",
        "Exit code 1 after 2 s.",
        "item: 1,120 read, 1,120 loaded, 0 rejected",
    ]


def test_the_plugins_own_sentence_goes_before_what_meltano_says() -> None:
    told = logged("ORA-01653.", "error")
    outcome = read(1, [told, logged("Block run completed", "error", "meltano")], 1.0)
    assert outcome.causes == ["target-oracle ORA-01653."]


@pytest.mark.parametrize("empty", ["", "meltano", "meltano "])
def test_an_error_without_a_sentence_is_no_cause(empty: str) -> None:
    """Meltano logs its own accidents so, with a traceback below."""
    said = "2026-11-29T04:40:30.648490Z [error    ] target-oracle ORA-01017."
    accident = f"2026-11-29T04:40:30.720209Z [error    ] {empty}"
    assert read(1, [said, accident, "BrokenPipeError"], 1.0).causes == ["target-oracle ORA-01017."]
    assert read(1, [accident, "BrokenPipeError"], 1.0).causes == ["BrokenPipeError"]


def test_the_same_again_is_held_back_and_its_end_is_told(job: Any, webhook: Webhook) -> None:
    for _ in range(3):
        assert job(1, FAILED) == 1
    assert job(0, ENDED) == 0

    assert webhook.titles == [
        "[prod] incremental-sync-job failed",
        "[prod] incremental-sync-job ended well",
    ]
    held = "2 more runs before it ended like the last one told."
    assert webhook.posted[1][1]["message"].endswith(held)


def test_another_failure_is_news(job: Any, webhook: Webhook) -> None:
    job(1, FAILED)
    job(1, logged("ORA-12541: no listener", "error"))
    assert len(webhook.posted) == 2


def test_the_same_is_told_again_after_a_time(
    job: Any, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERTS_REPEAT_MINUTES", "0")
    job(1, FAILED)
    job(1, FAILED)
    assert len(webhook.posted) == 2


@pytest.mark.parametrize(
    ("least", "titles"),
    [("warning", ["failed", "ended well"]), ("failure", ["failed", "ended well"])],
)
def test_what_is_less_grave_is_not_told_but_the_end_of_a_failure_is(
    job: Any,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
    least: str,
    titles: list[str],
) -> None:
    monkeypatch.setenv("ALERTS_SEVERITY", least)
    for code in (0, 1, 0, 0):
        job(code, FAILED if code else ENDED)
    assert webhook.titles == [f"[prod] incremental-sync-job {title}" for title in titles]


def test_an_address_that_refuses_is_tried_again(job: Any, webhook: Webhook) -> None:
    webhook.refusals = 2
    assert job(1, FAILED) == 1
    assert len(webhook.posted) == 1


def test_an_alert_that_nobody_took_keeps_the_exit_code_and_is_sent_by_the_next_run(
    job: Any, webhook: Webhook, capsys: pytest.CaptureFixture[str]
) -> None:
    webhook.refusals = 99
    assert job(7, FAILED) == 7
    assert f"The alert did not reach json://{webhook.address}/hook" in capsys.readouterr().err
    webhook.refusals = 0
    assert job(7, FAILED) == 7
    assert len(webhook.posted) == 1


def test_without_an_address_the_run_says_so_and_keeps_its_exit_code(
    job: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ALERTS_URLS")
    assert job(1, FAILED) == 1
    assert "No alert was sent" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variable", "value", "sentence", "sent"),
    [
        ("ALERTS_SEVERITY", "loud", "ALERTS_SEVERITY is loud, none of success, warning", 1),
        ("ALERTS_REPEAT_MINUTES", "often", "No alert was sent: ValueError", 0),
        ("MELTANO_SYS_DIR_ROOT", "/dev/null", "cannot be noted, and may be told again", 1),
    ],
)
def test_a_mistake_in_the_settings_keeps_the_exit_code(
    job: Any,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    value: str,
    sentence: str,
    sent: int,
) -> None:
    monkeypatch.setenv(variable, value)
    assert job(3, FAILED) == 3
    assert sentence in capsys.readouterr().err
    assert len(webhook.posted) == sent


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"kind"'])
def test_a_damaged_note_of_what_was_told_holds_nothing_back(
    job: Any, webhook: Webhook, tmp_path: Path, content: bytes
) -> None:
    job(1, FAILED)
    (note,) = (tmp_path / ".meltano" / "alerts").glob("*.json")
    note.write_bytes(content)
    job(1, FAILED)
    assert len(webhook.posted) == 2


def test_no_secret_leaves(
    job: Any,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TARGET_ORACLE_PASSWORD", "hunter2")
    monkeypatch.setenv("ALERTS_URLS", f"json://night:owl99@{webhook.address}/hook")
    job(1, logged("ORA-01017 for wms/hunter2@db", "error"))
    assert "hunter2" not in json.dumps(webhook.posted)
    assert "ORA-01017 for wms/***@db" in webhook.posted[0][1]["message"]
    webhook.refusals = 99
    job(2, logged("another", "error"))
    assert "owl99" not in capsys.readouterr().err


def test_a_log_that_is_no_utf_8_is_passed_on_and_told(
    job: Any, webhook: Webhook, capfd: pytest.CaptureFixture[str]
) -> None:
    assert job(3, "ERROR caf\udce9 closed") == 3
    assert "caf\N{REPLACEMENT CHARACTER} closed" in capfd.readouterr().err
    assert webhook.titles == ["[prod] incremental-sync-job failed"]


def test_a_signal_goes_to_the_run(job: Any, webhook: Webhook, tmp_path: Path) -> None:
    job(0)  # writes the script that is replaced here
    (tmp_path / "meltano").write_text(
        f"#!{sys.executable}\nimport os, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))\n"
        "time.sleep(0.5)\nos.kill(os.getppid(), signal.SIGTERM)\ntime.sleep(60)\n"
    )
    began = time.monotonic()
    assert main(["incremental-sync-job"]) == 143
    assert time.monotonic() - began < 30
    assert webhook.titles[-1] == "[prod] incremental-sync-job failed"


def test_a_message_can_be_sent_by_hand(
    job: Any, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["--test"]) == 0
    assert webhook.titles == ["Alerts reach this place"]
    monkeypatch.setenv("ALERTS_URLS", "")
    assert main(["--test"]) == 1


def test_a_failure_that_something_else_has_seen_is_told_by_the_same_rules(
    job: Any, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        assert main(["--failed", "full-sync", "Failed: order_hdr."]) == 0
    assert [posted["message"] for _, posted in webhook.posted] == ["Failed: order_hdr."]
    assert webhook.titles == ["[prod] full-sync failed"]
    monkeypatch.setenv("ALERTS_URLS", "")
    assert main(["--failed", "full-sync", "Failed: item."]) == 1


@pytest.mark.external
@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_job_with_alerts_tells_of_failure_and_success_and_keeps_the_exit_code(
    project: Project, webhook: Webhook
) -> None:
    project.environment |= {
        "ALERTS_URLS": f"json://{webhook.address}/hook",
        "ALERTS_SEVERITY": "success",
    }
    refused = {"TAP_ORACLE_WMS_PASSWORD": "hunter2-wrong"}

    project.meltano("run", "full-sync-with-alerts", code=1, variables=refused)
    project.meltano("run", "incremental-sync-with-alerts")

    (_, bad), (_, good) = webhook.posted
    assert (bad["type"], bad["title"]) == ("failure", "[demo] full-sync-job failed")
    assert "WMS refused the credentials (401)" in bad["message"]
    assert (good["type"], good["title"]) == ("success", "[demo] incremental-sync-job ended well")
    assert "item: " in good["message"]
    assert "hunter2" not in json.dumps(webhook.posted) + project.log
