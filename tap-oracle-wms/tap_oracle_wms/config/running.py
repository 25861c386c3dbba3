"""Settings: limits of a run, and its reports."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Running(BaseModel, defer_build=True):
    """Settings of a run."""

    max_run_seconds: float | None = Field(
        None, gt=0, description="Stop after this time, with a failure and a state to go on from."
    )
    poll_interval_seconds: float | None = Field(
        None,
        gt=0,
        description="Keep running: read what changed, wait this long, and again, until stopped. "
        "Streams that are read in full are read once.",
    )
    run_id: str | None = Field(
        None,
        description="Name of the run in every structured log line and in its report; as Meltano "
        "names it, or a new one, when not set.",
    )
    summary_file: str | None = Field(
        None, description="File to which the run's report is appended as a line of JSON."
    )
    log_metrics: bool = Field(
        default=False,
        description="Log the SDK's METRIC lines: how many records, batches and requests there "
        "were, and how long they took.",
    )
    max_concurrency: int = Field(
        8, ge=1, le=64, description="Requests in flight at any time, over all streams."
    )
    page_size: int = Field(
        1000, ge=1, le=1250, description="Rows asked for per request; halved where WMS is too slow."
    )
    request_timeout: float = Field(300, gt=0, description="Seconds to wait for an answer.")
    max_retries: int = Field(5, ge=0, description="Further attempts after a failed request.")
    retry_budget: int = Field(
        500, ge=0, description="Retries of a whole run, after which it is given up."
    )
    breaker_failures: int = Field(
        30, ge=1, description="Failures in a row, over all requests, that end a run."
    )
    retry_wait_seconds: float = Field(
        1, ge=0, description="Wait before the first retry; doubles with each, with jitter."
    )
