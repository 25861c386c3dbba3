"""What every log line carries besides its message, and what no log line may carry."""

from __future__ import annotations

import logging
import os
import uuid
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from singer_sdk.metrics import Point
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    P = ParamSpec("P")
    T = TypeVar("T")

NAME = __name__.partition(".")[0].replace("_", "-")
"""The plugin: logger, service and `app_name`."""

LONGEST = 36
"""Characters of a run's name: a UUID's."""

_RUN_IDS = (
    f"{NAME.upper().replace('-', '_')}_RUN_ID",
    "MELTANO_RUN_ID",
    "MELTANO_PARENT_CONTEXT_UUID",
)
"""Variables that name the run; Meltano sets the last for all plugins of one command."""

_TELLTALE = ("httpx", "httpcore", "singer_sdk.mapper", "sqlalchemy")
"""Loggers whose lines below WARNING show addresses with their filters, cookies, or values."""

METRICS = "singer_sdk.metrics"
"""The logger of the SDK's METRIC lines."""

_stream: ContextVar[str | None] = ContextVar("stream", default=None)


def run_id() -> str:
    """The run's name as the environment gives it, the same to all plugins; else a new one."""
    given = [os.environ.get(name) for name in _RUN_IDS]
    return next(filter(None, [*given, _marks.program]), uuid.uuid4().hex[:12])[:LONGEST]


@contextmanager
def about(stream: str) -> Iterator[None]:
    """Lines of this thread are about a stream, for a while."""
    token = _stream.set(stream)
    try:
        yield
    finally:
        _stream.reset(token)


def stream() -> str | None:
    """The stream that this thread is at."""
    return _stream.get()


def carried(work: Callable[P, T]) -> Callable[P, T]:
    """Work for other threads: about this thread's stream, and within its span."""
    here = copy_context()

    def there(*args: P.args, **kwargs: P.kwargs) -> T:
        return here.copy().run(work, *args, **kwargs)

    return there


class _Marks(logging.Filter):
    """Marks lines with the run and the stream, and drops telltale ones."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.program: str | None = None
        """The name of the one run that this process is there for."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING and (_is_telltale(record.name) or _is_chatter(record)):
            return False
        record.__dict__.update(self.fields, app_name=NAME, stream_name=_stream_of(record))
        return True


_marks = _Marks()


def mark(**fields: str) -> None:
    """Have every line of this process carry these fields, whatever handler it goes to."""
    _marks.fields.update(fields)
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.Logger.manager.loggerDict)]
    for handler in (handler for logger in loggers for handler in logger.handlers):
        handler.addFilter(_marks)  # does nothing where it is already


def begin() -> None:
    """Mark the lines of a program, from its first one on."""
    _marks.program = run_id()
    mark(run_id=_marks.program)


def log_metrics(*, wanted: bool) -> None:
    """Log METRIC lines or not; a logging configuration that gives them a place wants them, too."""
    metrics = logging.getLogger(METRICS)
    has_place = bool(metrics.handlers)
    metrics.setLevel(logging.INFO if wanted or has_place else logging.WARNING)


def marks() -> dict[str, str]:
    """The fields that every line carries."""
    return dict(_marks.fields)


def _is_telltale(name: str) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in _TELLTALE)


def _is_chatter(record: logging.LogRecord) -> bool:
    """Whether the SDK speaks of itself: which variable it has read, which line it has come to."""
    is_of_sdk = f"{os.sep}singer_sdk{os.sep}" in record.pathname and record.name != METRICS
    return is_of_sdk and not logging.getLogger(record.name).isEnabledFor(logging.DEBUG)


def _stream_of(record: logging.LogRecord) -> str | None:
    """The stream that a line is about: by its logger, its metric's tag, or its thread."""
    plugin, _, child = record.name.partition(".")
    if plugin == NAME and child:
        return child
    if isinstance(record.args, tuple) and record.args and isinstance(record.args[0], Point):
        tag: str | None = record.args[0].tags.get("stream")
        return tag
    return _stream.get()
