"""Read and write JSON without losing a digit of a number."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import msgspec

decode = msgspec.json.Decoder(float_hook=Decimal).decode
"""Parse JSON; numbers with a fraction become decimals."""

encode = msgspec.json.Encoder(decimal_format="number").encode
"""Write a value as JSON in UTF-8; decimals are written as numbers."""


def encode_ascii(value: Any) -> str:
    """Write a value as JSON in ASCII, since the encoding of the output is not known."""
    text = msgspec.json.format(encode(value), indent=0).decode()
    return re.sub(r"[^\x00-\x7f]+", lambda found: json.dumps(found[0])[1:-1], text)
