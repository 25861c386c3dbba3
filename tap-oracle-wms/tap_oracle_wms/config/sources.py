"""Read settings from files and environment, with aliases, and describe them to the SDK."""

from __future__ import annotations

import difflib
import json
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dotenv import find_dotenv, load_dotenv
from pydantic import ValidationError

from tap_oracle_wms.config.settings import ALIASES, Settings
from tap_oracle_wms.config.times import is_naive
from tap_oracle_wms.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KNOWN = {*Settings.model_fields, *ALIASES}

MAY_BE_EMPTY = {"oauth_scope"}
"""Settings of which an empty text is a value."""


@cache
def config_jsonschema() -> dict[str, Any]:
    """JSON Schema of the settings, one flat object that the SDK and Meltano understand."""
    schema = Settings.model_json_schema()
    properties = {name: _property(found) for name, found in schema["properties"].items()}
    return {
        "type": "object",
        "properties": properties,
        "required": schema.get("required", []),
        "additionalProperties": False,
    }


def _property(found: dict[str, Any]) -> dict[str, Any]:
    """A setting's schema without unions and titles, with secrets marked."""
    result = {k: v for k, v in found.items() if k not in {"anyOf", "title", "default"}}
    for option in found.get("anyOf", []):
        result |= option if option != {"type": "null"} else {}
    if found.get("default") is not None:
        result["default"] = found["default"]
    if result.get("format") == "password":
        del result["format"]
        result |= {"secret": True, "writeOnly": True}
    return result


def json_object(text: str | bytes, what: str) -> dict[str, Any]:
    """Parse the object in a file's text; messages call the file `what`.

    Raises:
        ConfigError: There is none.
    """
    try:
        found = json.loads(text)
    except UnicodeDecodeError:
        msg = f"The {what} is not JSON in UTF-8 or UTF-16; save it as UTF-8."
        raise ConfigError(msg) from None
    except ValueError as error:
        msg = f"The {what} is not JSON: {error}."
        raise ConfigError(msg) from None
    if not isinstance(found, dict):
        msg = f"The {what} does not hold a JSON object."
        raise ConfigError(msg)
    return found


def state(text: str | bytes) -> dict[str, Any]:
    """Return the state in a file's text; without `bookmarks` it would silently count as no state.

    Raises:
        ConfigError: It is none.
    """
    try:
        found = json_object(text, "state file")
    except ConfigError:
        if _is_several(text):
            msg = "The state file holds several lines of JSON; keep the last one alone: tail -n 1."
            raise ConfigError(msg) from None
        raise
    if found and "bookmarks" not in found:
        msg = (
            "The state file has no `bookmarks`: they are in the `value` of a STATE message, and in "
            "the `singer_state` of what Meltano keeps."
        )
        raise ConfigError(msg)
    bookmarks = found.get("bookmarks", {})
    if not isinstance(bookmarks, dict) or not all(isinstance(b, dict) for b in bookmarks.values()):
        msg = "The state file's `bookmarks` are not an object of an object for each stream."
        raise ConfigError(msg)
    return found


def _is_several(text: str | bytes) -> bool:
    """Whether a text has more than one line, each an object."""
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        return len(lines) > 1 and all(isinstance(json.loads(line), dict) for line in lines)
    except ValueError:
        return False


def from_files(names: Iterable[str]) -> dict[str, Any]:
    """Return the settings in JSON files; a later file wins.

    Raises:
        ConfigError: A file cannot be read, or holds no object.
    """
    found: dict[str, Any] = {}
    for name in names:
        try:
            content = Path(name).read_bytes()
        except OSError as error:
            msg = f"The --config file {name} cannot be read: {error.strerror}."
            raise ConfigError(msg) from None
        found |= json_object(content, f"--config file {name}")
    return found


def read_dotenv() -> None:
    """Set the variables of the nearest `.env`, from the working directory upwards.

    Those that are set already win. The SDK looks for the file above its own code instead.
    """
    load_dotenv(find_dotenv(usecwd=True))


def from_environment(prefix: str) -> dict[str, str]:
    """Return settings from variables such as `<prefix>PAGE_SIZE`; most empty ones are not set."""
    named = {name: os.environ.get(f"{prefix}{name.upper()}") for name in KNOWN}
    return {
        name: value
        for name, value in named.items()
        if value or (value is not None and name in MAY_BE_EMPTY)
    }


def load(config: dict[str, Any], also_known: set[str]) -> tuple[Settings, dict[str, Any]]:
    """Return the settings, and apart from them those of the SDK, whose names `also_known` has.

    Raises:
        ConfigError: Settings are wrong; each has a sentence that says what to do.
    """
    if not config:
        msg = (
            "There are no settings: name a JSON file by --config, or set variables "
            "(TAP_ORACLE_WMS_BASE_URL, …) and give --config ENV."
        )
        raise ConfigError(msg)
    given = _renamed(config)
    theirs = also_known - Settings.model_fields.keys()
    others = {name: value for name, value in given.items() if name in theirs}
    own = {name: value for name, value in given.items() if name not in theirs}
    _refuse_unknown(own, also_known)
    try:
        return Settings.model_validate(own), others
    except ValidationError as error:
        raise ConfigError(" ".join(_sentence(e) for e in error.errors())) from None


def naive_times(settings: Settings) -> Iterator[str]:
    """Yield a sentence on each time without an offset: YAML drops it where there are no quotes."""
    advice = 'where another is meant, write it with its offset and in quotes: "…T08:00:00+02:00"'
    for name in ("start_date", "end_date"):
        if is_naive(getattr(settings, name) or ""):
            yield f"Setting `{name}` has a time without an offset: UTC is taken; {advice}."
    for entity, filters in settings.filters.items():
        for name, value in filters.items():
            if any(is_naive(str(each)) for each in (value if isinstance(value, list) else [value])):
                yield (
                    f"Setting `filters` for `{entity}`: `{name}` has a time without an offset: WMS "
                    f"takes the zone of the user's facility; {advice}."
                )


def _renamed(config: dict[str, Any]) -> dict[str, Any]:
    """Return the given values under the present names of the settings.

    Raises:
        ConfigError: One is given under two names.
    """
    found: dict[str, Any] = {}
    for name, value in config.items():
        if value is None or (value == "" and name not in MAY_BE_EMPTY):
            continue  # an environment variable that is set but empty says nothing
        target = ALIASES.get(name, name)
        if target in found:
            msg = f"Setting `{name}` is another name for `{target}`; give one of the two."
            raise ConfigError(msg)
        found[target] = value
    return found


def _refuse_unknown(own: dict[str, Any], also_known: set[str]) -> None:
    for name in own:
        if name not in KNOWN | also_known:
            near = difflib.get_close_matches(name, KNOWN | also_known, n=1, cutoff=0)
            msg = f"Setting `{name}` is unknown; did you mean `{ALIASES.get(near[0], near[0])}`?"
            raise ConfigError(msg)


def _sentence(error: Any) -> str:
    name = ".".join(str(part) for part in error["loc"])
    reason = error["msg"].removeprefix("Value error, ")
    if error["type"] == "missing":
        return f"Setting `{name}` is required."
    return f"Setting `{name}` {_verb(reason)}." if name else f"{reason[0].upper()}{reason[1:]}."


def _verb(reason: str) -> str:
    return reason if reason.startswith(("must", "starts", "lacks")) else f"is wrong: {reason}"
