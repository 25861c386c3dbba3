"""The process that stands for a forked program: passes signals on to it, and ends as it does.

Where a variable changes Python itself, as a fork cannot, it becomes the program.
"""

from __future__ import annotations

import marshal
import os
import signal
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def main(address: str, *arguments: str) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server.connect(address)
    request = marshal.dumps((arguments, dict(os.environ)))
    socket.send_fds(server, [request], [0, 1, 2, os.open(".", os.O_RDONLY)])
    pid = int(server.recv(20))
    if not pid:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        os.execv(sys.executable, [sys.executable, "-m", *arguments])
    os.closerange(0, 3)

    def pass_on(number: int, frame: FrameType | None) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, number)

    for each in SIGNALS:
        signal.signal(each, pass_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    code = int(server.recv(20))
    if code < 0:
        with suppress(OSError):  # SIGKILL has no other way
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


main(*sys.argv[1:])
