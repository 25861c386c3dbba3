"""`python -m tests.benchmarks.extract.programs {pages,records,batches} ROWS FOLDER`: the tap.

It reads the same rows by pages (no latency), or from extracted files, and writes messages to
standard output, and to standard error one JSON line: seconds by the clock and of the
processor, peak memory in MB.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from functools import cached_property
from typing import Any, ClassVar

import httpx
from tap_oracle_wms.api.client import WmsClient
from tap_oracle_wms.tap import TapOracleWMS

from tests.benchmarks.extract.canned import ENTITY, PAGE, Wms
from tests.benchmarks.memory import peak_mb


class Canned(TapOracleWMS):
    """The tap over canned answers."""

    source: ClassVar[Wms]

    @cached_property
    def client(self) -> WmsClient:
        return WmsClient(self.settings, httpx.MockTransport(self.source))


def config(program: str, folder: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "base_url": "https://wms.example.com/acme",
        "username": "u",
        "password": "p",
        "entities": [ENTITY],
        "page_size": PAGE,
    }
    if program == "pages":
        return found
    found |= {
        "read_mode": "data_extract",
        "extract_endpoint": "LAKE",
        "extract_storage_url": f"file://{folder}",
    }
    if program == "batches":
        found["batch_config"] = {
            "encoding": {"format": "parquet"},
            "storage": {"root": f"file://{folder}-batches"},
            "batch_size": 200_000,
        }
    return found


def main() -> None:
    logging.disable()
    program, rows, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    Canned.source = Wms(rows)
    tap = Canned(config=config(program, folder))
    begun, worked = time.perf_counter(), time.process_time()
    tap.run()
    found = {
        "seconds": time.perf_counter() - begun,
        "processor": time.process_time() - worked,
        "peak_mb": peak_mb(),
    }
    print(json.dumps(found), file=sys.stderr)


if __name__ == "__main__":
    main()
