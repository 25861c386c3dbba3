from __future__ import annotations

import pytest
from target_oracle.errors import NameClashError
from target_oracle.schema.names import LIMIT, Naming, quoted, shortened

UPPER = Naming("upper")
PRESERVE = Naming("preserve")


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("order_hdr", "ORDER_HDR"),
        ("_sdc_sequence", "_SDC_SEQUENCE"),
        ("order", "ORDER"),
        ("1st", "1ST"),
        ("a-b.c d", "A_B_C_D"),
        ('say "hi"', "SAY__HI_"),
        ("größe", "GRÖSSE"),
        ("V$X#", "V$X#"),
    ],
)
def test_upper_makes_names_that_plain_sql_finds(name: str, identifier: str) -> None:
    assert UPPER.identifier(name) == identifier


def test_preserve_keeps_everything_that_quotes_can_hold() -> None:
    assert PRESERVE.identifier("Order Hdr-😀") == "Order Hdr-😀"
    assert PRESERVE.identifier('a"b\0c') == "a_b_c"


def test_a_name_of_exactly_the_limit_is_kept() -> None:
    assert UPPER.identifier("a" * LIMIT) == "A" * LIMIT


def test_over_long_names_are_counted_in_bytes_and_stay_apart() -> None:
    first, second = (PRESERVE.identifier("é" * 100 + tail) for tail in "ab")
    assert first != second
    assert first == PRESERVE.identifier("é" * 100 + "a")
    assert all(len(name.encode()) <= LIMIT for name in (first, second))
    assert first.startswith("é" * 59)


def test_shortening_never_cuts_a_character_in_two() -> None:
    for limit in range(12, 20):
        name = shortened("😀" * 10, limit)
        assert len(name.encode()) <= limit
        assert name.rstrip("0123456789ABCDEF").rstrip("_").strip("😀") == ""


def test_properties_that_become_one_column_are_named_both() -> None:
    with pytest.raises(NameClashError, match=r"'orders'.*'Id' and 'ID'.*column ID\b"):
        UPPER.columns("orders", {name: name for name in ("Id", "nbr", "ID")})
    assert PRESERVE.columns("orders", {"Id": "Id", "ID": "ID"}) == {"Id": "Id", "ID": "ID"}


def test_tables_take_a_prefix_and_a_suffix() -> None:
    assert UPPER.table("order_hdr", "wms_", "_raw") == "WMS_ORDER_HDR_RAW"


def test_every_part_of_a_name_is_quoted() -> None:
    assert quoted("WMS", "ORDER") == '"WMS"."ORDER"'
    assert quoted(None, "ORDER") == '"ORDER"'
