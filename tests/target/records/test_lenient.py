"""Records that are not quite JSON: they are bad ones, and the property is named."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.singerlib.exceptions import InvalidInputLine
from target_oracle.errors import RecordError
from target_oracle.target import TargetOracle

from tests.target.conftest import schema

if TYPE_CHECKING:
    from tests.target.conftest import Target

S = schema(
    "s",
    {
        "id": {"type": "integer"},
        "n": {"type": ["null", "number"]},
        "t": {"type": ["null", "string"]},
        "d": {"type": ["null", "object"]},
    },
    ["id"],
)
DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000

ODD = {
    "NaN": (b'"n": NaN', "n", "NaN and Infinity are no values of JSON"),
    "Infinity": (b'"n": -Infinity', "n", "NaN and Infinity are no values of JSON"),
    "NaN within a document": (b'"d": {"a": [1, NaN]}', "d", "NaN and Infinity"),
    "half a character": (b'"t": "x\\ud83d"', "t", "a lone surrogate"),
    "half a character in a name": (b'"d": {"\\ud83d": 1}', "d", "a lone surrogate"),
    "Latin-1": ('"t": "caf\u00e9"'.encode("latin-1"), "t", "its bytes are no UTF-8"),
    "a deep document": (b'"d": ' + DEEP, "", "nested too deep"),
}  # fmt: skip


def line(number: int, rest: bytes) -> bytes:
    return b'{"type": "RECORD", "stream": "s", "record": {"id": %d, %s}}\n' % (number, rest)


def load(target: Target, *lines: bytes, **settings: Any) -> None:
    given = io.BytesIO(json.dumps(S).encode() + b"\n" + b"".join(lines))
    TargetOracle(config={**target.config, **settings}).run(given)  # type: ignore[arg-type] # bytes


@pytest.mark.parametrize("name", ODD)
def test_the_sentence_names_stream_and_property(target: Target, name: str) -> None:
    rest, where, why = ODD[name]
    with pytest.raises(RecordError) as caught:
        load(target, line(1, b'"n": 1'), line(2, rest))
    said = str(caught.value)
    assert "Stream 's'" in said
    assert why in said
    assert not where or f"property '{where}'" in said
    assert target.rows("S") == []


@pytest.mark.parametrize("name", ODD)
def test_the_others_are_loaded_where_bad_records_are_rejected(target: Target, name: str) -> None:
    rest, where, why = ODD[name]
    load(target, line(1, b'"n": 1'), line(2, rest), line(3, b'"n": 3'), on_invalid="reject")
    assert [row[0] for row in target.rows("S", "ID")] == [1, 3]
    ((stream, code, reason, property_),) = target.rows(
        "REJECTS", '"STREAM", "REASON_CODE", "MESSAGE", "PROPERTY"'
    )
    assert (stream, code, property_) == ("s", "json", where or None)
    assert why in reason


def test_whole_characters_are_taken_as_they_are(target: Target) -> None:
    load(target, line(1, b'"t": "\\ud83d\\ude00 \xef\xbf\xbd \xe2\x98\x83"'), line(2, b'"n": NaN'),
         on_invalid="skip")  # fmt: skip
    assert target.rows("S", 'ID, "T"') == [(1, "😀 \ufffd ☃")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_is_told(target: Target, encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    given = io.BytesIO((mark + json.dumps(S)).encode(encoding))
    with pytest.raises(InvalidInputLine, match="The input is UTF-16"):
        TargetOracle(config=target.config).run(given)  # type: ignore[arg-type] # bytes


def test_what_is_no_json_at_all_is_no_message(target: Target) -> None:
    with pytest.raises(InvalidInputLine, match="Line 2 is not a Singer message"):
        load(target, b'{"type": "RECORD", "stream": "s", "record": {"id": 1,,}}\n')
