"""Buffer records, flush them in time, and write each STATE once it is earned."""

from __future__ import annotations

import copy
import logging
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import RecordsWithoutSchemaException

from target_oracle.database.retries import Retrier
from target_oracle.errors import TableError, TargetError
from target_oracle.json_text import encode_ascii
from target_oracle.observing.outcome import TerminatedError
from target_oracle.observing.report import is_report_alone
from target_oracle.observing.terminal import Moving, Scene
from target_oracle.records.frames import Frame
from target_oracle.schema.plan import wants_periods
from target_oracle.singer.state import States, write_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_oracle.loading.loader import Loader
    from target_oracle.records.batch_files import BatchMessage
    from target_oracle.run import Run
    from target_oracle.schema.tables import Table
    from target_oracle.singer.forms import SchemaMessage
    from target_oracle.sinks import OracleSink

logger = logging.getLogger("target-oracle")

TICK = 1.0
"""Seconds between looks at the age of what waits."""


@dataclass
class Claims:
    """Remembers which stream has which table: the first one that asked for it."""

    _first: dict[str, tuple[tuple[str, int], str]] = field(default_factory=dict)

    def admit(self, sink: OracleSink, source: tuple[str, int], table: Table) -> None:
        """Let a sink into its table; `source` is its stream and the number of its stream map.

        Raises:
            TableError: Another stream has the table, or another map of the same stream.
        """
        first, alias = self._first.setdefault(table.sql, (source, sink.stream_name))
        if first != source:
            is_alias = alias == sink.stream_name
            one, other = (first[0], source[0]) if is_alias else (alias, sink.stream_name)
            msg = (
                f"The streams '{one}' and '{other}' both load table {sink.table_name}: give one "
                "another name with stream_maps."
            )
            raise TableError(msg)
        sink.is_ready = True


class Intake:
    """Gives records to the sinks of their stream, and flushes the sinks in time.

    Records are counted over the whole run: a STATE has the number of those that came before it,
    and is earned once all of them are in their tables.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.signal = 0
        """The number of the signal that asks the run to end."""
        self._workers = run.workers
        self._routes: dict[str, list[OracleSink]] = {}
        self._schemas: dict[str, tuple[Any, ...]] = {}
        self._claims = Claims()
        self._waiting: dict[OracleSink, None] = {}  # in the order in which they began to
        self._states = States()
        self._full = run.settings.batch_size_rows
        self._full_bytes = run.settings.batch_size_bytes
        self._position = 0
        self._size = 0
        self._next_look = time.monotonic() + TICK

    @property
    def sinks(self) -> list[OracleSink]:
        """The sinks of the schemas in force."""
        routes = [*self._routes.values()]  # which changes while a terminal's thread looks at it
        return [sink for sinks in routes for sink in sinks]

    # Schemas

    def knows(self, message: SchemaMessage) -> bool:
        """Whether a stream's schema has not changed."""
        return self._schemas.get(message.stream) == message.meaning

    def retire(self, message: SchemaMessage) -> dict[str, list[Loader]]:
        """Load what waits under the stream's old schema, and remember the new one.

        Return the shadows of its overwrites, which go on to be filled, by name of the sink.
        """
        shadows = {}
        for sink in self._routes.get(message.stream, []):
            self._flush([sink])
            shadows[sink.stream_name] = self._workers.call(sink.worker, sink.retire)
            self._release_states()
        self._schemas[message.stream] = copy.deepcopy(message.meaning)
        return shadows

    def route(self, stream: str, sinks: Iterable[OracleSink]) -> None:
        """Set the sinks of a stream; each prepares its table first."""
        routes = []
        for number, sink in enumerate(sinks):
            sink.setup()
            claim = partial(self._claims.admit, sink, (stream, number))
            self._workers.give(sink.worker, sink.known_table, done=claim)
            routes.append(sink)
        self._routes[stream] = routes

    # Records

    def take(self, stream: str, line: bytes) -> None:
        """Keep a RECORD message until its stream is flushed.

        Raises:
            RecordsWithoutSchemaException: The stream has no schema yet.
        """
        try:
            sinks = self._routes[stream]
        except KeyError:
            raise RecordsWithoutSchemaException(_too_early(stream, "RECORD")) from None
        self._position += 1
        for sink in sinks:
            if not sink.buffer.lines:
                self._begin_lines(sink)
            sink.buffer.add(line, self._position)
            self._size += len(line)
            if len(sink.buffer.lines) >= self._full:
                self._flush_with_dormant(sink)
        if self._size >= self._full_bytes:
            self._flush_largest()

    def _begin_lines(self, sink: OracleSink) -> None:
        if sink.buffer:  # has frames: they are loaded apart from lines
            self._flush([sink])
        self._waiting[sink] = None

    def take_files(self, message: BatchMessage, storage: Mapping[str, Any] | None) -> None:
        """Take the records of a BATCH message's files as if they had come one by one.

        Raises:
            RecordsWithoutSchemaException: The stream has no schema yet.
        """
        if message.stream not in self._routes:
            raise RecordsWithoutSchemaException(_too_early(message.stream, "BATCH"))
        properties = self._schemas[message.stream][0]["properties"]
        for part in message.parts(properties, storage, self._full):
            self.tick()
            if isinstance(part, Frame):
                self._take_frame(message.stream, part)
            else:
                for line in part:
                    self.take(message.stream, line)

    def _take_frame(self, stream: str, frame: Frame) -> None:
        self._position += len(frame)
        for sink in self._routes[stream]:
            if sink.buffer.lines:
                self._flush([sink])
            self._waiting.setdefault(sink)
            sink.buffer.add_frame(frame, self._position)
            self._size += frame.size
            if len(sink.buffer) >= self._full:
                self._flush_with_dormant(sink)
        if self._size >= self._full_bytes:
            self._flush_largest()

    # Versions and STATE

    def activate(self, stream: str, version: int) -> None:
        """Load what waits of a stream, then outdate the rows of its older versions."""
        for sink in self._routes.get(stream, []):
            self._flush([sink])
            if sink.process_activate_version_messages and not sink.holds_state:
                self._workers.call(sink.worker, partial(sink.activate_version, version))

    def take_state(self, value: Any) -> None:
        """Keep a STATE until it is earned; one that holds the tap's report alone is none."""
        self.run.reporter.hear(value)
        if not is_report_alone(value):
            self._states.add(self._position, encode_ascii(value))
        self._release_states()

    def _release_states(self) -> None:
        # All records before the first one that waits are loaded.
        waiting = [sink.first_waiting - 1 for sink in self._waiting]
        if state := self._states.earned(min(waiting, default=self._position)):
            write_state(state)
            self.run.reporter.release(state)

    # Flushing

    def tick(self) -> None:
        """Look at the time between messages, and flush what has waited long enough.

        Raises:
            TerminatedError: A signal asks the run to end.
        """
        if self.signal:
            raise TerminatedError(self.signal)
        if self._workers.take():
            self._release_states()
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + TICK
            oldest = now - self.run.settings.batch_max_age
            self._flush([s for s in self._waiting if s.buffer and s.buffer.since <= oldest])

    def _flush_largest(self) -> None:
        self._flush_with_dormant(max(self._waiting, key=lambda each: each.buffer.size))

    def _flush_with_dormant(self, sink: OracleSink) -> None:
        """Flush a full sink, and idle sinks whose older records hold STATE back."""
        first = sink.buffer.first
        dormant = [s for s in self._waiting if s.buffer and s.buffer.last < first]
        self._flush([*dormant, sink])

    def _flush(self, sinks: Iterable[OracleSink]) -> None:
        """Start to load what some sinks have buffered; with one worker, it is loaded on return."""
        for sink in sinks:
            while not sink.is_free:
                self._workers.wait()
            if sink.buffer:
                size = sink.hand_over().size
                self._size -= size
                self._workers.give(sink.worker, sink.drain, size, partial(self._loaded, sink))
        self._release_states()

    def _loaded(self, sink: OracleSink, _: None) -> None:
        sink.loading = None
        if not sink.first_waiting:
            self._waiting.pop(sink, None)

    def flush_all(self) -> None:
        """Load all that waits, and wait until it is."""
        self._flush(self.sinks)
        self._workers.join()
        self._release_states()

    # The end

    def finish(self) -> None:
        """Load all that waits and end all overwrites.

        Raises:
            TargetError: The tap did not finish a stream that is overwritten: it is left alone.
        """
        self.flush_all()
        is_half = self.run.reporter.unfinished
        spared = {s: None for s in self.sinks if s.holds_state and is_half(s.stream_name)}
        for sink in self.sinks:
            if sink not in spared:
                self._workers.give(sink.worker, sink.finish)
        self._workers.join()
        names = {sink.stream_name: None for sink in spared}
        # Also what was held under an earlier schema of theirs.
        self._waiting = {s: None for s in self._waiting if s.stream_name in names} | spared
        self._release_states()
        if spared:
            told = ", ".join(f"'{name}'" for name in names)
            msg = f"The tap did not finish {told}: what it overwrites is left alone."
            raise TargetError(msg)
        retrier = Retrier(self.run.settings.max_retries, self.run.limits)
        retrier.call(self.clear_up, self._workers.sessions)

    def clear_up(self) -> None:
        """Drop staging tables, shadows and the run's own tables."""
        for sink in self.sinks:
            self._workers.give(sink.worker, sink.clean_up)
        self._workers.join()
        self._workers.drop_own_tables()


def _too_early(stream: str, kind: str) -> str:
    return f"Stream '{stream}': a {kind} came before its SCHEMA. The tap must send it first."


def mention_idle_settings(intake: Intake) -> None:
    """Log that no stream of the run is one that a setting is for."""
    plans = [sink.plan for sink in intake.sinks]
    if plans and intake.run.settings.history_validity and not any(map(wants_periods, plans)):
        logger.warning(
            "No stream of this run is a history: `history_validity` does nothing without "
            "`load_method` 'history' (also in `streams`)"
        )


def scene(intake: Intake) -> Scene:
    """What a terminal shows of the run."""
    now = time.monotonic()
    moving = [
        Moving(sink.stream_name, sink.summary.records + waiting, now - sink.summary.begun)
        for sink in intake.sinks
        if (waiting := sink.current_size)
    ]
    loaded = sum(each.records for each in [*intake.run.reporter.streams.values()])
    return Scene(f"{len(moving)} streams move, {loaded:,} rows are in their tables", moving)
