"""Pools of plausible and of awkward values per field; a column repeats its pool.

Pools have different prime lengths, so that columns of one table do not move in step.
"""

from __future__ import annotations

import base64
import json
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Any, Final

from wms_standin.data.store import decimal_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from wms_standin.catalog.entities import Field

_PRIMES: Final = (61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113)
_WORDS: Final = (
    "pallet", "North", "fragile", "rush", "A-17", "keep dry", "blue", "return", "dock 4", "café",
    "Zürich", "São Paulo", "0042", "x", "N/A", "Box #9", "promo", "second shift", "top load",
)  # fmt: skip
_AWKWARD: Final = (
    'say "hi"', "O'Brien; --", "line one\nline two", "tab\there", "back\\slash", "📦 ok", "👩‍🔧",
    " leading", "trailing ", "null", "NULL", "{}", "<b>&amp;</b>", "日本語", "%41+b", "a,b,c",
    "مرحبا", "e\u0301", "\r\n", "true", "1e5", "-", "[1]", "\u2028", "İstanbul ß",
)  # fmt: skip
_NAMED: Final[dict[str, tuple[str, ...]]] = {
    "city": ("Campinas", "São Paulo", "Denver", "Łódź", "Genève", ""),
    "state": ("SP", "CO", "RJ", "ÎdF", ""),
    "country": ("BR", "US", "PL", "CH", ""),
    "zip": ("13010-111", "80202", "90-001", ""),
    "email": ("ops@example.com", "o'neil+wms@example.org", ""),
    "phone_nbr": ("+55 19 5550-0100", "(303) 555-0147", ""),
    "currency_code": ("BRL", "USD", "PLN", ""),
    "create_user": ("ADMIN", "LOAD", "U0001", "U0002", "interface", ""),
    "mod_user": ("ADMIN", "RF01", "U0001", "U0002", "interface", ""),
}
_DECIMALS: Final = (
    "16", "0.09", "24", "3.5", "-1", "0.1", "1000000", "99999999999.99", "-0.000001",
    "12345678901234567.123456789", "98765432109876543210", "0.00000000000000000001",
    "123456789.000000000000001", "-77777777777777777777.7", "2.16", "10", "5",
)  # fmt: skip
_INTEGERS: Final = (1, 2, 3, 7, 10, 42, 365, 1000, 65_536)


def _clip(text: str, field: Field) -> str:
    return text if field.max_length is None else text[: field.max_length]


def _full(field: Field, rng: Random) -> str:
    length = min(field.max_length or 4000, 4000)
    alphabet = rng.choice(("abcdefgh ", "ABC123-", "äöüßéñ", "漢字かな", "x📦"))
    return "".join(rng.choices(alphabet, k=length))


def _string(field: Field, rng: Random) -> str | None:
    roll = rng.random()
    if field.nullable and roll < 0.45:
        return None
    if not field.required and roll < 0.6:
        return field.default if isinstance(field.default, str) else ""
    for ending, values in _NAMED.items():
        if field.name.endswith(ending) and roll < 0.92:
            value = rng.choice(values)
            return _clip(value or ("-" if field.required else ""), field)
    if roll < 0.85:
        return _clip(rng.choice(_WORDS), field)
    return _clip(rng.choice(_AWKWARD), field) if roll < 0.95 else _full(field, rng)


def _text(field: Field, rng: Random) -> str | None:
    if field.name == "image_data":
        return base64.b64encode(rng.randbytes(rng.choice((60, 600, 6000)))).decode()
    if field.default == "{}":
        return json.dumps({"rate": rng.random(), "note": rng.choice(_AWKWARD)}, ensure_ascii=False)
    return _string(field, rng)


def _integer(field: Field, rng: Random) -> int | None:
    roll = rng.random()
    if field.nullable and roll < 0.4:
        return None
    if roll < 0.7 and not field.required:
        return field.default if isinstance(field.default, int) else 0
    if roll < 0.95 or field.maximum is None:
        return rng.choice(_INTEGERS)
    return rng.choice((field.minimum or 0, field.maximum))


def _decimal(field: Field, rng: Random) -> str | None:
    roll = rng.random()
    if field.nullable and roll < 0.4:
        return None
    if roll < 0.6 and not field.required:
        return decimal_text(str(field.default or 0))
    return rng.choice(_DECIMALS)


def _boolean(field: Field, rng: Random) -> int | None:
    if field.nullable and rng.random() < 0.4:
        return None
    return int(rng.random() < 0.3) ^ int(bool(field.default))


def _date(field: Field, rng: Random) -> str | None:
    roll = rng.random()
    if field.nullable and roll < 0.5:
        return None
    if field.nullable and roll < 0.53:
        return rng.choice(("1900-01-01", "9999-12-31"))
    return (date(2024, 1, 1) + timedelta(days=rng.randrange(540))).isoformat()


def _time(field: Field, rng: Random) -> str | None:
    if field.nullable and rng.random() < 0.4:
        return None
    return f"{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.choice((0, 0, 30)):02}"


_MAKERS: Final[dict[str, Callable[[Field, Random], Any]]] = {
    "text": _string,
    "int": _integer,
    "decimal": _decimal,
    "bool": _boolean,
    "date": _date,
}


def any_value(field: Field, rng: Random) -> Any:
    """Return a stored-form value of a field that is neither a relation nor an instant."""
    if field.kind == "text":
        return _text(field, rng)
    if field.kind == "time":
        return _time(field, rng)
    return _MAKERS.get(field.storage, _integer)(field, rng)


@lru_cache(maxsize=10_000)
def pool(field: Field, seed: str) -> tuple[Any, ...]:
    """Return the values that a column repeats; kept for further worlds of the seed."""
    rng = Random(seed)
    size = 17 if field.name == "image_data" else rng.choice(_PRIMES)
    return tuple(any_value(field, rng) for _ in range(size))
