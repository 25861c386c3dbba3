"""What the sinks of a run share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import oracledb

from target_oracle.config.limits import DEFAULT
from target_oracle.errors import TargetError, sentence
from target_oracle.loading.workers import Workers
from target_oracle.observing import logs
from target_oracle.observing.report import Reporter

if TYPE_CHECKING:
    from target_oracle.config.limits import Limits
    from target_oracle.config.settings import Settings
    from target_oracle.database.session import Session


class Run:
    """The settings, the workers with their sessions, and the report."""

    def __init__(self, settings: Settings, limits: Limits = DEFAULT) -> None:
        self.settings = settings
        self.limits = limits
        self.run_id = settings.run_id or logs.run_id()
        self.workers = Workers(settings, limits, self.run_id)
        named = settings.log_fields.get("environment") or os.environ.get("MELTANO_ENVIRONMENT")
        self.reporter = Reporter(self.run_id, named or None)

    @property
    def session(self) -> Session:
        """The session for what belongs to no stream."""
        return self.workers.shared.session

    def execute(self, setting: str) -> None:
        """Execute the user's own statements, and COMMIT.

        Raises:
            TargetError: The database refuses one; its text, which may hold a secret, is not shown.
        """
        statements: list[str] = getattr(self.settings, setting)
        with self.session.cursor() as cursor:
            for number, statement in enumerate(statements, 1):
                try:
                    cursor.execute(statement)
                except oracledb.Error as error:
                    doing = f"Setting '{setting}': statement {number} failed"
                    raise TargetError(sentence(error, doing)) from error
        if statements:
            self.session.commit()
