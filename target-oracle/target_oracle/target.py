"""The Singer face: messages in, command line."""

from __future__ import annotations

import gc
import json
import sys
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import IO, TYPE_CHECKING, Any, ClassVar

import oracledb
from singer_sdk.helpers.capabilities import (
    CapabilitiesEnum,
    PluginCapabilities,
    TargetCapabilities,
)
from singer_sdk.mapper import RemoveRecordTransform
from singer_sdk.sql import SQLTarget
from typing_extensions import override

from target_oracle.commands.command_line import (
    OPTIONS,
    answer_question,
    check_streams,
    is_piped,
    write_lines_whole,
)
from target_oracle.config import settings, sources
from target_oracle.config.files import read_object
from target_oracle.config.limits import DEFAULT
from target_oracle.database import load_log
from target_oracle.database.session import OracleConnector
from target_oracle.errors import ConnectError, TargetError
from target_oracle.intake import Intake, mention_idle_settings, scene
from target_oracle.observing import logs, signals, telemetry, terminal
from target_oracle.observing.outcome import TerminatedError, reported
from target_oracle.observing.report import publish
from target_oracle.records.batch_files import BatchMessage
from target_oracle.run import Run
from target_oracle.schema.json_schema import SchemaReader
from target_oracle.sdk import ConfigInput, InvalidInputLine, classproperty
from target_oracle.singer import forms
from target_oracle.singer.reader import MessageReader, TruncatedInputError
from target_oracle.sinks import OracleSink

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

    import click

    from target_oracle.config.limits import Limits
    from target_oracle.loading.loader import Loader
    from target_oracle.singer.forms import SchemaMessage


class TargetOracle(SQLTarget):
    """Singer target for Oracle Database."""

    name = "target-oracle"
    config_jsonschema: ClassVar[Any] = classproperty(lambda _: settings.config_jsonschema())
    default_sink_class = OracleSink
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        *SQLTarget.capabilities,
        PluginCapabilities.BATCH,
        TargetCapabilities.SOFT_DELETE,
    ]

    def __init__(  # noqa: PLR0913 - the SDK's own, and the limits
        self,
        *,
        config: dict[str, Any] | None = None,
        parse_env_config: bool = False,
        validate_config: bool = True,
        setup_mapper: bool = True,
        message_reader: MessageReader | None = None,
        limits: Limits = DEFAULT,
    ) -> None:
        self.append_builtin_config(self.config_jsonschema)
        known = self.config_jsonschema["properties"]
        variables = (
            sources.from_environment(self._env_var_prefix, known) if parse_env_config else {}
        )
        self.settings, builtin = sources.load({**(config or {}), **variables}, known)
        self.current_run = Run(self.settings, limits)
        self.intake = Intake(self.current_run)
        super().__init__(
            config={**builtin, **self.settings.shown()},
            validate_config=validate_config,
            setup_mapper=setup_mapper,
            message_reader=message_reader or MessageReader(self.intake, limits),
        )
        self._connector = OracleConnector(dict(self.config), self.current_run.session)
        logs.mark(**self.settings.log_fields, run_id=self.current_run.run_id)
        logs.log_metrics(wanted=self.settings.log_metrics)

    @property
    @override
    def target_connector(self) -> OracleConnector:
        return self._connector

    # Messages

    @override
    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        self.intake.take(message_dict["stream"], json.dumps(message_dict, default=str).encode())

    @override
    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        message = forms.parse_schema(message_dict)
        if self.intake.knows(message):
            return
        shadows = self.intake.retire(message)
        reader = SchemaReader(message.schema)
        self.mapper.register_raw_stream_schema(
            message.stream, reader.read(), message.key_properties
        )
        for told in reader.told:
            self.logger.warning("Stream '%s', %s", message.stream, told)
        self.intake.route(message.stream, self._new_sinks(message, shadows))

    def _new_sinks(
        self, message: SchemaMessage, shadows: Mapping[str, list[Loader]]
    ) -> Iterator[OracleSink]:
        """Make a sink for each of the stream's maps that leaves something of it."""
        for stream_map in self.mapper.stream_maps[message.stream]:
            if not isinstance(stream_map, RemoveRecordTransform):
                earlier = shadows.get(stream_map.stream_alias, [])
                yield OracleSink(self, self.current_run, stream_map, message.bookmark, earlier)

    @override
    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        if "value" not in message_dict:
            msg = "A STATE message lacks its value."
            raise InvalidInputLine(msg)
        self.intake.take_state(message_dict["value"])

    @override
    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        kind = forms.ActivateVersionMessage
        message = forms.parse(kind, "ACTIVATE_VERSION", message_dict)
        self.intake.activate(message.stream, message.version)

    @override
    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        storage = (self.config.get("batch_config") or {}).get("storage")
        self.intake.take_files(BatchMessage.parse(message_dict), storage)

    @override
    def process_endofpipe(self) -> None:
        self.intake.finish()
        mention_idle_settings(self.intake)
        self.current_run.execute("after_sql")
        self.current_run.workers.close()

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Note the signal; a second one gives up the flush.

        It waits for the database's answer to the statement at hand where there is one worker alone.
        """
        if self.intake.signal:
            sys.exit(128 + signum)
        self.intake.signal = signum

    # A run

    def run(self, file_input: IO[str] | None) -> None:
        """Load the input; on a signal or a tap's death, what was read of it."""
        failure: BaseException | None = None
        workers = self.current_run.workers
        run_id = self.current_run.run_id
        self.logger.info("%s %s begins run %s.", self.name, self.plugin_version, run_id)
        try:
            self._load(file_input)
        except BaseException as error:
            failure = error
            if self.current_run.session.is_open and workers.is_idle:
                with suppress(oracledb.Error, TargetError):
                    self.intake.clear_up()
            raise
        finally:
            workers.close()
            self._report(failure)

    def _load(self, file_input: IO[str] | None) -> None:
        try:
            self.current_run.execute("before_sql")
            with terminal.shown(partial(scene, self.intake), wanted=not is_piped(file_input)):
                self.listen(file_input)
        except (TerminatedError, TruncatedInputError):
            self.intake.flush_all()
            raise

    def _report(self, error: BaseException | None) -> None:
        reporter, workers = self.current_run.reporter, self.current_run.workers
        rejected = {
            name: (workers.rejected(name), workers.rejects_kept(name)) for name in reporter.streams
        }
        waiting = Counter[str]()
        for sink in self.intake.sinks:
            waiting[sink.stream_name] += sink.current_size
        report = reporter.report(error, waiting, rejected)
        if self.settings.load_log_table:
            if isinstance(error, ConnectError):
                report["load_log"] = "The load log is not written: there is no connection."
            else:
                report["load_log"] = load_log.write(self.settings, report, reporter.streams)
            if report["load_log"]:
                self.logger.error("%s", report["load_log"])
        reporter.log_unversioned()
        publish(report, self.settings.summary_file)

    # Command line

    @classmethod
    @override
    def cb_config(
        cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]
    ) -> ConfigInput:
        found: dict[str, Any] = {}
        with reported(cls.logger):
            for name in value:
                found |= read_object(name, "--config") if name != "ENV" else {}
        return ConfigInput(found, parse_env="ENV" in value)

    @classmethod
    @override
    def invoke(
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: ConfigInput | None = None,
        file_input: IO[str] | None = None,
        **asked: Any,
    ) -> None:
        if about:
            cls.print_about(about_format)
            return
        logs.begin()
        with reported(cls.logger), telemetry.recorded():
            raw = config.config if config else {}
            target = cls(config=raw, parse_env_config=bool(config and config.parse_env))
            answer_question(target.settings, target.mapper, asked)
            signals.start()
            check_streams(file_input)
            write_lines_whole()
            gc.freeze()  # the collector need not walk through every module for each slice
            target.run(file_input)

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        command = super().get_singer_command()
        command.params.extend(OPTIONS)
        return command
