"""STATE messages that carry the report of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib.messages import StateMessage

from tap_oracle_wms.observing.report import STATE_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from singer_sdk.singerlib.messages import Message

    from tap_oracle_wms.observing.report import RunReport
    from tap_oracle_wms.output.writer import BufferedWriter


class Stamper:
    """Puts the report so far into each STATE on its way out."""

    def __init__(self, writer: BufferedWriter, report: RunReport) -> None:
        self._writer = writer
        self._report = report

    def write_message(self, message: Message) -> None:
        """Write a message."""
        if isinstance(message, StateMessage):
            self.write_state(message.value)
        else:
            self._writer.write_message(message)

    def write_state(self, state: Mapping[str, Any]) -> None:
        """Write a STATE."""
        value = {"bookmarks": {}, **state, STATE_KEY: self._report.brief()}
        self._writer.write_message(StateMessage(value=value))
