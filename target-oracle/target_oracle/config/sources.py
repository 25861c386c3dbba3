"""What users give -> the settings: former names, nesting, empty variables, mistakes named."""

from __future__ import annotations

import os
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NoReturn

from dotenv import find_dotenv, load_dotenv
from pydantic import ValidationError
from singer_sdk.exceptions import ConfigValidationError

from target_oracle.config.forms import from_text
from target_oracle.config.settings import ALIASES, Settings
from target_oracle.sdk import parse_environment_config

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def load(raw: Mapping[str, Any], builtin: Collection[str] = ()) -> tuple[Settings, dict[str, Any]]:
    """Parse what is given into our settings, and those of the SDK (`builtin`) as they are.

    Raises:
        ConfigValidationError: Something is wrong with them, in sentences.
    """
    if not raw:
        msg = (
            "There are no settings: name a JSON file by --config, or set variables "
            "(TARGET_ORACLE_HOST, …) and give --config ENV."
        )
        _refuse(msg)
    given = canonical(raw)
    foreign = {name for name in given if name in builtin and name not in _FIELDS}
    own = {name: value for name, value in given.items() if name not in foreign}
    errors = [_unknown(name, builtin) for name in own if name not in _FIELDS]
    errors += [error for level in _levels(raw) for error in _contradictions(level)]
    if errors:
        _refuse(*errors)
    return _validated(own), {name: given[name] for name in foreign}


def _validated(given: Mapping[str, Any]) -> Settings:
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        _refuse(*map(_explained, error.errors()))
    if errors := _missing(settings) + _misfits(settings):
        _refuse(*errors)
    return settings


def from_environment(prefix: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """Read settings from the environment and `.env`, by the JSON Schemas of those that are known.

    Ours come as text: the model knows their types, and what is empty.
    """
    read_dotenv()
    ours = {name: {"type": "string"} for name in (*Settings.model_fields, *ALIASES)}
    of_the_sdk = {
        name: schema for name, schema in known.items() if os.environ.get(f"{prefix}{name.upper()}")
    }
    properties = {"properties": of_the_sdk | ours}
    return parse_environment_config(properties, prefix, dotenv_path=os.devnull)


def read_dotenv() -> None:
    """Set the variables of the nearest `.env`, from the working directory upwards.

    Those that are set already win. The SDK looks for the file above its own code instead.
    """
    load_dotenv(find_dotenv(usecwd=True))


def _refuse(*errors: str) -> NoReturn:
    msg = "Config validation failed"
    raise ConfigValidationError(msg, errors=[*errors], schema={}) from None


def canonical(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings under their own names; what is empty counts as not given."""
    nested, top = _levels(raw)
    return {**_renamed(nested), **_renamed(top)}


def _levels(raw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take apart what is given in `oracle_config`, and beside it.

    Raises:
        ConfigValidationError: `oracle_config` is no object.
    """
    try:
        nested = from_text(raw.get("oracle_config") or {})
    except ValueError as error:
        msg = f"Setting 'oracle_config': {error}."
        _refuse(msg)
    if not isinstance(nested, dict):
        msg = "Setting 'oracle_config': a JSON object is needed."
        _refuse(msg)
    beside = {name: value for name, value in raw.items() if name != "oracle_config"}
    return _given(nested), _given(beside)


def _given(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if value not in ("", None)}


def _contradictions(given: Mapping[str, Any]) -> list[str]:
    """Find settings that are given under two names, with two values."""
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


def _misfits(settings: Settings) -> list[str]:
    """Find what does not go with a tunnel, whose near end is another address."""
    if settings.ssh_tunnel is None:
        return []
    errors = []
    if settings.dsn:
        errors.append("Setting 'ssh_tunnel' goes with 'host' and 'port', not with 'dsn'.")
    names_host = settings.ssl_server_dn_match and not settings.ssl_server_cert_dn
    if settings.protocol == "tcps" and names_host:
        errors.append(
            "Setting 'ssh_tunnel' with TLS needs 'ssl_server_cert_dn': the certificate does not "
            "name the near end of the tunnel."
        )
    return errors


_FIELDS = frozenset(Settings.model_fields)
