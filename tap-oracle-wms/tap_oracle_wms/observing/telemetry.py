"""Traces and metrics by OpenTelemetry, as the OTEL_* variables ask for them: none by default.

Without the variables there is OpenTelemetry's API alone, whose spans do nothing. `open_telemetry`
brings in its SDK, which is in the extra `otel`. A run never fails for its telemetry.
"""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry.trace import INVALID_SPAN, Span, use_span

from . import logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .open_telemetry import Recording

Value = str | int | float | bool | None

MISSING_EXTRA = (
    "OTEL_* variables ask for traces or metrics, which need the extra `otel`: install "
    f"{logs.NAME}[otel]. The run goes on without."
)

logger = logging.getLogger(logs.NAME)

_recording: Recording | None = None


def begin(name: str, parent: Span | None = None, **attributes: Value) -> Span:
    """Begin a span, which `within` or `end` must end.

    It is within the thread's present span or another parent; `INVALID_SPAN` stands for the run.
    """
    if _recording is None:
        return INVALID_SPAN
    return _recording.begin(name, parent, _named(attributes))


def end(span: Span, error: BaseException | None = None) -> None:
    """End a span, as failed when there is an error; a second end does nothing."""
    if _recording is not None:
        _recording.end(span, error)


@contextmanager
def within(span: Span) -> Iterator[Span]:
    """Make a span the parent of what the thread does next, and end it."""
    try:
        with use_span(span, record_exception=False, set_status_on_exception=False):
            yield span
    except BaseException as error:
        end(span, error)
        raise
    end(span)


@contextmanager
def span(name: str, parent: Span | None = None, **attributes: Value) -> Iterator[Span]:
    """Record a piece of work as a span; for `parent`, see `begin`."""
    with within(begin(name, parent, **attributes)) as begun:
        yield begun


def count(name: str, number: int, **attributes: Value) -> None:
    """Add to a counter."""
    measure(name, number, **attributes)


def measure(name: str, value: float, **attributes: Value) -> None:
    """Take a value into a distribution, or as the present one."""
    if _recording is not None:
        _recording.measure(name, value, _named(attributes))


def _named(attributes: Mapping[str, Value]) -> dict[str, str | int | float | bool]:
    told = {"stream": logs.stream(), **attributes}
    return {f"singer.{name}": value for name, value in told.items() if value is not None}


def start(
    marks: Mapping[str, str],
    instruments: Mapping[str, tuple[str, str, str]],
    told: Callable[[BaseException], str],
) -> None:
    """Begin to record what the environment asks for, unless that has begun already.

    Args:
        marks: What log lines are marked with.
        instruments: Name -> kind (`counter`, `histogram` or `gauge`), unit and description.
        told: Makes of an error what may be told of it: no secrets, no records.
    """
    global _recording  # noqa: PLW0603 - one run a process, as with OpenTelemetry itself
    wanted = {signal for signal in ("traces", "metrics") if _is_wanted(signal.upper())}
    if not wanted or _recording is not None:
        return
    try:
        from .open_telemetry import Recording  # noqa: PLC0415 - only when asked for

        _recording = Recording(wanted, marks, instruments, told)
    except ImportError:
        logger.warning(MISSING_EXTRA)
    except ValueError as error:
        logger.warning("OTEL_* variables cannot be used, the run goes on without: %s.", error)


def recording() -> Recording | None:
    """What records the run, if anything does."""
    return _recording


@contextmanager
def recorded() -> Iterator[None]:
    """A program's whole run: however it ends, what was recorded is sent."""
    global _recording
    failure: BaseException | None = None
    try:
        yield
    except SystemExit as leaving:
        failure = leaving if leaving.code else None
        raise
    except BaseException as error:
        failure = error
        raise
    finally:
        active, _recording = _recording, None
        if active is not None:
            active.close(failure)


def _is_wanted(signal: str) -> bool:
    """Whether variables of the OpenTelemetry specification ask for a signal, by OTLP over HTTP."""
    if _variable("OTEL_SDK_DISABLED").lower() == "true":
        return False
    exporter = _variable(f"OTEL_{signal}_EXPORTER")
    endpoint = f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"
    if not (exporter or _variable(endpoint) or _variable("OTEL_EXPORTER_OTLP_ENDPOINT")):
        return False
    if exporter not in {"", "otlp", "none"}:
        logger.warning("OTEL_%s_EXPORTER=%s is not offered: use otlp or none.", signal, exporter)
    protocol = f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL"
    spoken = _variable(protocol) or _variable("OTEL_EXPORTER_OTLP_PROTOCOL") or "http/protobuf"
    if spoken != "http/protobuf":
        logger.warning("%s=%s is not offered: use http/protobuf.", protocol, spoken)
    return exporter in {"", "otlp"} and spoken == "http/protobuf"


def _variable(name: str) -> str:
    return os.environ.get(name, "").strip()
