"""What can go wrong, and the one sentence a user reads about it.

    TargetError
    ├── NameClashError     two names become one identifier
    ├── ConnectError       no session: address, credentials, privileges
    ├── TableError         a table cannot take the stream as it is
    │   └── HeldColumnError  … because a column cannot be replaced
    ├── RecordError        a record cannot be loaded
    │   ├── MissingKeyError  … because it has no key
    │   └── RejectLimitError  … and there are more of the kind than the settings allow
    ├── TooNarrowError     a column must be widened first (schema/widening.py)
    └── LoadError          the database refused a flush

No sentence carries a bound value or a secret: the driver's own message is quoted only where it
names objects, never data.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import MissingKeyPropertiesError

if TYPE_CHECKING:
    import oracledb


class TargetError(Exception):
    """An expected failure; its text is for the user and complete."""


class NameClashError(TargetError):
    """Two names become one identifier."""


class ConnectError(TargetError):
    """No session could be opened."""


class TableError(TargetError):
    """A table cannot take the stream as it is."""


class HeldColumnError(TableError):
    """A column has to become another type, and Oracle would not let go of it."""

    def __init__(self, said: str, code: str) -> None:
        super().__init__(said)
        self.code = code


class RecordError(TargetError):
    """A record cannot be loaded."""


class MissingKeyError(RecordError, MissingKeyPropertiesError):
    """A record lacks a key property."""


class RejectLimitError(RecordError):
    """More records are bad than the settings allow."""


class LoadError(TargetError):
    """The database refused a flush."""


class Treatment(Enum):
    """What to do about a driver error."""

    RECONNECT = "the session is gone: load the flush again on a new one"
    RETRY = "the session is fine: roll back, wait, load the flush again"
    WIDEN = "a column is too small for the data"
    REJECT = "a record is at fault"
    FAIL = "trying again will not help"


# The driver turns some three dozen ORA- codes of a lost session into DPY-4011 and keeps the rest;
# what the listener says while a database comes back (ORA-12514, 12516 …) is DPY-6000 or DPY-6001.
_RECONNECT = {
    "ORA-00028", "ORA-00376", "ORA-00603", "ORA-01012", "ORA-01033", "ORA-01034", "ORA-01089",
    "ORA-01090", "ORA-01115", "ORA-02396", "ORA-03113", "ORA-03114", "ORA-03135", "ORA-12514",
    "ORA-12516", "ORA-12519", "ORA-12520", "ORA-12571", "ORA-12757", "ORA-16456", "ORA-25408",
    "DPY-1001", "DPY-4011", "DPY-4024", "DPY-6000", "DPY-6001", "DPY-6005",
}  # fmt: skip
_RETRY = {
    "ORA-00051", "ORA-00054", "ORA-00060", "ORA-01430", "ORA-01555", "ORA-04021", "ORA-04068",
    "ORA-08177", "ORA-30006",
}  # fmt: skip
_WIDEN = {"ORA-12899", "ORA-01438", "DPY-8000"}
_REJECT = {
    "ORA-00001", "ORA-01400", "ORA-01402", "ORA-01407", "ORA-01722", "ORA-01426", "ORA-01830",
    "ORA-01843", "ORA-01861", "ORA-02290", "ORA-02291", "ORA-02292", "ORA-04091", "ORA-14400",
    "ORA-14402", "ORA-40441", "DPY-4003", "DPY-4004", "DPY-4014", "DPY-8001",
}  # fmt: skip
_RAISED = re.compile(r"ORA-20\d{3}")
"""Errors that triggers raise in their own words."""
_OF_VALUES = re.compile(r"ORA-(?:20\d{3}|018\d{2}|0142\d|01722|01438|06502|12899)")
"""Errors whose messages hold values, in 23ai if not before."""

_NO_NUMBER = (
    "a NUMBER cannot hold the number (40 digits, from 1e-130 to below 1e126): give it a "
    "BINARY_DOUBLE by column_types"
)

# Code -> cause and remedy. `{name}`s are filled from the settings by the caller.
ADVICE = {
    "ORA-00001": "a unique key of the table is not the stream's key: two rows collide on it",
    "ORA-00054": "another session holds a lock on the table: raise ddl_lock_timeout or try later",
    "ORA-00060": "another session deadlocks with the load again and again",
    "ORA-00942": "the table does not exist or the user may not see it: grant the user access",
    "ORA-00959": "the tablespace does not exist",
    "ORA-01017": "user name or password is wrong: check the settings user and password",
    "ORA-01031": "the user lacks a privilege: grant CREATE TABLE, or INSERT, UPDATE and SELECT "
    "on a table in another schema",
    "ORA-01045": "the user may not connect: grant CREATE SESSION",
    "ORA-01400": "a column that must not be NULL got no value (an empty string is NULL in Oracle)",
    "ORA-01402": "the view the rows go through would not show them (WITH CHECK OPTION)",
    "ORA-01407": "a column that must not be NULL got no value (an empty string is NULL in Oracle)",
    "ORA-01404": "a column cannot be widened further, as an index on it would hold more than 6,398 "
    "bytes: drop the index, or give the key fewer or shorter properties",
    "ORA-01430": "another session adds columns to the table, too: try again",
    "ORA-01438": "a number has more digits than its column takes",
    "ORA-01450": "the key's columns are too long for an index: give them a maxLength",
    "ORA-01536": "the user's quota on the tablespace is used up: raise it",
    "ORA-01653": "the tablespace is full: add space",
    "ORA-01654": "the tablespace is full: add space",
    "ORA-01691": "the tablespace is full: add space",
    "ORA-01732": "the view takes no rows, as it is no window on one table: load its table",
    "ORA-01733": "a column of the view is an expression and takes no value: drop the property with "
    "stream_maps, or load the view's table",
    "ORA-01776": "the view joins tables and takes rows of one of them only: load the table",
    "ORA-01779": "the view joins tables and cannot tell whose row it is: load the table",
    "ORA-01792": "Oracle allows 1,000 columns in a table: drop properties with stream_maps",
    "ORA-01918": "the schema does not exist: a schema is a user, which this target never creates",
    "ORA-01950": "the user has no quota on the tablespace: grant one",
    "ORA-02290": "a check constraint of the table refuses the data",
    "ORA-02291": "a foreign key of the table refuses the data",
    "ORA-02292": "a row that is to be deleted is one that rows of another table refer to by a "
    "foreign key: delete those first, or give the key ON DELETE",
    "ORA-04091": "a trigger of the table reads the table that is being loaded: mend or disable it",
    "ORA-04098": "a trigger of the table is invalid: compile or disable it",
    "ORA-12170": "the database does not answer: check host, port and firewalls",
    "ORA-12505": "the listener does not know the SID: check the setting sid",
    "ORA-12514": "the listener does not know the service: check the setting service_name",
    "ORA-12541": "nothing listens at the address: check host and port",
    "ORA-12838": "parallel DML has touched the table in this transaction: load through a service "
    "without it (LOW or TP on Autonomous), or ALTER TABLE … NOPARALLEL",
    "ORA-12899": "text is longer than its column takes",
    "ORA-12984": "the table is partitioned by the column, which can be widened by hand only",
    "ORA-12991": "a key or a constraint over several columns holds the column: drop it, or widen "
    "by hand",
    "ORA-14060": "the table is partitioned by the column, whose type nobody may change: set "
    "on_schema_mismatch to 'ignore', or on_invalid to 'reject'",
    "ORA-14400": "the table has no partition for the row: add one, or partition by INTERVAL",
    "ORA-14402": "the row would move to another partition: ALTER TABLE … ENABLE ROW MOVEMENT",
    "ORA-24816": "a text follows a LOB among the values of a statement: report this as a fault of "
    "the target",
    "ORA-28000": "the account is locked: have it unlocked",
    "ORA-28001": "the password has expired: change it",
    "ORA-38106": "the view joins tables or has a trigger, which skip_unchanged and skip_older "
    "cannot load: do without them, or load the table",
    "ORA-39726": "the table is compressed and gives up no column: ALTER TABLE … MOVE NOCOMPRESS, "
    "or widen by hand",
    "ORA-42399": "the view is read-only: load its table",
    "ORA-54031": "a virtual column is made of the column: drop it, or widen by hand",
    "DPY-2018": "there is no ewallet.pem in the directory of the setting wallet_location",
    "DPY-3001": "the database asks for a feature of thick mode: set thick_mode",
    "DPY-4000": "the TNS alias is not in tnsnames.ora: check dsn and config_dir",
    "DPY-4003": _NO_NUMBER,
    "DPY-4014": _NO_NUMBER,
    "DPY-4011": "the database closed the connection",
    "DPY-4024": "a call took longer than call_timeout",
    "DPY-4017": "the setting dsn is no connect descriptor",
    "DPY-4018": "the setting dsn is no connect string (user and password have their own settings)",
    "DPY-6000": "the listener refuses the connection",
    "DPY-6001": "the listener does not know the service: check the setting service_name",
    "DPY-6002": "the server's certificate has another name than the setting ssl_server_cert_dn",
    "DPY-6003": "the listener does not know the SID: check the setting sid",
    "DPY-6005": "cannot reach the database: check host, port and firewalls",
    "DPY-6006": "the server's certificate names another host: check host, or ssl_server_dn_match "
    "and ssl_server_cert_dn",
    "CERTIFICATE_VERIFY_FAILED": "the server's certificate is not trusted: its authority's belongs "
    "into ewallet.pem in wallet_location",
}

# The last one is OpenSSL's, for what the driver has no code.
_CODE = re.compile(r"\b(?:ORA|DPY)-\d{4,5}\b|CERTIFICATE_VERIFY_FAILED")


def code(error: oracledb.Error) -> str:
    """Return `ORA-00942` or `DPY-4011`; the cause inside ORA-12801 and DPY-6005; '' for none."""
    details = error.args[0] if error.args else None
    own = str(getattr(details, "full_code", "") or "")
    if own not in {"ORA-12801", "ORA-02091", "DPY-6005"}:
        return own
    inner = [each for each in _CODE.findall(str(error)) if each != own and _is_known(each)]
    return inner[0] if inner else own


def _is_known(found: str) -> bool:
    """Whether something is known of a code, so that it is worth more than what wraps it."""
    known = (ADVICE, _RECONNECT, _RETRY, _WIDEN, _REJECT)
    return any(found in codes for codes in known) or bool(_RAISED.fullmatch(found))


def treatment(error: oracledb.Error) -> Treatment:
    """Return what to do about an error of the driver."""
    found = code(error)
    details: Any = error.args[0] if error.args else None
    if found in _RECONNECT or getattr(details, "is_session_dead", False):
        return Treatment.RECONNECT
    for codes, what in ((_RETRY, Treatment.RETRY), (_WIDEN, Treatment.WIDEN)):
        if found in codes:
            return what
    is_refused = found in _REJECT or _RAISED.fullmatch(found)
    return Treatment.REJECT if is_refused else Treatment.FAIL


def sentence(error: oracledb.Error, doing: str) -> str:
    """Write one sentence: what was being done, what the database says, what helps."""
    found = code(error)
    if found in ADVICE or found in _REJECT or _OF_VALUES.fullmatch(found):
        return f"{doing}: {advice(found)} ({found})."
    return f"{doing}: {_first_line(error)}"


def advice(found: str) -> str:
    """Say what a code means and what helps, without a word of the database's own message."""
    if _RAISED.fullmatch(found):
        return "a trigger of the table refuses the row in words of its own, which may hold values"
    return ADVICE.get(found, "the database refuses a value")


def _first_line(error: oracledb.Error) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
