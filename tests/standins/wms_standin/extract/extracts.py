"""The Data Extract API: tasks that push whole entities as files to an object store."""

from __future__ import annotations

import asyncio
import itertools
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

import msgspec
import obstore
from obstore.store import from_url

from wms_standin.api.answer import Answer
from wms_standin.api.errors import ApiError, invalid, not_found
from wms_standin.extract.delivery import Delivery
from wms_standin.extract.files import EXTENSIONS
from wms_standin.extract.jobs import Job, Task
from wms_standin.extract.options import ExtractFault, ExtractOptions
from wms_standin.extract.wanted import extracted_fields, extracted_rows, part

if TYPE_CHECKING:
    from wms_standin.api.call import Call
    from wms_standin.data.clock import Clock
    from wms_standin.data.world import World

TASKS: Final = "lgf_async_task"


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
        """Add an endpoint of the protocol "Objectstore for Data Extract", by obstore's URL."""
        self._endpoints[name] = from_url(url, **options)

    def fail(self, fault: ExtractFault) -> None:
        """Let extracts that begin from now on go wrong."""
        self._faults.append([fault, 0])

    def heal(self) -> None:
        """Lift all faults."""
        self._faults.clear()

    async def answer(self, call: Call) -> Answer:
        """Answer one request to `data_extract/…`."""
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
        options = part(body, "options", dict)
        part(options, "unique_identifier", str)
        endpoint = part(options, "endpoint", dict)
        if endpoint.get("name") not in self._endpoints:
            raise invalid({"endpoint": "Invalid endpoint."})
        if options.get("file_format") not in EXTENSIONS:
            raise invalid({"file_format": "Use CSV, JSON or PARQUET."})
        if not 10 <= options.get("file_size_in_mb", 10) <= 1024:
            raise invalid({"file_size_in_mb": "Use 10 to 1024."})
        known = options["unique_identifier"] in self.jobs
        if known and self.options.repeated_identifier == "error":
            raise invalid({"unique_identifier": "It has been used before."})
        return options, part(part(body, "parameters", dict), "entities", list)

    def _task(self, wanted: dict[str, Any], options: dict[str, Any]) -> Task:
        entity = self._world.entities.get(wanted.get("entity", ""))
        if entity is None:
            raise invalid({"entity": "Invalid entity."})
        number = f"{next(self._numbers):06}"
        prefix = f"data_ocwms_{options['unique_identifier']}_{entity.name}_{number}"
        folder = options["endpoint"].get("object_store_path", "").strip("/")
        rows = extracted_rows(self._world, entity, wanted, self.options)
        fields = extracted_fields(entity, wanted.get("fields"), self.options)
        task = Task(number, entity, prefix, rows, fields, folder)  # fmt: skip
        task.fault = self._strike(entity.name)
        return task

    def _strike(self, entity: str) -> ExtractFault | None:
        for rule in self._faults:
            fault, hits = rule
            if fault.concerns(entity) and (fault.times is None or hits < fault.times):
                rule[1] += 1
                return fault  # type: ignore[no-any-return]  # a rule is a pair in a list
        return None

    def before_list(self, entity: str) -> None:
        """Write files that come late, or again, with the next request for the entity's rows."""
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
                Delivery(self._world, self._clock, options).finish(job, task)
                return

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
