"""The Data Extract API: tasks that push whole entities as files to an object store."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

import msgspec
import obstore
from obstore.store import from_url

from wms_standin.calls import Answer
from wms_standin.errors import ApiError, invalid, not_found
from wms_standin.extract_files import EXTENSIONS, Writer
from wms_standin.extract_options import ExtractFault, ExtractOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wms_standin.calls import Call
    from wms_standin.clock import Clock
    from wms_standin.entities import Entity, Field
    from wms_standin.world import World

TASKS: Final = "lgf_async_task"
_TIMES: Final = ("create_ts__gt", "mod_ts__gt")
_FILTERS: Final = {*_TIMES, "status_id__lt"}


@dataclass
class Task:
    """One entity of one request, and how far it is."""

    id: str
    entity: Entity
    prefix: str
    rows: list[dict[str, Any]]
    fields: Sequence[Field]
    folder: str
    status: str = "PENDING"
    message: str = ""
    polls: int = 0
    seconds: float = 0.0
    fault: ExtractFault | None = None
    later: list[tuple[str, bytes]] = field(default_factory=list)
    """Files that come, or come again, at the next request for the entity's rows."""


@dataclass
class Job:
    """One request: its options and its tasks."""

    identifier: str
    options: dict[str, Any]
    store: Any
    tasks: list[Task]


class Extracts:
    """Endpoints, jobs and what goes wrong with them."""

    def __init__(self, world: World, clock: Clock) -> None:
        self.options = ExtractOptions()
        self.jobs: dict[str, Job] = {}
        self._world, self._clock = world, clock
        self._endpoints: dict[str, Any] = {}
        self._faults: list[list[Any]] = []
        self._numbers = itertools.count(1)
        self._lock = RLock()

    def add_endpoint(self, name: str, url: str, **options: Any) -> None:
        """An endpoint of the protocol "Objectstore for Data Extract", reached by obstore's URL."""
        self._endpoints[name] = from_url(url, **options)

    def fail(self, fault: ExtractFault) -> None:
        """Let extracts that begin from now on go wrong."""
        self._faults.append([fault, 0])

    def heal(self) -> None:
        """Lift all faults."""
        self._faults.clear()

    async def answer(self, call: Call) -> Answer:
        """One request to `data_extract/…`."""
        path = call.segments[1:]
        if path == ["push_to_object_store"]:
            if call.method != "POST":
                raise ApiError(405, "METHOD_NOT_ALLOWED", f'Method "{call.method}" not allowed.')
            return self._start(call)
        if path == ["export_async_status"]:
            return await asyncio.to_thread(self._status, call)
        raise not_found()

    # Start

    def _start(self, call: Call) -> Answer:
        if not call.headers.get("content-type", "").startswith("application/json"):
            raise invalid({"Content-Type": "Use application/json."})
        try:
            body = msgspec.json.decode(call.body)
        except msgspec.DecodeError:
            raise ApiError(400, "PARSE_ERROR", "Malformed request.") from None
        options, wanted = self._checked(body)
        identifier = options["unique_identifier"]
        store = self._endpoints[options["endpoint"]["name"]]
        with self._lock:
            tasks = [self._task(one, options) for one in wanted]
            self.jobs[identifier] = Job(identifier, options, store, tasks)
        for task in tasks:
            self._world.insert(TASKS, task_name="data_extract", backend_taskid=task.id,
                               context_value=identifier)  # fmt: skip
        check = f"{call.base}/data_extract/export_async_status?unique_identifier={identifier}"
        status = f"{call.base}/entity/{TASKS}?backend_taskid__taskid="
        return Answer(
            {
                "response_check_url": check,
                "entities": [
                    {t.entity.name: {"task_id": t.id, "entity_status_url": f"{status}{t.id}"}}
                    for t in tasks
                ],
            }
        )

    def _checked(self, body: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        options = _part(body, "options", dict)
        _part(options, "unique_identifier", str)
        endpoint = _part(options, "endpoint", dict)
        if endpoint.get("name") not in self._endpoints:
            raise invalid({"endpoint": "Invalid endpoint."})
        if options.get("file_format") not in EXTENSIONS:
            raise invalid({"file_format": "Use CSV, JSON or PARQUET."})
        if not 10 <= options.get("file_size_in_mb", 10) <= 1024:
            raise invalid({"file_size_in_mb": "Use 10 to 1024."})
        known = options["unique_identifier"] in self.jobs
        if known and self.options.repeated_identifier == "error":
            raise invalid({"unique_identifier": "It has been used before."})
        return options, _part(_part(body, "parameters", dict), "entities", list)

    def _task(self, wanted: dict[str, Any], options: dict[str, Any]) -> Task:
        entity = self._world.entities.get(wanted.get("entity", ""))
        if entity is None:
            raise invalid({"entity": "Invalid entity."})
        number = f"{next(self._numbers):06}"
        prefix = f"data_ocwms_{options['unique_identifier']}_{entity.name}_{number}"
        folder = options["endpoint"].get("object_store_path", "").strip("/")
        task = Task(number, entity, prefix, self._rows(entity, wanted),
                    self._fields(entity, wanted.get("fields")), folder)  # fmt: skip
        task.fault = self._strike(entity.name)
        return task

    def _strike(self, entity: str) -> ExtractFault | None:
        for rule in self._faults:
            fault, hits = rule
            if fault.concerns(entity) and (fault.times is None or hits < fault.times):
                rule[1] += 1
                return fault  # type: ignore[no-any-return]  # a rule is a pair in a list
        return None

    def _fields(self, entity: Entity, asked: str | None) -> list[Field]:
        columns = {
            name: entity.fields[name]
            for name in entity.record_keys
            if name in entity.fields and not _is_derived(entity.fields[name])
        }
        if self.options.sets:
            columns |= {f.name: f for f in entity.fields.values() if f.kind == "set"}
        if asked is None:
            return list(columns.values())
        columns |= {f.name: f for f in entity.fields.values() if f.name == "image_data"}
        names = asked.split(",")
        if unknown := [name for name in names if name not in columns]:
            raise invalid({"fields": f"Invalid: {', '.join(unknown)}."})
        extra = [f for f in columns.values() if f.kind == "set" and f.name not in names]
        return [columns[name] for name in names] + extra

    def _rows(self, entity: Entity, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        """Rows that match the filter, whoever asks: eligibility is ignored."""
        filters = wanted.get("filter") or {}
        times = {name: filters[name] for name in _TIMES if name in filters}
        if not times or filters.keys() - _FILTERS or not entity.has_mod_ts:
            raise invalid({"filter": "Give create_ts__gt or mod_ts__gt."})
        if len(times) > 1 and self.options.release < "26A":
            raise invalid({"filter": "create_ts__gt and mod_ts__gt exclude each other."})
        mode = wanted.get("create_mod_ts_query_mode", "OR")
        if "create_mod_ts_query_mode" in wanted and self.options.release < "26B":
            raise invalid({"create_mod_ts_query_mode": "Invalid parameter."})
        join = {"OR": any, "AND": all}.get(mode)
        if join is None:
            raise invalid({"create_mod_ts_query_mode": "Use AND or OR."})
        bounds = {name.removesuffix("__gt"): _utc(text) for name, text in times.items()}
        below = filters.get("status_id__lt")
        return [
            row
            for row in self._world.rows(entity.name)
            if join(row[name] > bound for name, bound in bounds.items())
            and (below is None or row["status_id"] < int(below))
        ]

    def before_list(self, entity: str) -> None:
        """A request for the entity's rows: the moment of files that come late, or again."""
        for job in self.jobs.values():
            for task in job.tasks:
                if task.later and task.entity.name == entity:
                    for name, content in task.later:
                        obstore.put(job.store, name, content)
                    task.later = []

    # Progress

    def _status(self, call: Call) -> Answer:
        identifier = dict(call.parameters).get("unique_identifier")
        with self._lock:
            job = self.jobs.get(identifier or "")
            if job is None:
                raise not_found()
            for task in job.tasks:
                self._advance(job, task)
            return Answer(self._report(job))

    def _advance(self, job: Job, task: Task) -> None:
        task.polls += 1
        fault, options = task.fault, self.options
        ends = options.polls_pending + options.polls_running
        if task.status in {"PENDING", "RUNNING"}:
            task.status = "PENDING" if task.polls <= options.polls_pending else "RUNNING"
            if task.polls > ends and (fault is None or fault.kind != "hangs"):
                self._finish(job, task)
                return

    def _finish(self, job: Job, task: Task) -> None:
        started, kind = time.perf_counter(), task.fault.kind if task.fault else None
        task.status = options_success = self.options.success
        if kind in {"fails", "partial"}:
            task.status, task.message = "FAILED", "ORA-20000: the export was interrupted"
        if kind != "fails":
            for name, content in self._spoiled(task, self._files(job, task)):
                obstore.put(job.store, name, content)
        if task.status == options_success:
            task.message = "The data was exported."
        task.seconds = time.perf_counter() - started

    def _files(self, job: Job, task: Task) -> list[tuple[str, bytes]]:
        form = job.options["file_format"]
        compressed = bool(job.options.get("compressed", False))
        size = job.options.get("file_size_in_mb", 10) * self.options.bytes_per_mb
        writer = Writer(task.fields, self.options, self._linked)
        contents = writer.files(task.rows, form, size, compressed=compressed)
        ending = EXTENSIONS[form] + (".gz" if compressed and form != "PARQUET" else "")
        stamp = self._clock.now().strftime("%Y%m%dT%H%M%SZ")
        folder = f"{task.folder}/" if task.folder else ""
        return [
            (f"{folder}{task.prefix}_{number}_{stamp}.{ending}", content)
            for number, content in enumerate(contents, 1)
        ]

    def _spoiled(self, task: Task, files: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        """The files as they come at once; `task.later` gets the others."""
        if task.fault is None or not files:
            return files
        kind, (name, content) = task.fault.kind, files[-1]
        if kind == "straggler":
            task.later = files[-1:]
        elif kind == "rewritten":
            task.later = [(name, content + b"\n")]
        two_thirds, half = content[: len(content) * 2 // 3], content[: len(content) // 2]
        last: dict[str, list[tuple[str, bytes]]] = {
            "partial": [(name, half)],
            "missing": [],
            "straggler": [],
            "truncated": [(name, two_thirds)],
            "empty_file": [(name, b"")],
            "extra": [(name, content), (f"{name}.tmp", b"unfinished")],
            "duplicate": [(name, content), (name.replace("Z.", "Z_copy."), content)],
            "foreign": [(name, content), (name.replace("Z.", "Z_2."), self._foreign(task))],
        }
        return [*files[:-1], *last.get(kind, [(name, content)])]

    def _foreign(self, task: Task) -> bytes:
        writer = Writer(
            list(self._world.entity("uom").fields.values())[:3], self.options, self._linked
        )
        job = next(j for j in self.jobs.values() if task in j.tasks)
        return next(writer.files(self._world.rows("uom"), job.options["file_format"], 10**9,
                                 compressed=bool(job.options.get("compressed"))))  # fmt: skip

    def _linked(self, field: Field, row_id: int | None) -> Any:
        if row_id is None:
            return None
        key = self._world.key(field.target, row_id, field.name)
        return {"id": row_id, "key": key, "url": ""}

    def _report(self, job: Job) -> dict[str, Any]:
        statuses = {task.status for task in job.tasks}
        order = ("FAILED", "RUNNING", "PENDING", self.options.success)
        return {
            "unique_identifier": job.identifier,
            "cummulative_status": next(s for s in order if s in statuses),
            "total_duration": sum(task.seconds for task in job.tasks),
            "entities": [
                {
                    task.entity.name: {
                        "task_id": task.id,
                        "file_prefix": task.prefix,
                        "status": task.status,
                        "message": task.message,
                        "total_duration": task.seconds,
                    }
                }
                for task in job.tasks
            ],
        }


def _is_derived(field: Field) -> bool:
    """Whether a field is no column: child sets and what the serializer computes."""
    return field.kind in {"set", "computed"} or field.name in {"url", "image_data"}


def _part(body: Any, name: str, kind: type) -> Any:
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, kind) or not found:
        raise invalid({name: "This field is required."})
    return found


def _utc(text: str) -> datetime:
    """A bound of a filter, which is in UTC."""
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise invalid({"filter": "Enter a valid date/time."}) from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
