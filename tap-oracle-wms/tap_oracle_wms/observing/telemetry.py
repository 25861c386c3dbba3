"""Traces and metrics, as the OTEL_* variables ask for them: nothing at all by default.

Only `open_telemetry` knows the packages of the extra `otel`, and it is imported when they are asked
for. A run never fails for its telemetry.
"""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType
    from typing import Self

    import httpx


Value = str | int | float | bool | None

logger = logging.getLogger("tap-oracle-wms")


class Span:
    """A piece of work that nobody records; it begins when it is made.

    `with` makes it the parent of what the thread does next, and ends it.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end(error)

    def note(self, **attributes: Value) -> None:
        """Add attributes."""

    def end(self, error: BaseException | None = None) -> None:
        """End it, as failed when there is an error; a second end does nothing."""


NONE = Span()


class Telemetry(Protocol):
    """What records a run."""

    def span(self, name: str, parent: Span | None, attributes: Mapping[str, Value]) -> Span:
        """Begin a span, within the thread's present one or another parent; `NONE` is the run."""

    def count(self, name: str, number: int, attributes: Mapping[str, Value]) -> None:
        """Add to a counter."""

    def measure(self, name: str, value: float, attributes: Mapping[str, Value]) -> None:
        """Take a value into a distribution, or as the present one."""

    def watch(self, client: httpx.Client) -> None:
        """Record a client's requests as spans."""

    def close(self, error: BaseException | None) -> None:
        """End the run, and send what is left."""


_active: Telemetry | None = None


def span(name: str, parent: Span | None = None, **attributes: Value) -> Span:
    """Begin a span, within the thread's present one or another parent; `NONE` is the run."""
    return NONE if _active is None else _active.span(name, parent, attributes)


def count(name: str, number: int, **attributes: Value) -> None:
    """Add to a counter."""
    if _active is not None:
        _active.count(name, number, attributes)


def measure(name: str, value: float, **attributes: Value) -> None:
    """Take a value into a distribution, or as the present one."""
    if _active is not None:
        _active.measure(name, value, attributes)


def watch(client: httpx.Client) -> None:
    """Record a client's requests as spans."""
    if _active is not None:
        _active.watch(client)


def start(marks: Mapping[str, str]) -> None:
    """Begin to record what the environment asks for; `marks` are what logs are marked with."""
    global _active  # noqa: PLW0603 - one run a process, as with OpenTelemetry itself
    wanted = {signal for signal in ("traces", "metrics") if _is_wanted(signal.upper())}
    if not wanted or _active is not None:
        return
    try:
        from tap_oracle_wms.observing.open_telemetry import Recording  # noqa: PLC0415 - only when asked for

        _active = Recording(marks, wanted)
    except ImportError:
        logger.warning(
            "OTEL_* variables ask for traces or metrics, which need the extra `otel`: install "
            "tap-oracle-wms[otel]. The run goes on without."
        )
    except ValueError as error:
        logger.warning("OTEL_* variables cannot be used, the run goes on without: %s.", error)


@contextmanager
def recorded() -> Iterator[None]:
    """A program's whole run: however it ends, what was recorded is sent."""
    global _active
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
        active, _active = _active, None
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
