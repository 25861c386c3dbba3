"""Compare all streams of the keys with WMS, one after the other; heal them where asked to."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Literal

from tap_oracle_wms.commands.reconcile.key_lines import KeyLines
from tap_oracle_wms.commands.reconcile.report import (
    DIFFERENT,
    EQUAL,
    HEALED,
    UNPROVED,
    EntityReport,
    ReconcileReport,
)
from tap_oracle_wms.commands.reconcile.sweep import Start, Sweep, Terms
from tap_oracle_wms.errors import WmsError, is_of_one_entity
from tap_oracle_wms.observing import logs, telemetry
from tap_oracle_wms.reading.history import HISTORY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_oracle_wms.commands.reconcile.healing import Comparable, Healer
    from tap_oracle_wms.commands.reconcile.key_lines import Block, Keys

logger = logging.getLogger("tap-oracle-wms")

Mode = Literal["report", "heal"]


@dataclass
class Reconciliation:
    """The comparison of what Oracle holds with what WMS has."""

    entities: Mapping[str, Comparable]
    healer: Healer
    mode: Mode

    def run(self, lines: IO[bytes], run_id: str) -> ReconcileReport:
        """Compare what the lines tell.

        Raises:
            KeysError: The lines are not whole: nothing is proved then.
            WmsError: WMS cannot be read at all.
        """
        client = self.healer.client
        report, key_lines = ReconcileReport(run_id, self.mode), KeyLines(lines)
        start = Start(client)
        for keys in key_lines.streams():
            reason = self._incomparable(keys)
            if reason:
                report.not_compared[keys.stream] = reason
                key_lines.skip(keys)
                continue
            found = report.entities[keys.stream] = EntityReport(keys.table)
            blocks = key_lines.blocks(keys)
            self._judge(keys, blocks, start, found)
            for _ in blocks:
                pass  # what a failed sweep has left
        report.requests = client.requests.sent
        return report

    def _incomparable(self, keys: Keys) -> str | None:
        name = keys.stream
        if name not in self.entities:
            return "The tap does not read it under these settings."
        if reason := _reason(self.entities[name]):
            return reason
        if keys.key_properties != ["id"]:
            return f"Its key in Oracle is {', '.join(keys.key_properties)} instead of id."
        return None

    def _judge(
        self, keys: Keys, blocks: Iterator[Block], start: Start, found: EntityReport
    ) -> None:
        """Compare one entity; note a failure that says nothing of others.

        Raises:
            WmsError: No other entity can be read either.
        """
        client = self.healer.client
        begun, sent = time.monotonic(), client.requests.sent
        with logs.about(keys.stream), telemetry.span("reconcile", stream=keys.stream):
            try:
                self._compare(self.entities[keys.stream], keys, blocks, start, found)
            except WmsError as error:
                if not is_of_one_entity(error):
                    raise
                found.problem = str(error)
                logger.error("Stream %s is not compared: %s", keys.stream, error)  # noqa: TRY400 - the sentence is all there is to say
            finally:
                client.requests.log_count(keys.stream)
        found.seconds = time.monotonic() - begun
        found.requests = client.requests.sent - sent
        _count(keys.stream, found)

    def _compare(
        self,
        entity: Comparable,
        keys: Keys,
        blocks: Iterator[Block],
        start: Start,
        found: EntityReport,
    ) -> None:
        terms = Terms.of(entity.request, self.healer.client)
        found.by = ["id", *([terms.key] if terms.key and keys.replication_key == terms.key else [])]
        found.filters = terms.asked
        sweep = Sweep(terms, keys, self.healer.pool, start)
        differences = sweep.compare(blocks)
        found.scope, found.differences = differences.scope, differences
        found.rows_in_wms, found.rows_in_oracle = sweep.rows, sweep.held
        found.gone = sweep.gone
        if sweep.uncounted:
            found.status = UNPROVED
            found.problem = f"WMS does not count its rows: {sweep.uncounted}"
        else:
            found.status = EQUAL if differences.equal else DIFFERENT
        if self.mode == "heal" and not differences.equal:
            self._heal(entity, keys, sweep, found)
        elif likely := min(sweep.gone, len(differences.extra)):
            found.problem = found.problem or (
                f"Up to {likely} of the extra rows may have been deleted in WMS only while they "
                f"were compared: it counted {sweep.gone} rows more at the beginning."
            )

    def _heal(self, entity: Comparable, keys: Keys, sweep: Sweep, found: EntityReport) -> None:
        if keys.load_method == "overwrite":
            found.problem = (
                "Nothing is healed: its table is overwritten by what a run writes, so that some "
                "rows would replace all; run the tap for it."
            )
            return
        found.healed, problem = self.healer.heal(entity, sweep.differences, sweep.gaps, sweep.held)
        if problem:
            found.problem = f"Not all is healed: {problem}."
        elif found.status == DIFFERENT:
            found.status = HEALED


def _reason(entity: Comparable) -> str | None:
    """Say why a stream cannot be compared by the ids of its rows; None where it can."""
    if entity.request.name == HISTORY:
        return "WMS lists it only by combinations of filters."
    if "id" not in entity.request.entity.by_name:
        return "It has no id to compare by."
    if entity.is_mapped:
        return "The setting `stream_maps` changes its records."
    return None


def _count(stream: str, found: EntityReport) -> None:
    """Tell OpenTelemetry how many rows were compared, and how many differ or were healed."""
    if found.differences is None:
        return
    telemetry.count("rows.compared", found.differences.compared, stream=stream)
    for kind, ids in found.differences.kinds.items():
        telemetry.count("rows.differing", len(ids), stream=stream, kind=kind)
    telemetry.count("rows.healed", sum((found.healed or {}).values()), stream=stream)
