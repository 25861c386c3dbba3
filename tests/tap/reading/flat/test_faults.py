"""Whatever a `values_list` does, records leave as reading by records gives them."""

from __future__ import annotations

import logging
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from wms_standin import Fault, Options, WmsStandin

from tests.tap.conftest import config_for, discovered, replayed, run, selected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tap.conftest import Run

COLUMNS = {
    "order_dtl": ["item_id__item_alternate_code", "order_id__order_nbr", "ord_qty", "item_id",
                  "uom_id__uom_code", "ob_lpn_type_id__code", "create_user", "mod_ts"],
    "allocation": ["order_dtl_id__order_id__order_nbr", "order_dtl_id__seq_nbr", "alloc_qty",
                   "wave_id__run_nbr", "task_id__task_nbr", "wave_id"],
    "order_hdr": ["order_type_id__order_type", "dest_facility_id__code", "order_nbr",
                  "company_id__code", "stage_location_id__locn_str", "company_id"],
    "inventory": ["container_id__container_nbr", "location_id__locn_str", "curr_qty",
                  "item_id__item_alternate_code", "batch_number_id__batch_nbr"],
}  # fmt: skip
"""Entity -> columns of its `values_list` that are lied about."""
RELATED = ["item", "order_hdr", "facility", "container", "location", "wave", "uom", "company"]
FAILURES: list[dict[str, Any]] = [
    {"kind": "status", "status": 400}, {"kind": "status", "status": 403},
    {"kind": "status", "status": 500}, {"kind": "html"}, {"kind": "truncated"},
    {"kind": "cut"}, {"kind": "nan"}, {"kind": "surrogate"}, {"kind": "error_body"},
]  # fmt: skip
ONCE: list[Any] = [
    "empty",
    "not_found",
    "no_next",
    "missing_next",
    "lost_rows",
    "shuffled",
    "unordered",
]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


class RandomRead:
    """A read by `values_list` that is spoiled in one way, or of a lively WMS."""

    def __init__(self, seed: int) -> None:
        rng = self._rng = Random(f"flat:{seed}")
        self.entity = rng.choice(sorted(COLUMNS))
        self.rows = rng.randint(130, 420)
        self.spoil = rng.choice(["value", "value", "failure", "once", "options", "keys", "none"])
        self.lively = rng.random() < 0.4
        self.fault, options = None, Options()
        after = rng.randint(0, 6)
        if self.spoil == "value":
            column = rng.choice(COLUMNS[self.entity])
            self.fault = Fault(kind="wrong_value", column=column, request="flat", after=after)
        elif self.spoil == "failure":
            times = rng.choice([None, 1, 2])
            self.fault = Fault(**rng.choice(FAILURES), request="flat", after=after, times=times)
        elif self.spoil == "once":
            self.fault = Fault(kind=rng.choice(ONCE), request="flat", after=after, times=1)
        elif self.spoil == "keys":
            forms: list[Any] = ["composite", "mixed", "localised"]
            options = Options(key_forms={name: rng.choice(forms) for name in RELATED})
        elif self.spoil == "options":
            path = rng.choice(COLUMNS[self.entity])
            options = rng.choice(
                [
                    Options(failing_paths={path: rng.choice([400, 500])}),
                    Options(values_list=rng.choice(["off", "ignored"])),
                    Options(alias_clash="any_field", aggregates=False),
                ]
            )
        self.wms = WmsStandin(seed=seed % 9, rows={self.entity: self.rows}, options=options)

    def __str__(self) -> str:
        return f"{self.entity} of {self.rows} rows, {self.spoil}, {self.lively}, {self.fault}"

    def judge(self) -> str:
        """Return what is wrong with what left, or by which way it came."""
        with self.wms as wms:
            config = config_for(
                wms,
                entities=self.entity,
                page_size=self._rng.choice([15, 40, 80]),
                max_concurrency=self._rng.randint(1, 4),
                max_retries=8,
            )
            catalog = selected(discovered(config), self.entity)
            before = replayed(run({**config, "read_mode": "records"}, catalog).records(self.entity))
            if self.fault is not None:
                wms.fail(self.fault)
            if self.lively:
                wms.live(every=2, entities=(self.entity,), seed=self._rng.randint(0, 99))
            flat = run({**config, "read_mode": "values_list"}, catalog)
            wms.heal()
            after = run({**config, "read_mode": "records"}, catalog)
            return self._verdict(flat, before, replayed(after.records(self.entity)))

    def _verdict(self, flat: Run, before: dict[int, Any], after: dict[int, Any]) -> str:
        if flat.error is not None:
            return f"failed: {flat.error}"
        found = replayed(flat.records(self.entity))
        same = {key: row for key, row in after.items() if before.get(key) == row}
        missing = same.keys() - found.keys()
        wrong = [key for key, row in same.items() if key in found and found[key] != row]
        if missing or wrong:
            return f"missing {sorted(missing)[:5]}, wrong {wrong[:5]}"
        if "read_by" in flat.bookmark(self.entity):
            return "ended by a difference"
        stream = flat.tap.current_run.report.streams[self.entity]
        share = stream.read_flat / max(1, stream.read)
        return "flat" if share > 0.5 else "by records"


def campaign(seeds: range) -> Counter[str]:
    """How reads of these seeds ended."""
    verdicts: Counter[str] = Counter()
    for seed in seeds:
        read = RandomRead(seed)
        verdict = read.judge()
        verdicts[f"{read.spoil}: {verdict}"] += 1
        assert verdict in {"flat", "by records", "ended by a difference"}, (
            f"{seed}, {read}: {verdict}"
        )
        if read.spoil == "none":
            assert verdict != "ended by a difference", f"{seed}, {read}"
    print(dict(verdicts))
    return verdicts


def test_a_few_spoiled_reads_give_what_records_give() -> None:
    assert campaign(range(8)).total() == 8


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("part", range(4))
def test_hundreds_of_spoiled_reads_give_what_records_give(part: int) -> None:
    assert campaign(range(125 * part, 125 * (part + 1))).total() == 125
