"""Schemas as taps send them: what is said in another form, and what is left out and told."""

from __future__ import annotations

from typing import Any

import pytest
from target_oracle.schema.json_schema import SchemaReader, with_any_document

NUMBER = {"type": ["null", "number"]}
LOOP = {"type": "object", "properties": {"next": {"$ref": "#/definitions/loop"}}}


def read(**properties: Any) -> tuple[dict[str, Any], list[str]]:
    """The properties as they are read, and what is told."""
    reader = SchemaReader({"type": "object", "properties": properties})
    return reader.read()["properties"], reader.told


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (
            {**NUMBER, "minimum": 1, "exclusiveMinimum": True},
            {**NUMBER, "exclusiveMinimum": 1},
        ),
        ({**NUMBER, "maximum": 9, "exclusiveMaximum": False}, {**NUMBER, "maximum": 9}),
        ({**NUMBER, "multipleOf": 1e-38}, NUMBER),
        ({**NUMBER, "multipleOf": 0.01}, {**NUMBER, "multipleOf": 0.01}),
        (
            {"allOf": [{"type": "string"}, {"maxLength": 3}], "description": "d"},
            {"type": "string", "maxLength": 3, "description": "d"},
        ),
        (
            {"allOf": [{"type": "string", "maxLength": 3}, {"maxLength": 5}]},
            {
                "type": "string",
                "maxLength": 3,
                "allOf": [{"type": "string", "maxLength": 3}, {"maxLength": 5}],
            },
        ),
        ({"anyOf": [{"type": "string"}, True]}, {"anyOf": [{"type": "string"}, True]}),
    ],
)
def test_the_same_in_a_later_form_is_not_told(sent: Any, meant: Any) -> None:
    assert read(p=sent) == ({"p": meant}, [])


@pytest.mark.parametrize(
    ("sent", "left", "told"),
    [
        ({"type": "string", "maxLength": None}, {"type": "string"}, "its `maxLength` is none"),
        ({"type": "string", "required": True}, {"type": "string"}, "its `required` is none"),
        ({"type": "string", "pattern": "("}, {"type": "string"}, "its `pattern` is none"),
        ({"type": "string", "enum": "a"}, {"type": "string"}, "its `enum` is none"),
        ({"type": "intger"}, {}, "its `type` is none"),
        ({"type": "float"}, {"type": "number"}, "its type `float` is taken for number"),
        (5, {}, "its schema is no object"),
    ],
)
def test_what_is_none_of_json_schema_is_left_out_and_told(sent: Any, left: Any, told: str) -> None:
    found, (sentence,) = read(p=sent)
    assert found == {"p": left}
    assert sentence.startswith(f"property 'p': {told}")


def test_a_property_within_a_property_is_named_by_its_path() -> None:
    _, (sentence,) = read(outer={"properties": {"inner": {"minLength": -1}}})
    assert sentence.startswith("property 'outer.inner': its `minLength`")


def test_a_reference_is_put_in_place_of_what_it_points_at() -> None:
    reader = SchemaReader(
        {
            "properties": {"at": {"$ref": "#/definitions/a~1b", "description": "own"}},
            "definitions": {"a/b": {"$ref": "#/definitions/when"}, "when": {"format": "date"}},
        }
    )
    assert reader.read() == {"properties": {"at": {"format": "date", "description": "own"}}}
    assert reader.told == []


def test_a_schema_within_itself_keeps_its_reference() -> None:
    reader = SchemaReader(
        {"properties": {"p": {"$ref": "#/definitions/loop"}}, "definitions": {"loop": LOOP}}
    )
    found = reader.read()
    assert found["properties"]["p"] == LOOP
    assert "loop" in found["definitions"]


def test_references_that_multiply_come_to_an_end() -> None:
    pair = {"items": {"anyOf": [{"$ref": "#/definitions/d0"}, {"$ref": "#/definitions/d0"}]}}
    definitions: dict[str, Any] = {"d0": {"type": "string"}}
    for n in range(1, 40):
        both = [{"$ref": f"#/definitions/d{n - 1}"}] * 2
        definitions[f"d{n}"] = {"anyOf": both}
    properties = {"p": {"$ref": "#/definitions/d39"}, "q": pair}
    SchemaReader({"properties": properties, "definitions": definitions}).read()


def test_required_properties_that_there_are_not_mean_nothing() -> None:
    reader = SchemaReader({"properties": {"id": {}}, "required": ["id", "email"]})
    assert reader.read()["required"] == ["id"]


def test_documents_may_be_of_any_form_and_nothing_else_is_loosened() -> None:
    sent = {
        "properties": {
            "tags": {"type": ["null", "object"]},
            "name": {"type": "string"},
            "either": {"type": ["object", "integer"]},
        }
    }
    found = with_any_document(sent)["properties"]
    assert set(found["tags"]["type"]) == {"array", "null", "object", "string"}
    assert {**found, "tags": sent["properties"]["tags"]} == sent["properties"]
