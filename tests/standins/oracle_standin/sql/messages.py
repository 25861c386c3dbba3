"""Oracle's messages by code."""

from __future__ import annotations

from oracle_standin.errors import OraError

MESSAGES = {
    54: "resource busy and acquire with NOWAIT specified or timeout expired",
    60: "deadlock detected while waiting for resource",
    900: "invalid SQL statement",
    901: "invalid CREATE command",
    902: "invalid datatype",
    903: "invalid table name",
    904: "%s: invalid identifier",
    905: "missing keyword",
    906: "missing left parenthesis",
    907: "missing right parenthesis",
    910: "specified length too long for its datatype",
    911: "invalid character",
    913: "too many values",
    918: "%s: column ambiguously specified",
    922: "missing or invalid option",
    923: "FROM keyword not found where expected",
    928: "missing SELECT keyword",
    932: "inconsistent datatypes: expected - got %s",
    933: "SQL command not properly ended",
    936: "missing expression",
    937: "not a single-group group function",
    942: "table or view does not exist",
    947: "not enough values",
    950: "invalid DROP option",
    955: "name is already used by an existing object",
    957: "duplicate column name",
    969: "missing ON keyword",
    972: "identifier is too long",
    979: "not a GROUP BY expression",
    1008: "not all variables bound",
    1086: "savepoint '%s' never established in this session or is invalid",
    1400: "cannot insert NULL into (%s)",
    1403: "no data found",
    1407: "cannot update (%s) to NULL",
    1418: "specified index does not exist",
    1422: "exact fetch returns more than requested number of rows",
    1426: "numeric overflow",
    1427: "single-row subquery returns more than one row",
    1430: "column being added already exists in table",
    1434: "private synonym to be dropped does not exist",
    1435: "user does not exist",
    1438: "value larger than specified precision allowed for this column",
    1439: "column to be modified must be empty to change datatype",
    1440: "column to be modified must be empty to decrease precision or scale",
    1441: "cannot decrease column length because some value is too big",
    1442: "column to be modified to NOT NULL is already NOT NULL",
    1451: "column to be modified to NULL cannot be modified to NULL",
    1460: "unimplemented or unreasonable conversion requested",
    1461: "can bind a LONG value only for insert into a LONG column",
    1476: "divisor is equal to zero",
    1722: "invalid number",
    1723: "zero-length columns are not allowed",
    1727: "numeric precision specifier is out of range (1 to 38)",
    1728: "numeric scale specifier is out of range (-84 to 127)",
    1735: "invalid ALTER TABLE option",
    1741: "illegal zero-length identifier",
    1758: "table must be empty to add mandatory (NOT NULL) column",
    1839: "date not valid for month specified",
    1843: "not a valid month",
    1847: "day of month must be between 1 and last day of month",
    1861: "literal does not match format string",
    2289: "sequence does not exist",
    2290: "check constraint (%s) violated",
    2291: "integrity constraint (%s) violated - parent key not found",
    2292: "integrity constraint (%s) violated - child record found",
    2296: "cannot enable (.) - null values found",
    2429: "cannot drop index used for enforcement of unique/primary key",
    2441: "Cannot drop nonexistent primary key",
    2443: "Cannot drop constraint  - nonexistent constraint",
    2449: "unique/primary keys in table referenced by foreign keys",
    3001: "unimplemented feature: %s",
    6550: 'line 1, column 7:\nPLS-00103: Encountered the symbol "%s"',
    12003: "materialized view does not exist",
    12899: "value too large for column",
    12983: "cannot drop all columns in a table",
    22858: "invalid alteration of datatype",
    30669: "table can have only one identity column",
    30926: "unable to get a stable set of rows in the source tables",
    32795: "cannot insert into a generated always identity column",
}


def error(code: int, *args: str, offset: int = 0) -> OraError:
    """An OraError with the standard message; ``args`` fill its %s."""
    message = MESSAGES.get(code, "error")
    if "%s" in message:
        message = message % (args or ("",))
    return OraError(code, message, offset)


def invalid_identifier(name: str, offset: int = 0) -> OraError:
    return error(904, f'"{name}"' if name else "", offset=offset)
