"""The pair in this process: runs, keys and comparisons between the two stand-ins."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from target_oracle.commands.keys import write_keys
from target_oracle.target import TargetOracle

from tests.tap.commands.reconcile.conftest import Found, Judge
from tests.tap.conftest import config_for, run

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest
    from wms_standin import WmsStandin

    from tests.conftest import OracleSchema
    from tests.tap.conftest import Message

encode_lines = msgspec.json.Encoder(decimal_format="number").encode_lines


@dataclass
class Pair:
    """Tap and target with the STATE that they have come to."""

    wms: WmsStandin
    oracle: OracleSchema
    monkeypatch: pytest.MonkeyPatch
    entities: Sequence[str]
    tap: dict[str, Any] = field(default_factory=dict)
    target: dict[str, Any] = field(default_factory=dict)
    state: Any = None

    @property
    def _tap(self) -> dict[str, Any]:
        return config_for(self.wms, entities=list(self.entities)) | self.tap

    @property
    def _target(self) -> dict[str, Any]:
        return {**self.oracle.config, "load_log_table": "LOAD_LOG", **self.target}

    def run(self) -> None:
        """An ordinary run from STATE on."""
        done = run(self._tap, state=self.state)
        assert done.error is None
        self.load(done.messages)
        self.state = done.state

    def load(self, messages: list[Message]) -> None:
        with redirect_stdout(io.StringIO()):
            TargetOracle(config=self._target).run(io.StringIO(encode_lines(messages).decode()))

    def keys(self) -> bytes:
        """What `target-oracle --keys` writes."""
        plugin = TargetOracle(config=self._target)
        output = io.BytesIO()
        try:
            write_keys(plugin.current_run.session, plugin.mapper, (), None, output)
        finally:
            plugin.current_run.workers.close()
        return output.getvalue()

    def report(self) -> Found:
        return Judge(self.wms, self.monkeypatch, self._tap).judge(self.keys())

    def heal(self) -> Found:
        """Heal; where all is equal the target hears of the end alone, else of rows alone."""
        found = Judge(self.wms, self.monkeypatch, self._tap).judge(self.keys(), "heal")
        kinds = {message["type"] for message in found.messages}
        assert kinds in (set(), {"STATE"}, {"SCHEMA", "RECORD"})
        self.load(found.messages)
        return found

    def sql(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Change Oracle behind the target's back."""
        with self.oracle.connect() as connection, connection.cursor() as cursor:
            for row in rows:
                cursor.execute(statement, list(row))
            connection.commit()
