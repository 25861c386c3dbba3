"""Everything that can end a run.

WmsError
├── ConfigError             settings, catalog or state that cannot work
├── RequestError            the API refused, or kept failing
│   ├── AuthenticationError     401: user name, password or token
│   ├── PermissionDeniedError   403: a right the user lacks
│   ├── NotFoundError           404: no such resource, or no rows
│   ├── UnknownFieldsError      400: this tenant lacks fields that were asked for
│   ├── SlowAnswerError         no answer within `request_timeout`
│   ├── CountError              rows could not be counted
│   └── UnavailableError        still failing after every retry
│       └── GivenUpError            the run as a whole has failed too often
├── DataError               a value that does not fit its described type
│   ├── IncompleteError         WMS counts rows that it does not give
│   └── DifferenceError         `values_list` gives other values than records
├── KeysError               lines of `target-oracle --keys` that are not whole
├── ExtractError            an extract's task or files that cannot be relied on
└── StoppedError            asked to stop, or out of time

Each message is one sentence for the person who runs the tap; none carries a secret or a record.
"""

from __future__ import annotations


class WmsError(Exception):
    """A failure that is explained by its message alone."""

    exit_code = 1


class ConfigError(WmsError):
    """Settings, catalog or state that cannot work."""


class RequestError(WmsError):
    """The API refused a request, or kept failing."""


class AuthenticationError(RequestError):
    """The credentials were refused."""


class PermissionDeniedError(RequestError):
    """The user lacks a right."""


class NotFoundError(RequestError):
    """The resource does not exist, or the list has no rows."""


class UnknownFieldsError(RequestError):
    """The tenant does not know fields that were asked for by `names`."""

    def __init__(self, message: str, names: frozenset[str]) -> None:
        super().__init__(message)
        self.names = names


class SlowAnswerError(RequestError):
    """No answer within `request_timeout`."""


class CountError(RequestError):
    """Rows could not be counted: a read goes on without."""


class UnavailableError(RequestError):
    """The request failed after every retry."""


class GivenUpError(UnavailableError):
    """The run as a whole has failed too often to go on."""


class DataError(WmsError):
    """A value does not fit the type that its field is described with."""


class IncompleteError(DataError):
    """WMS counts rows that it does not give."""


class KeysError(WmsError):
    """The keys that Oracle holds cannot be read from standard input."""


class DifferenceError(DataError):
    """A `values_list` gives other values than records: it cannot be relied on."""


class ExtractError(WmsError):
    """The task of an extract failed, or its files cannot be relied on."""


class StoppedError(WmsError):
    """The run was asked to stop before its end; its state is valid."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def is_of_one_entity(error: WmsError) -> bool:
    """Whether a failure says nothing of other entities, which may be read all the same."""
    of_all = isinstance(error, AuthenticationError | GivenUpError)
    return isinstance(error, RequestError | DataError) and not of_all
