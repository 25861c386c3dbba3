"""Sessions: how they are opened and set up, and what their server allows."""

from __future__ import annotations

import threading
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

import oracledb
import sqlalchemy as sa
from singer_sdk.sql import SQLConnector
from typing_extensions import override

from target_oracle.database.connect import address, connect_arguments, patience
from target_oracle.errors import ConnectError, code, sentence
from target_oracle.schema.names import LIMIT, Naming
from target_oracle.schema.types import Dialect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_oracle.config.settings import Settings

STANDARD = 4000
EXTENDED = 32767
SHORT_NAMES = 30

# Values are bound with types and need no NLS format; triggers and defaults of existing tables may.
# Linguistic comparison would match keys that differ.
_SESSION = (
    "ALTER SESSION SET TIME_ZONE = '+00:00' NLS_NUMERIC_CHARACTERS = '.,' "
    "NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS' "
    "NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF6' "
    "NLS_TIMESTAMP_TZ_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF6 TZH:TZM' "
    "NLS_COMP = BINARY NLS_SORT = BINARY"
)


_PARALLEL_DML = "ALTER SESSION DISABLE PARALLEL DML"
"""What it has touched may not be touched again before COMMIT (ORA-12838); Autonomous has it on."""


def _closed(connecting: Future[oracledb.Connection]) -> None:
    """Close a connection that came too late."""
    if connecting.exception() is None:
        with suppress(oracledb.Error):
            connecting.result().close()


class Session:
    """A connection that is opened at its first use, and opened again after it was lost."""

    def __init__(
        self, settings: Settings, module: str = "target-oracle", *, is_timed: bool = True
    ) -> None:
        self.settings = settings
        self.module = module
        self.is_timed = is_timed
        self._connection: oracledb.Connection | None = None

    @property
    def connection(self) -> oracledb.Connection:
        """The open connection. ConnectError when there is no way in."""
        if self._connection is None:
            self._connection = self._open()
        return self._connection

    @property
    def is_open(self) -> bool:
        """Whether a connection is open, as far as the client knows."""
        return self._connection is not None

    @contextmanager
    def cursor(self) -> Iterator[oracledb.Cursor]:
        """Open a cursor for one piece of work."""
        with self.connection.cursor() as cursor:
            yield cursor

    def commit(self) -> None:
        """COMMIT."""
        self.connection.commit()

    def rollback(self) -> None:
        """ROLLBACK, where there is still a session to do it in."""
        if self._connection is not None:
            with suppress(oracledb.Error):
                self._connection.rollback()

    def drop(self) -> None:
        """Forget the connection: the next use opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(oracledb.Error):  # it is dropped because it may be broken
                connection.close()

    def _open(self) -> oracledb.Connection:
        try:
            if self.settings.thick_mode:
                oracledb.init_oracle_client(lib_dir=self.settings.client_lib_dir)
            connection = self._logged_on()
            connection.module = self.module
            limit = self.settings.call_timeout if self.is_timed else None
            connection.call_timeout = int((limit or 0) * 1000)
            with connection.cursor() as cursor:
                cursor.execute(_SESSION)
                cursor.execute(_PARALLEL_DML)
                cursor.execute(
                    f"ALTER SESSION SET DDL_LOCK_TIMEOUT = {self.settings.ddl_lock_timeout}"
                )
        except oracledb.Error as error:
            raise ConnectError(sentence(error, self._failed) + self._hint(error)) from error
        except OSError as error:  # the driver lets a failed look-up of the host through
            msg = f"{self._failed}: {error.strerror or error}. Check host and port."
            raise ConnectError(msg) from error
        return connection

    def _logged_on(self) -> oracledb.Connection:
        """Open a connection.

        Raises:
            ConnectError: The server accepts connections, and then is silent.
        """
        connecting: Future[oracledb.Connection] = Future()

        def connect() -> None:
            try:
                connecting.set_result(oracledb.connect(**connect_arguments(self.settings)))
            except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
                connecting.set_exception(error)

        threading.Thread(target=connect, name="log-on", daemon=True).start()
        limit = patience(self.settings)
        if not wait([connecting], limit).done:
            connecting.add_done_callback(_closed)
            msg = (
                f"{self._failed}: it accepts connections, but has not answered within {limit:g} "
                "seconds. Check host, port and protocol."
            )
            raise ConnectError(msg)
        return connecting.result()

    def _hint(self, error: oracledb.Error) -> str:
        if self.settings.wallet_location and code(error) in {"DPY-4011", "DPY-6005"}:
            # The driver leaves a key out that it cannot decrypt, and goes on without.
            return " With mutual TLS, check wallet_location and wallet_password."
        if self.settings.ssh_tunnel and code(error) in {"DPY-4011", "DPY-6005"}:
            return " Host and port are looked up and reached from the SSH host."
        return ""

    @property
    def _failed(self) -> str:
        return f"Cannot connect to Oracle at {address(self.settings)}"

    @cached_property
    def user(self) -> str:
        """The connected user's schema, as the dictionary spells it."""
        return self._value("SELECT SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') FROM sys.dual")

    @property
    def owner(self) -> str:
        """The schema of the target's own tables."""
        schema = self.settings.default_target_schema
        return Naming(self.settings.identifier_case).identifier(schema) if schema else self.user

    @cached_property
    def release(self) -> tuple[int, ...]:
        """The server's version, for example (19, 3, 0, 0, 0)."""
        return tuple(int(part) for part in self.connection.version.split("."))

    @cached_property
    def charset(self) -> str:
        """The database character set."""
        return self._value(
            "SELECT value FROM sys.nls_database_parameters WHERE parameter = 'NLS_CHARACTERSET'"
        )

    @cached_property
    def naming(self) -> Naming:
        """How names become identifiers: of 128 bytes, or of 30 where COMPATIBLE is below 12.2."""
        query = "SELECT 1 AS name_of_thirty_one_bytes_in_all FROM sys.dual"
        limit = LIMIT if self._takes(query, "ORA-00972") else SHORT_NAMES
        return Naming(self.settings.identifier_case, limit)

    @cached_property
    def dialect(self) -> Dialect:
        """The limits of this server."""
        return Dialect(
            max_string_bytes=EXTENDED
            if self._takes("SELECT CAST('x' AS VARCHAR2(4001)) FROM sys.dual", "ORA-00910")
            else STANDARD,
            native_boolean=self.release >= (23,)
            and self._takes("SELECT CAST(NULL AS BOOLEAN) FROM sys.dual", "ORA-00902", "ORA-00406"),
            max_name_bytes=self.naming.limit,
            native_json=self.settings.json_columns == "native" and self.release >= (21,),
            has_json=self.release >= (21,),
        )

    @cached_property
    def takes_direct_path(self) -> bool:
        """Whether `direct_path_load` is safe: it sends UTF-8 as it is, and thick mode lacks it."""
        return self.charset == "AL32UTF8" and self.connection.thin

    def _takes(self, query: str, *refusals: str) -> bool:
        """Try a query, and return whether the server takes it.

        Raises:
            oracledb.DatabaseError: It is refused with another code than `refusals`.
        """
        try:
            self._value(query)
        except oracledb.DatabaseError as error:
            if code(error) not in refusals:
                raise
            return False
        return True

    def _value(self, query: str) -> str:
        with self.cursor() as cursor:
            (value,) = cursor.execute(query).fetchone()
        return str(value)


class OracleConnector(SQLConnector):
    """The SDK's connector over the same sessions."""

    def __init__(self, config: dict[str, Any], session: Session) -> None:
        super().__init__(config)
        self.session = session

    @override
    def create_engine(self) -> sa.Engine:
        """Return an engine whose errors do not show bound values."""
        return sa.create_engine(
            "oracle+oracledb://",
            creator=lambda: self.session.connection,
            hide_parameters=True,
            poolclass=sa.StaticPool,
        )
