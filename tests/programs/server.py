"""The fork server: loads the plugins once, and forks for each client."""

from __future__ import annotations

import gc
import marshal
import os
import runpy
import selectors
import signal
import socket
import sys
import time
import warnings
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PLUGINS = ("tap_oracle_wms", "target_oracle")
LEFT_OUT = (".__main__", ".open_telemetry", ".extract.", ".output.batch_", ".records.arrow")
"""What reads the environment, which is not the program's yet, or starts a thread: PyArrow."""
WARNINGS_OF_MELTANO = "once"
"""What `PYTHONWARNINGS` is for each plugin that Meltano starts."""


def _of_python(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that change Python itself, less what a fork can have as well."""
    found = {name: text for name, text in environment.items() if name.startswith("PYTHON")}
    if found.get("PYTHONWARNINGS") == WARNINGS_OF_MELTANO:
        del found["PYTHONWARNINGS"]
    return found


def load() -> None:
    """Import all modules of the plugins."""
    for plugin in PLUGINS:
        found = import_module(plugin)
        for module in walk_packages(found.__path__, f"{plugin}."):
            if not any(part in module.name for part in LEFT_OUT):
                import_module(module.name)
    gc.collect()
    gc.freeze()


@dataclass
class Program:
    """What a client asks for, and its standard files and folder; in the fork, to be run."""

    arguments: tuple[str, ...]
    environment: dict[str, str]
    files: list[int]

    def run(self) -> None:
        """Make this process, a fork, what a start of the program would have made, and run it."""
        *standard, folder = self.files
        os.fchdir(folder)
        for number, file in enumerate(standard):
            os.dup2(file, number)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # what is left of the server and its clients
        os.environ.clear()
        os.environ.update(self.environment)
        time.tzset()
        if "PYTHONWARNINGS" in self.environment:
            warnings.simplefilter("once")
        sys.argv = list(self.arguments)
        sys.path.insert(0, str(Path.cwd()))
        runpy.run_module(self.arguments[0], run_name="__main__", alter_sys=True)


@dataclass
class Server:
    """Forks until its own input ends."""

    listener: socket.socket
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    running: dict[int, socket.socket] = field(default_factory=dict)
    is_open: bool = True

    def serve(self) -> Program | None:
        """Serve; return the program to run in each fork, and None in the server when it ends."""
        self._call_on(0, self._end)
        self._call_on(self.listener, self._accept)
        while self.is_open:
            for key, _ in self.selector.select():
                program: Program | None = key.data()
                if program:
                    return program
        return None

    def _call_on(self, file: int | socket.socket, call: Callable[[], Program | None]) -> None:
        self.selector.register(file, selectors.EVENT_READ, call)

    def _accept(self) -> Program | None:
        client, _ = self.listener.accept()
        request, files, _, _ = socket.recv_fds(client, 2**20, 4)
        if not request:  # the client was killed
            client.close()
            return None
        arguments, environment = marshal.loads(request)
        program = Program(arguments, environment, files)
        if _of_python(program.environment) == _of_python(os.environ):
            if not self._fork(client):
                return program
        else:
            with client:
                client.send(b"0")
        for file in files:
            os.close(file)
        return None

    def _fork(self, client: socket.socket) -> int:
        """Return the number of the new process, or 0 in it."""
        if not (pid := os.fork()):
            client.close()
            self._leave()
            return 0
        self.running[pid] = client
        process = os.pidfd_open(pid)
        self._call_on(process, partial(self._ended, pid, process))
        self._call_on(client, partial(self._ended, pid, process, killed=True))
        client.send(str(pid).encode())
        return pid

    def _ended(self, pid: int, process: int, *, killed: bool = False) -> None:
        """A program has ended, or its client was killed, and it with the client."""
        if pid not in self.running:
            return
        if killed:
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        with self.running.pop(pid) as client:
            self.selector.unregister(client)
            if not killed:
                client.send(str(os.waitstatus_to_exitcode(status)).encode())
        self.selector.unregister(process)
        os.close(process)

    def _leave(self) -> None:
        """Close what Python would close later, when its number is that of another file."""
        self.selector.close()
        for client in self.running.values():
            client.close()

    def _end(self) -> None:
        self.is_open = False
        for pid in self.running:
            os.kill(pid, signal.SIGKILL)


def main(address: str) -> None:
    load()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(address)
        listener.listen()
        print("ready", flush=True)
        program = Server(listener).serve()
    if program:
        program.run()


main(*sys.argv[1:])
