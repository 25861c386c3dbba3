"""The Singer face: messages in, STATE out after COMMIT."""

from __future__ import annotations

import copy
import gc
import io
import json
import os
import sys
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import IO, TYPE_CHECKING, Any, ClassVar

import oracledb
from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.exceptions import RecordsWithoutSchemaException, SingerSDKError
from singer_sdk.helpers.capabilities import (
    CapabilitiesEnum,
    PluginCapabilities,
    TargetCapabilities,
)
from singer_sdk.mapper import RemoveRecordTransform, SameRecordTransform
from singer_sdk.plugin_base import _ConfigInput
from singer_sdk.singerlib.exceptions import InvalidInputLine
from singer_sdk.sql import SQLTarget
from typing_extensions import override

from target_oracle.commands.command_line import OPTIONS, answer_question
from target_oracle.config import settings, sources
from target_oracle.config.files import read_object
from target_oracle.database import load_log
from target_oracle.database.retries import repeated
from target_oracle.database.session import OracleConnector
from target_oracle.errors import ConnectError, TableError, TargetError
from target_oracle.json_text import encode_ascii
from target_oracle.observing import logs, signals, telemetry
from target_oracle.observing.outcome import TerminatedError, close_output, reported
from target_oracle.observing.report import publish
from target_oracle.records import batch_files
from target_oracle.records.frames import Frame
from target_oracle.run import Run
from target_oracle.schema.json_schema import SchemaReader
from target_oracle.singer import forms
from target_oracle.singer.reader import MessageReader, TruncatedInputError
from target_oracle.singer.state import States
from target_oracle.sinks import OracleSink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType

    import click
    from singer_sdk.mapper import StreamMap

    from target_oracle.loading.loader import Loader
    from target_oracle.records.slices import Record
    from target_oracle.schema.tables import Table

TICK = 1.0  # seconds between looks at the age of batches


class TargetOracle(SQLTarget):
    """Singer target for Oracle Database."""

    name = "target-oracle"
    config_jsonschema: ClassVar[dict[str, Any]] = settings.json_schema()
    default_sink_class = OracleSink
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        *SQLTarget.capabilities,
        PluginCapabilities.BATCH,
        TargetCapabilities.SOFT_DELETE,
    ]

    def __init__(
        self,
        *,
        config: dict[str, Any] | None = None,
        parse_env_config: bool = False,
        validate_config: bool = True,
        setup_mapper: bool = True,
        message_reader: MessageReader | None = None,
    ) -> None:
        raw = {**(config or {}), **(self._environment() if parse_env_config else {})}
        self.append_builtin_config(self.config_jsonschema)
        self.settings, builtin = sources.load(raw, self.config_jsonschema["properties"])
        super().__init__(
            config={**builtin, **self.settings.shown()},
            validate_config=validate_config,
            setup_mapper=setup_mapper,
            message_reader=message_reader or MessageReader(self._take, self._tick),
        )
        self.current_run = Run(self.settings)
        self._workers = self.current_run.workers
        logs.mark(**self.settings.log_fields, run_id=self.current_run.run_id)
        self.bookmarks: dict[str, str | None] = {}
        self._connector = OracleConnector(dict(self.config), self.current_run.session)
        self._routes: dict[str, list[OracleSink]] = {}
        self._schemas: dict[str, tuple[Any, ...]] = {}
        self._tables: dict[str, tuple[tuple[str, int], str]] = {}
        self._shadows: dict[str, list[Loader]] = {}
        self._waiting: dict[OracleSink, None] = {}  # in the order in which they began to
        self._states = States()
        self._reporter = self.current_run.reporter
        self._full = self.settings.batch_size_rows
        self._position = 0
        self._size = 0
        self._signal = 0
        self._next_look = time.monotonic() + TICK

    @classmethod
    def _environment(cls) -> dict[str, Any]:
        """Settings from the environment as text: the model knows their types, and what is empty."""
        cls.append_builtin_config(cls.config_jsonschema)
        names = [*settings.Settings.model_fields, *settings.ALIASES]
        known = {name: {"type": "string"} for name in names}
        builtin = {
            name: schema
            for name, schema in cls.config_jsonschema["properties"].items()
            if os.environ.get(f"{cls._env_var_prefix}{name.upper()}")
        }
        return parse_environment_config({"properties": builtin | known}, cls._env_var_prefix)

    @property
    @override
    def target_connector(self) -> OracleConnector:
        return self._connector

    def shadows(self, stream: str) -> list[Loader]:
        """What an overwrite has loaded aside under the stream's earlier schemas."""
        return self._shadows.get(stream, [])

    @property
    def sinks(self) -> list[OracleSink]:
        """The sinks of the schemas in force."""
        return [sink for sinks in self._routes.values() for sink in sinks]

    # Messages

    def _take(self, stream: str, line: bytes) -> None:
        """Keep a RECORD until its stream is flushed."""
        try:
            sinks = self._routes[stream]
        except KeyError:
            raise self._homeless(stream, "RECORD") from None
        self._position += 1
        for sink in sinks:
            if not sink.batch.lines:
                if sink.batch:
                    self._flush([sink])
                self._waiting[sink] = None
            sink.batch.add(line, self._position)
            self._size += len(line)
            if len(sink.batch.lines) >= self._full:
                self._flush_with_dormant(sink)
        if self._size >= self.settings.batch_size_bytes:
            self._flush_with_dormant(max(self._waiting, key=lambda each: each.batch.size))

    def _take_frame(self, stream: str, frame: Frame) -> None:
        """Keep a part of a BATCH file until its stream is flushed."""
        self._position += len(frame)
        for sink in self._routes[stream]:
            if sink.batch.lines:
                self._flush([sink])
            self._waiting.setdefault(sink)
            sink.batch.add_frame(frame, self._position)
            self._size += frame.size
            if len(sink.batch) >= self._full:
                self._flush_with_dormant(sink)
        if self._size >= self.settings.batch_size_bytes:
            self._flush_with_dormant(max(self._waiting, key=lambda each: each.batch.size))

    def _homeless(self, stream: str, kind: str) -> RecordsWithoutSchemaException:
        return RecordsWithoutSchemaException(
            f"Stream '{stream}': a {kind} came before its SCHEMA. The tap must send it first."
        )

    @override
    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        self._take(message_dict["stream"], json.dumps(message_dict, default=str).encode())

    @override
    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        found = forms.declared(message_dict)
        stream, schema, keys = found.stream, found.schema, found.key_properties
        bookmark = found.bookmark
        if self._schemas.get(stream) == (schema, keys, bookmark):
            return
        old = self._retire(stream)
        self._schemas[stream] = (copy.deepcopy(schema), keys, bookmark)
        reader = SchemaReader(schema)
        self.mapper.register_raw_stream_schema(stream, reader.read(), keys)
        for told in reader.told:
            self.logger.warning("Stream '%s', %s", stream, told)
        self._routes[stream] = [
            self._sink_for(each, (stream, number), bookmark, old)
            for number, each in enumerate(self.mapper.stream_maps[stream])
            if not isinstance(each, RemoveRecordTransform)
        ]

    def _retire(self, stream: str) -> dict[str, list[Loader]]:
        """Load what waits under the stream's old schema; the shadows of its overwrites live on."""
        shadows = {}
        for sink in self._routes.get(stream, []):
            self._flush([sink])
            shadows[sink.stream_name] = self._workers.call(sink.worker, sink.retire)
            self._release_states()
            self._sinks_active.pop(sink.stream_name, None)
        return shadows

    def _sink_for(
        self,
        stream_map: StreamMap,
        source: tuple[str, int],
        bookmark: str | None,
        shadows: dict[str, list[Loader]],
    ) -> OracleSink:
        alias = stream_map.stream_alias
        self.bookmarks[alias] = bookmark
        self._shadows[alias] = shadows.get(alias, [])
        sink = self.get_sink(
            alias,
            schema=stream_map.transformed_schema,
            key_properties=stream_map.transformed_key_properties,
        )
        if not isinstance(sink, OracleSink):
            msg = f"{type(sink).__name__} is not an OracleSink"
            raise TypeError(msg)
        if type(stream_map) is not SameRecordTransform or stream_map.flattening_enabled:
            sink.transform = _mapping(stream_map)
        self._workers.give(sink.worker, lambda: sink.table, done=partial(self._claim, sink, source))
        return sink

    def _claim(self, sink: OracleSink, source: tuple[str, int], table: Table) -> None:
        """Let a stream into its table, unless another one is there, also one of the same alias."""
        first, alias = self._tables.setdefault(table.sql, (source, sink.stream_name))
        if first != source:
            is_alias = alias == sink.stream_name
            one, other = (first[0], source[0]) if is_alias else (alias, sink.stream_name)
            msg = (
                f"The streams '{one}' and '{other}' both load table {sink.table_name}: give one "
                "another name with stream_maps."
            )
            raise TableError(msg)
        sink.is_ready = True

    @override
    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        if "value" not in message_dict:
            msg = "A STATE message lacks its value."
            raise InvalidInputLine(msg)
        self._reporter.hear(message_dict["value"])
        self._states.add(self._position, encode_ascii(message_dict["value"]))
        self._release_states()

    @override
    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        found = forms.read(forms.ActivateVersionMessage, "ACTIVATE_VERSION", message_dict)
        for sink in self._routes.get(found.stream, []):
            self._flush([sink])
            if sink.process_activate_version_messages and not sink.holds_state:
                outdate = partial(sink.activate_version, found.version)
                self._workers.call(sink.worker, outdate)

    @override
    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        """Take the records of files as if they had come one by one."""
        found = batch_files.Batch.read(message_dict)
        if found.stream not in self._routes:
            raise self._homeless(found.stream, "BATCH")
        properties = self._schemas[found.stream][0]["properties"]
        storage = (self.config.get("batch_config") or {}).get("storage")
        for part in found.parts(properties, storage, self._full):
            self._tick()
            if isinstance(part, Frame):
                self._take_frame(found.stream, part)
            else:
                for line in part:
                    self._take(found.stream, line)

    # Flushing

    def _tick(self) -> None:
        """Between messages: end when told to, and flush what has waited long enough."""
        if self._signal:
            raise TerminatedError(self._signal)
        if self._workers.take():
            self._release_states()
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + TICK
            oldest = now - self.settings.batch_max_age
            self._flush([s for s in self._waiting if s.batch and s.batch.since <= oldest])

    def _flush_with_dormant(self, sink: OracleSink) -> None:
        """Flush a full batch, and those that ended before it began and hold STATE back."""
        first = sink.batch.first
        dormant = [s for s in self._waiting if s.batch and s.batch.last < first]
        self._flush([*dormant, sink])

    def _flush(self, sinks: Iterable[OracleSink]) -> None:
        """Load what waits of some streams; they are at it when this returns, or through."""
        for sink in sinks:
            while not sink.is_free:
                self._workers.wait()
            if sink.batch:
                size = sink.hand_over().size
                self._size -= size
                load = partial(self.drain_one, sink)
                self._workers.give(sink.worker, load, size, partial(self._loaded, sink))
        self._release_states()

    def _loaded(self, sink: OracleSink, _: None) -> None:
        sink.loading = None
        if not sink.first_waiting:
            self._waiting.pop(sink, None)

    def _flush_all(self) -> None:
        """Load all that waits, and wait until it is."""
        self._flush(self.sinks)
        self._workers.join()
        self._release_states()

    def _release_states(self) -> None:
        waiting = [sink.first_waiting - 1 for sink in self._waiting]
        if state := self._states.earned(min(waiting, default=self._position)):
            try:
                sys.stdout.write(f"{state}\n")
                sys.stdout.flush()
            except OSError as error:
                close_output()
                msg = (
                    f"The STATE cannot be written to the standard output: {error.strerror}. The "
                    "rows before it are loaded; the next run will load them again."
                )
                raise TargetError(msg) from None
            self._reporter.release(state)

    @override
    def process_endofpipe(self) -> None:
        self._flush_all()
        spared = {s: None for s in self.sinks if self._is_half(s)}
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
        repeated(self._clear_up, self.current_run.sessions, self.settings.max_retries)
        self.current_run.execute("after_sql")
        self.current_run.close()

    def _is_half(self, sink: OracleSink) -> bool:
        """Whether a stream is to replace its table's rows and is known not to be whole."""
        return sink.holds_state and self._reporter.unfinished(sink.stream_name)

    def _clear_up(self) -> None:
        for sink in self.sinks:
            self._workers.give(sink.worker, sink.clean_up)
        self._workers.join()
        self.current_run.drop_own_tables()

    def _report(self, error: BaseException | None) -> None:
        waiting = Counter[str]()
        for sink in self.sinks:
            waiting[sink.stream_name] += sink.current_size
        rejected = {name: self.current_run.rejected(name) for name in self._reporter.streams}
        report = self._reporter.report(error, waiting, rejected)
        if self.settings.load_log_table:
            if isinstance(error, ConnectError):
                report["load_log"] = "The load log is not written: there is no connection."
            else:
                report["load_log"] = load_log.write(self.settings, report)
            if report["load_log"]:
                self.logger.error("%s", report["load_log"])
        publish(report, self.settings.summary_file)

    # Command line

    @classmethod
    @override
    def cb_config(
        cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]
    ) -> _ConfigInput:
        found: dict[str, Any] = {}
        with reported(cls.logger):
            for name in value:
                found |= read_object(name, "--config") if name != "ENV" else {}
        return _ConfigInput(found, parse_env="ENV" in value)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Note the signal; a second one gives up the flush.

        It waits for the database's answer to the statement at hand where there is one worker alone.
        """
        if self._signal:
            sys.exit(128 + signum)
        self._signal = signum

    def run(self, file_input: IO[str] | None) -> None:
        """Load the input; on a signal or a tap's death, what was read of it."""
        failure: BaseException | None = None
        try:
            self._load(file_input)
        except BaseException as error:
            failure = error
            if self.current_run.session.is_open and self._workers.idle:
                with suppress(oracledb.Error, TargetError):
                    self._clear_up()
            raise
        finally:
            self.current_run.close()
            self._report(failure)

    def _load(self, file_input: IO[str] | None) -> None:
        try:
            self.current_run.execute("before_sql")
            self.listen(file_input)
        except (TerminatedError, TruncatedInputError):
            self._flush_all()
            raise

    @classmethod
    @override
    def invoke(
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        file_input: IO[str] | None = None,
        **asked: Any,
    ) -> None:
        if about:
            cls.print_about(about_format)
            return
        logs.begin()
        cls.print_version(print_fn=cls.logger.info)
        with reported(cls.logger), telemetry.recorded():
            raw = config.config if config else {}
            target = cls(config=raw, parse_env_config=bool(config and config.parse_env))
            answer_question(target.settings, target.mapper, asked)
            signals.start()
            _check_streams(file_input)
            _write_lines_whole()
            gc.freeze()  # the collector need not walk through every module for each slice
            target.run(file_input)

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        command = super().get_singer_command()
        command.params.extend(OPTIONS)
        return command


def _mapping(stream_map: StreamMap) -> Callable[[Record], Record | None]:
    """What a stream map makes of a record. TargetError, without a value of it, where it fails."""

    def mapped(record: Record) -> Record | None:
        try:
            return stream_map.transform(record)
        except Exception as error:
            reason = str(error) if isinstance(error, SingerSDKError) else type(error).__name__
            msg = (
                f"Stream '{stream_map.stream_alias}': stream_maps cannot be applied to a record: "
                f"{reason.rstrip('.')}."
            )
            raise TargetError(msg) from error

    return mapped


def _check_streams(file_input: IO[str] | None) -> None:
    """TargetError where the program was started without what it reads from or writes to."""
    if sys.stdout is None:
        msg = "The standard output is closed: STATE has nowhere to go."
        raise TargetError(msg)
    if sys.stdin is None and file_input is None:
        msg = "The standard input is closed: pipe a tap into it, or give --input."
        raise TargetError(msg)


def _write_lines_whole() -> None:
    """Buffer an unbuffered output (PYTHONUNBUFFERED): a signal may cut its writes short."""
    if isinstance(getattr(sys.stdout, "buffer", None), io.RawIOBase):
        number = sys.stdout.fileno()
        sys.stdout = open(number, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - for good
