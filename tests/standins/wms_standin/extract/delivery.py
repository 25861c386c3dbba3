"""The files of a task that ends, whole or spoiled by a fault."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import obstore

from wms_standin.extract.files import EXTENSIONS, Writer

if TYPE_CHECKING:
    from wms_standin.catalog.entities import Field
    from wms_standin.data.clock import Clock
    from wms_standin.data.world import World
    from wms_standin.extract.jobs import File, Job, Task
    from wms_standin.extract.options import ExtractOptions


@dataclass(frozen=True, slots=True)
class Delivery:
    """Writes the files of tasks to the object store of their job."""

    world: World
    clock: Clock
    options: ExtractOptions

    def finish(self, job: Job, task: Task) -> None:
        """Put the task's files in place, and say how it ended."""
        started, kind = time.perf_counter(), task.fault.kind if task.fault else None
        task.status = self.options.success
        if kind in {"fails", "partial"}:
            task.status, task.message = "FAILED", "ORA-20000: the export was interrupted"
        if kind != "fails":
            for name, content in self._spoiled(job, task, self._files(job, task)):
                obstore.put(job.store, name, content)
        if task.status == self.options.success:
            task.message = "The data was exported."
        task.seconds = time.perf_counter() - started

    def _files(self, job: Job, task: Task) -> list[File]:
        form = job.options["file_format"]
        compressed = bool(job.options.get("compressed", False))
        size = job.options.get("file_size_in_mb", 10) * self.options.bytes_per_mb
        writer = Writer(task.fields, self.options, self._linked)
        contents = writer.files(task.rows, form, size, compressed=compressed)
        ending = EXTENSIONS[form] + (".gz" if compressed and form != "PARQUET" else "")
        stamp = self.clock.now().strftime("%Y%m%dT%H%M%SZ")
        folder = f"{task.folder}/" if task.folder else ""
        return [
            (f"{folder}{task.prefix}_{number}_{stamp}.{ending}", content)
            for number, content in enumerate(contents, 1)
        ]

    def _spoiled(self, job: Job, task: Task, files: list[File]) -> list[File]:
        """Return the files as they come at once; `task.later` gets the others."""
        if task.fault is None or not files:
            return files
        kind, (name, content) = task.fault.kind, files[-1]
        if kind == "straggler":
            task.later = files[-1:]
        elif kind == "rewritten":
            task.later = [(name, content + b"\n")]
        two_thirds, half = content[: len(content) * 2 // 3], content[: len(content) // 2]
        last: dict[str, list[File]] = {
            "partial": [(name, half)],
            "missing": [],
            "straggler": [],
            "truncated": [(name, two_thirds)],
            "empty_file": [(name, b"")],
            "extra": [(name, content), (f"{name}.tmp", b"unfinished")],
            "duplicate": [(name, content), (name.replace("Z.", "Z_copy."), content)],
            "foreign": [(name, content), (name.replace("Z.", "Z_2."), self._foreign(job))],
        }
        return [*files[:-1], *last.get(kind, [(name, content)])]

    def _foreign(self, job: Job) -> bytes:
        writer = Writer(
            list(self.world.entity("uom").fields.values())[:3], self.options, self._linked
        )
        return next(writer.files(self.world.rows("uom"), job.options["file_format"], 10**9,
                                 compressed=bool(job.options.get("compressed"))))  # fmt: skip

    def _linked(self, field: Field, row_id: int | None) -> Any:
        if row_id is None:
            return None
        key = self.world.key(field.target, row_id, field.name)
        return {"id": row_id, "key": key, "url": ""}
