"""The life of one connection: one request is read completely, run, and answered.

Piggybacks come in front of a call in the same message; neither carries a length, so each must be
decoded exactly.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from oracle_standin import const as c
from oracle_standin.errors import Disconnected, Interrupted, OraError

from . import directpath, lobcalls, logon, piggybacks, statements
from .wire import MarkerReceived, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .session import Session

log = logging.getLogger(__name__)


def run(s: Session) -> None:
    """Serve a connection until it ends; never raises."""
    try:
        context = s.server.profile.ssl_context
        if context:
            s.stream.sock = context.wrap_socket(s.stream.sock, server_side=True)
        if logon.connect(s):
            while True:
                _serve_one(s)
    except (Disconnected, OSError):
        pass
    except ProtocolError:
        log.exception("session %d: protocol error", s.number)
    finally:
        s.close()


def _serve_one(s: Session) -> None:
    with suppress(Interrupted):  # also while an error is answered; its marker is the next packet
        _answer(s)


def _answer(s: Session) -> None:
    try:
        s.r.start()
        _dispatch(s)
    except MarkerReceived as e:
        s.reply_marker(e.kind)
    except OraError as e:
        s.reply_error(e)
    except (Interrupted, Disconnected, OSError, ProtocolError):
        raise
    except Exception as e:  # a bug here or in the back end
        log.exception("session %d", s.number)
        text = f"internal error of the server: {type(e).__name__}: {e}"
        s.reply_error(OraError(20999, text))


def _dispatch(s: Session) -> None:
    """Run the piggybacks and the call of one message."""
    while (kind := s.r.ub1()) == c.MSG_PIGGYBACK:
        _run_piggyback(s)
    if kind not in MESSAGES:
        msg = f"message type {kind}"
        raise ProtocolError(msg)
    MESSAGES[kind](s)


def _read_function(s: Session) -> int:
    """Read the head of a function or a piggyback, and return its number."""
    function = s.r.ub1()
    s.r.ub1()  # sequence number
    if s.fv >= c.FV_23_1_EXT1:
        s.r.uint()  # pipeline token
    return function


def _run_piggyback(s: Session) -> None:
    function = _read_function(s)
    if function not in piggybacks.HANDLERS:  # its length is unknown: cannot go on
        msg = f"piggyback {function}"
        raise ProtocolError(msg)
    piggybacks.HANDLERS[function](s)


def _call(s: Session) -> None:
    function = _read_function(s)
    handler = FUNCTIONS.get(function)
    if handler is None:
        raise OraError(
            3115, f"unsupported network datatype or representation (TTC function {function})"
        )
    if s.login is None and function not in (c.FN_AUTH_ONE, c.FN_AUTH_TWO):
        raise OraError(1012, "not logged on")
    s.call = function
    handler(s)


def _on_ping(s: Session) -> None:
    s.raise_late_error()
    s.reply_status()


def _on_commit(s: Session) -> None:
    s.commit()
    s.reply_status()


def _on_rollback(s: Session) -> None:
    with s.struck("ROLLBACK"):
        s.backend.rollback()
    s.reply_status()


def _on_logoff(s: Session) -> None:
    s.backend.rollback()
    s.reply_status()


MESSAGES: dict[int, Callable[[Session], None]] = {
    c.MSG_PROTOCOL: logon.on_protocol,
    c.MSG_DATA_TYPES: logon.on_data_types,
    c.MSG_FUNCTION: _call,
    c.MSG_ONEWAY: _run_piggyback,
}
"""The handlers of what may come behind the piggybacks of a message."""

FUNCTIONS: dict[int, Callable[[Session], None]] = {
    c.FN_AUTH_ONE: logon.on_auth_one,
    c.FN_AUTH_TWO: logon.on_auth_two,
    c.FN_PING: _on_ping,
    c.FN_COMMIT: _on_commit,
    c.FN_ROLLBACK: _on_rollback,
    c.FN_LOGOFF: _on_logoff,
    c.FN_EXECUTE: statements.on_execute,
    c.FN_REEXECUTE: statements.on_reexecute,
    c.FN_REEXECUTE_AND_FETCH: statements.on_reexecute_fetch,
    c.FN_FETCH: statements.on_fetch,
    c.FN_LOB_OP: lobcalls.on_lob,
    c.FN_DPL_PREPARE: directpath.on_prepare,
    c.FN_DPL_STREAM: directpath.on_stream,
    c.FN_DPL_OP: directpath.on_operation,
}
