"""The Singer face: settings in, streams out.

What reads is imported when it is asked for: `--version` and `--about` start without it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

from singer_sdk import Tap
from singer_sdk.cli import plugin_cli
from singer_sdk.tap_base import CliTestOptionValue
from typing_extensions import override

from tap_oracle_wms.catalog.shipped import read_catalog
from tap_oracle_wms.commands.command_line import completed, wrong_log_levels
from tap_oracle_wms.config import sources as configuration
from tap_oracle_wms.config.limits import Limits
from tap_oracle_wms.errors import ConfigError, StoppedError
from tap_oracle_wms.observing import logs, signals, telemetry, terminal
from tap_oracle_wms.output.batch_settings import check_batches
from tap_oracle_wms.output.states import Stamper
from tap_oracle_wms.output.writer import BufferedWriter
from tap_oracle_wms.sdk import ConfigInput, StateWriter, classproperty, parse_environment_config

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType
    from typing import IO

    import click

    from tap_oracle_wms.api.client import WmsClient
    from tap_oracle_wms.commands.reconcile.run import Mode
    from tap_oracle_wms.config.settings import Settings
    from tap_oracle_wms.run import Run
    from tap_oracle_wms.streams import EntityStream


class TapOracleWMS(Tap):
    """Singer tap for Oracle WMS Cloud."""

    name = "tap-oracle-wms"
    config_jsonschema: ClassVar[Any] = classproperty(lambda _: configuration.config_jsonschema())
    dynamic_catalog = True
    message_writer_class = BufferedWriter

    limits: ClassVar[Limits] = Limits()

    settings: Settings
    _describes_all = False

    # Settings

    @classmethod
    def _builtin_settings(cls) -> dict[str, Any]:
        """Schemas of the settings that are the SDK's own."""
        schema: dict[str, Any] = {}
        cls.append_builtin_config(schema)
        properties: dict[str, Any] = schema["properties"]
        return properties

    @classproperty
    @override
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805 - of the class
        prefix = cls._env_var_prefix
        configuration.read_dotenv()
        builtin = {
            name: schema
            for name, schema in cls._builtin_settings().items()
            if os.environ.get(f"{prefix}{name.upper()}")
        }
        properties = {"properties": builtin}
        others = parse_environment_config(properties, prefix, dotenv_path=os.devnull)
        return others | configuration.from_environment(prefix)

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Read the settings; the SDK checks what is left, which is its own."""
        known = set(self._builtin_settings())
        self.settings, others = configuration.load(self._config, known)
        check_batches(others)
        for warning in configuration.naive_times(self.settings):
            self.logger.warning(warning)
        logs.log_metrics(wanted=self.settings.log_metrics)
        own = self.settings.model_dump(mode="json", exclude_none=True)
        self._config = {**others, **own}
        logs.mark(
            run_id=self.run_id,
            company=",".join(self.settings.company_code) or "*",
            facility=",".join(self.settings.facility_code) or "*",
        )
        return super()._validate_config(raise_errors=raise_errors)

    @cached_property
    def run_id(self) -> str:
        """The name of this run, in logs and reports."""
        return self.settings.run_id or logs.run_id()

    # Discovery

    @cached_property
    def client(self) -> WmsClient:
        """The run's connection to WMS."""
        from tap_oracle_wms.api.client import WmsClient

        signals.start()
        return WmsClient(self.settings)

    @override
    def run_discovery(self) -> str:
        self._describes_all = True
        try:
            found = super().run_discovery()
            is_enough = self.settings.on_entity_error == "skip" and bool(self.streams)
            self.current_run.report.require_all(tolerant=is_enough)
            return found
        finally:
            self.close()

    @override
    def discover_streams(self) -> Sequence[EntityStream]:
        from tap_oracle_wms.catalog.discovery import list_entities, require_codes
        from tap_oracle_wms.catalog.selection import catalogued, described
        from tap_oracle_wms.output.stream_maps import check_maps
        from tap_oracle_wms.reading.filters import check_entities
        from tap_oracle_wms.streams import EntityStream

        client = self.client  # made first, for it begins what is recorded
        report = self.current_run.report
        try:
            with telemetry.span("discover"):
                offered = list_entities(client)
                check_entities(self.settings, offered)
                require_codes(client)
                entities = (
                    described(client, offered, report, everything=self._describes_all)
                    if self.input_catalog is None
                    else catalogued(self.input_catalog, offered, self.settings)
                )
            properties = {entity.name: entity.schema["properties"] for entity in entities}
            check_maps(self.config.get("stream_maps") or {}, offered, properties)
            self.current_run.require_extras(entities)
        except BaseException:
            self.close()
            raise
        streams = [EntityStream(self, self.current_run, entity) for entity in entities]
        self.current_run.ahead.line = sorted(streams, key=lambda stream: stream.name)
        self.current_run.spare_collector()
        return streams

    # Runs

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        from tap_oracle_wms.reading.eligibility import SEEN

        super().load_state(state)
        cast("dict[str, Any]", self.state).update({n: state[n] for n in {SEEN} & state.keys()})

    @cached_property
    def current_run(self) -> Run:
        """What the streams share."""
        from tap_oracle_wms.run import Run

        writer = cast("BufferedWriter", self.message_writer)
        return Run.begin(self.run_id, self.client, writer, self.limits)

    def run(self) -> None:
        """Read the selected streams, and report, however it ends."""
        report = self.current_run.report
        stamper = Stamper(self.current_run.writer, report)
        self._state_writer = StateWriter(cast("Any", stamper))
        marks = ", ".join(f"{name} {value}" for name, value in logs.marks().items())
        program, url = f"{self.name} {self.plugin_version}", self.settings.base_url
        self.logger.info("%s reads %s: %s.", program, url, marks)
        try:
            with terminal.shown(report.scene):
                self._read()
            is_enough = self.settings.on_entity_error == "skip" and report.is_whole_in_part
            report.require_all(tolerant=is_enough)
            report.end(None)
            stamper.write_state(self.state)
        except BaseException as error:
            report.end(error)
            with suppress(StoppedError):
                stamper.write_state(self.state)
            raise
        finally:
            report.publish(self.settings.summary_file)

    def _read(self) -> None:
        """Read the selected streams: once, or again and again where an interval is set.

        Raises:
            ConfigError: None is selected.
        """
        from tap_oracle_wms.catalog.selection import deselect_full_tables, select_backfill
        from tap_oracle_wms.reading.filters import unscoped

        if self._mapper is None:
            self.setup_mapper()  # discovers
        select_backfill(self.streams.values(), self.settings.backfill)
        fields = {n: s.schema["properties"] for n, s in self.streams.items() if s.selected}
        if not fields:
            self.current_run.report.require_all(tolerant=False)
            msg = "No stream is selected: select some in the catalog, or name `entities`."
            raise ConfigError(msg)
        for warning in unscoped(fields, self.settings):
            self.logger.warning(warning)
        self.sync_all()
        while self._waits_for_changes():
            deselect_full_tables(self.streams.values())
            self.sync_all()

    def reconcile(self, mode: Mode) -> int:
        """Compare WMS with the keys on standard input; return the exit code."""
        from tap_oracle_wms.commands.reconcile.answer import answer
        from tap_oracle_wms.commands.reconcile.healing import Healer

        try:
            self.setup_mapper()  # discovers
            streams = cast("list[EntityStream]", list(self.streams.values()))
            entities = {each.name: each.comparable for each in streams if each.selected}
            run = self.current_run
            healer = Healer(run.client, run.pool, run.writer)
            return answer(entities, healer, mode, self.run_id, self.settings)
        finally:
            self.close()

    def _waits_for_changes(self) -> bool:
        """Wait for the next round; return whether there is one."""
        if self.settings.poll_interval_seconds is None:
            return False
        self.client.cancellation.wait(self.settings.poll_interval_seconds)
        return not self.client.cancellation.requested

    @classmethod
    @override
    def invoke(  # type: ignore[override]  # as the SDK's own
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: ConfigInput | None = None,
        state: IO[bytes] | None = None,
        catalog: IO[bytes] | None = None,
        reconcile: Mode | None = None,
    ) -> None:
        super(Tap, cls).invoke(about=about, about_format=about_format)
        config = config or ConfigInput()
        tap = cls(
            config=config.config,
            parse_env_config=config.parse_env,
            state=None if state is None else configuration.state(state.read()),
            catalog=None if catalog is None else read_catalog(catalog.read()),
            setup_mapper=False,  # it discovers: a failure there belongs into the run's report
        )
        if reconcile is not None:
            sys.exit(tap.reconcile(reconcile))
        tap.run()

    @classmethod
    @override
    def cb_config(
        cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]
    ) -> ConfigInput:
        found = configuration.from_files(name for name in value if name != "ENV")
        return ConfigInput(found, parse_env="ENV" in value)

    @classmethod
    @override
    def cb_test(
        cls: type[TapOracleWMS], ctx: click.Context, param: click.Option, value: str
    ) -> None:
        """Print a connection report as JSON; the exit code says whether it is good."""
        if value != CliTestOptionValue.All.value:
            super().cb_test(ctx, param, value)
            return
        config: ConfigInput = ctx.params["config"]
        tap = cls(config=config.config, parse_env_config=config.parse_env, setup_mapper=False)
        from tap_oracle_wms.commands.check import connection_report, impatient

        tap.settings = impatient(tap.settings, tap.limits.check_seconds)
        found, error = connection_report(tap.client)
        print(json.dumps(found))  # noqa: T201 - the answer
        tap.client.close()
        if error is not None:
            raise error
        ctx.exit()

    @classmethod
    def cb_probe(cls, ctx: click.Context, param: click.Option, value: bool) -> None:  # noqa: ARG003 - as click calls it
        """Ask WMS what the tap relies on; the exit code says whether all is as expected."""
        if not value:
            return
        from tap_oracle_wms.commands.probe.run import patient, probe

        config: ConfigInput = ctx.params.get("config") or ConfigInput()
        tap = cls(config=config.config, parse_env_config=config.parse_env, setup_mapper=False)
        tap.settings = patient(tap.settings, tap.limits.probe_seconds)
        try:
            found = probe(tap.client)
        finally:
            tap.client.close()
        ctx.exit(found.print())

    # Ends

    def close(self) -> None:
        """Let threads and connections go."""
        self.current_run.close()

    @override
    def _setup_signal_handlers(self) -> None:
        super()._setup_signal_handlers()
        is_main = threading.current_thread() is threading.main_thread()
        if is_main and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as of nohup
            signal.signal(signal.SIGHUP, self._handle_termination)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Stop after the present page, with a valid STATE and a non-zero exit code."""
        if self.client.cancellation.requested:
            sys.exit(128 + signum)
        self.client.cancellation.request(signal.Signals(signum))

    @plugin_cli
    def cli(cls: type[TapOracleWMS]) -> click.Command:  # noqa: N805
        """The command; a level of logs that is none ends it with a sentence."""
        mistakes = wrong_log_levels()
        command = super().cli
        for mistake in mistakes:
            cls.logger.error(mistake)
        if mistakes:
            sys.exit(1)
        return command

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        return completed(super().get_singer_command(), cls.cb_probe, cls.logger)
