"""What users give -> the settings: former names, nesting, empty variables, mistakes named."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from singer_sdk.exceptions import ConfigValidationError

from target_oracle.config.settings import ALIASES, Settings, from_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def load(raw: Mapping[str, Any], builtin: Collection[str] = ()) -> tuple[Settings, dict[str, Any]]:
    """The settings, and those of the SDK (`builtin`) apart; ConfigValidationError in sentences."""
    if not raw:
        msg = (
            "There are no settings: name a JSON file by --config, or set variables "
            "(TARGET_ORACLE_HOST, …) and give --config ENV."
        )
        raise _wrong(msg)
    given = canonical(raw)
    foreign = {
        name: value for name, value in given.items() if name in builtin and name not in _FIELDS
    }
    own = {name: value for name, value in given.items() if name not in foreign}
    errors = [_unknown(name, builtin) for name in own if name not in _FIELDS]
    errors += [error for level in _levels(raw) for error in _contradictions(level)]
    if not errors:
        try:
            settings = Settings.model_validate(own)
        except ValidationError as error:
            errors = [_explained(each) for each in error.errors()]
        else:
            errors = _missing(settings)
    if errors:
        raise _wrong(*errors)
    return settings, foreign


def _wrong(*errors: str) -> ConfigValidationError:
    return ConfigValidationError("Config validation failed", errors=[*errors], schema={})


def canonical(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The settings under their own names; what is empty counts as not given."""
    nested, top = _levels(raw)
    return {**_renamed(nested), **_renamed(top)}


def _levels(raw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is given in `oracle_config`, and beside it."""
    try:
        nested = from_text(raw.get("oracle_config") or {})
    except ValueError as error:
        msg = f"Setting 'oracle_config': {error}."
        raise _wrong(msg) from None
    if not isinstance(nested, dict):
        msg = "Setting 'oracle_config': a JSON object is needed."
        raise _wrong(msg)
    beside = {name: value for name, value in raw.items() if name != "oracle_config"}
    return _given(nested), _given(beside)


def _given(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if value not in ("", None)}


def _contradictions(given: Mapping[str, Any]) -> list[str]:
    """A setting under two names, with two values."""
    renamed = _renamed(given)
    return [
        f"Setting '{name}' is another name for '{ALIASES[name]}': give one of the two."
        for name, value in given.items()
        if name in ALIASES and renamed[ALIASES[name]] != value
    ]


def _renamed(given: Mapping[str, Any]) -> dict[str, Any]:
    aliased = {ALIASES[name]: value for name, value in given.items() if name in ALIASES}
    return aliased | {name: value for name, value in given.items() if name not in ALIASES}


def _unknown(name: str, builtin: Collection[str]) -> str:
    near = get_close_matches(name, [*_FIELDS, *ALIASES, *builtin], n=1)
    hint = f"Did you mean '{ALIASES.get(near[0], near[0])}'?" if near else "See --about for all."
    return f"Setting '{name}' is unknown. {hint}"


def _explained(error: Any) -> str:
    name = ".".join(str(part) for part in error["loc"])
    return f"Setting '{name}': {error['msg'].removeprefix('Value error, ')}."


def _missing(settings: Settings) -> list[str]:
    if settings.sqlalchemy_url:
        return []
    errors = []
    if not settings.dsn and not settings.host:
        errors.append("Setting 'host' (or 'dsn') is missing: say where the database is.")
    elif not settings.dsn and not (settings.service_name or settings.sid):
        errors.append("Setting 'service_name' (or 'sid') is missing: say which database it is.")
    needed = () if settings.access_token else ("user", "password")
    errors.extend(f"Setting '{name}' is missing." for name in needed if not getattr(settings, name))
    return errors


_FIELDS = frozenset(Settings.model_fields)
