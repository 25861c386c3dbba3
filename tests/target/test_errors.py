from __future__ import annotations

import oracledb
import pytest
from target_oracle.errors import ADVICE, Treatment, code, sentence, treatment


class Details:
    """What the driver puts into an error."""

    is_session_dead = False

    def __init__(self, full_code: str, message: str) -> None:
        self.full_code, self.message = full_code, message

    def __str__(self) -> str:
        return self.message


def error(full_code: str, message: str = "") -> oracledb.DatabaseError:
    return oracledb.DatabaseError(Details(full_code, message or f"{full_code}: some text"))


@pytest.mark.parametrize(
    ("full_code", "expected"),
    [
        ("ORA-03113", Treatment.RECONNECT),
        ("DPY-4011", Treatment.RECONNECT),
        ("DPY-4024", Treatment.RECONNECT),
        ("DPY-6000", Treatment.RECONNECT),
        ("DPY-6001", Treatment.RECONNECT),
        ("ORA-00060", Treatment.RETRY),
        ("ORA-08177", Treatment.RETRY),
        ("ORA-12899", Treatment.WIDEN),
        ("ORA-01438", Treatment.WIDEN),
        ("ORA-00001", Treatment.REJECT),
        ("ORA-02290", Treatment.REJECT),
        ("ORA-14400", Treatment.REJECT),
        ("ORA-14402", Treatment.REJECT),
        ("ORA-20000", Treatment.REJECT),
        ("ORA-20999", Treatment.REJECT),
        ("ORA-04098", Treatment.FAIL),
        ("ORA-01653", Treatment.FAIL),
        ("ORA-00942", Treatment.FAIL),
        ("ORA-99999", Treatment.FAIL),
    ],
)
def test_every_code_has_a_treatment(full_code: str, expected: Treatment) -> None:
    assert treatment(error(full_code)) is expected


def test_the_cause_is_taken_out_of_what_wraps_it() -> None:
    wrapped = error(
        "ORA-12801",
        "ORA-12801: error signaled in parallel query server P001\nORA-00060: deadlock detected",
    )
    assert code(wrapped) == "ORA-00060"
    assert treatment(wrapped) is Treatment.RETRY


@pytest.mark.parametrize(
    ("wrapper", "inner", "expected"),
    [
        ("ORA-12801", "ORA-01722", Treatment.REJECT),
        ("ORA-12801", "ORA-20001", Treatment.REJECT),
        ("ORA-12801", "ORA-01555", Treatment.RETRY),
        ("ORA-12801", "ORA-12899", Treatment.WIDEN),
        ("ORA-02091", "ORA-02291", Treatment.REJECT),
        ("ORA-12801", "ORA-00600", Treatment.FAIL),
    ],
)
def test_what_is_wrapped_is_treated_as_it_is_alone(
    wrapper: str, inner: str, expected: Treatment
) -> None:
    wrapped = error(wrapper, f"{wrapper}: wrapped\n{inner}: of 'secret'")
    assert treatment(wrapped) is expected
    assert "secret" not in sentence(wrapped, "Cannot load")


def test_a_known_code_gets_its_advice_and_nothing_of_the_message() -> None:
    told = sentence(error("ORA-00001", "ORA-00001: unique constraint (ID: 4711)"), "Cannot load")
    assert told == f"Cannot load: {ADVICE['ORA-00001']} (ORA-00001)."


def test_of_an_unknown_code_the_first_line_is_told() -> None:
    told = sentence(error("ORA-99999", "ORA-99999: odd\nORA-03301: row ID: 4711"), "Cannot load")
    assert told == "Cannot load: ORA-99999: odd"


OF_VALUES = ["ORA-01722", "ORA-01858", "ORA-01426", "ORA-20001", "ORA-02290", "DPY-4004"]


@pytest.mark.parametrize("full_code", OF_VALUES)
def test_nothing_is_shown_of_a_message_that_may_hold_values(full_code: str) -> None:
    told = sentence(error(full_code, f"{full_code}: unable to convert 'secret'"), "Cannot load")
    assert told.startswith("Cannot load: ")
    assert told.endswith(f" ({full_code}).")
    assert "secret" not in told


NEEDED = (
    "ORA-01404", "ORA-12838", "ORA-12991", "ORA-14400", "ORA-14402", "ORA-24816", "ORA-39726",
    "ORA-12984", "ORA-14060", "ORA-04091", "ORA-04098",
)  # fmt: skip


@pytest.mark.parametrize("full_code", NEEDED)
def test_rules_of_oracle_that_a_load_meets_have_advice(full_code: str) -> None:
    assert full_code in ADVICE
