"""Programs that start at once: forks of a server that has the modules of both plugins loaded.

A plugin spends most of a second on imports, and the tests start hundreds. The rest is that of any
program: arguments, environment, folder, files, signals, exit code, and how Python ends. Where a
variable of Python itself is set (`PYTHONWARNINGS`), the program is started in full. What a fork
cannot show is the start itself, a closed standard file and a terminal: such tests take
`sys.executable`.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from atexit import register
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from tests.hub import PLUGINS

HERE = Path(__file__).parent


def forked(module: str) -> list[str]:
    """Like `[sys.executable, "-m", module]`, the beginning of a command line."""
    client = [sys.executable, "-I", "-S", str(HERE / "client.py")]
    return [*client, str(_folder() / "server"), module]


@cache
def on_path() -> str:
    """A folder with both programs under their names, for `PATH`."""
    folder = _folder() / "bin"
    folder.mkdir()
    for name in PLUGINS:
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec {shlex.join(forked(name.replace("-", "_")))} "$@"\n')
        script.chmod(0o755)
    return str(folder)


@cache
def _folder() -> Path:
    """The folder of this process's server, which begins here and ends with the process."""
    folder = Path(mkdtemp(prefix="programs-"))
    server = subprocess.Popen(
        [sys.executable, "-P", HERE / "server.py", folder / "server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert server.stdout
    assert server.stdout.readline() == b"ready\n"

    @register
    def end() -> None:
        server.communicate()
        rmtree(folder)

    return folder
