"""Whether BATCH files can be written as the settings say, before anything is asked of WMS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fsspec.registry import (  # type: ignore[import-untyped]
    get_filesystem_class,
    known_implementations,
)

from tap_oracle_wms.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

PARTS = {
    "encoding": ("format", {"format", "compression"}),
    "storage": ("root", {"root", "prefix", "params"}),
}
"""The parts of `batch_config`: the keys that each must have, and those that it may have."""

MAPS = ("stream_maps", "flattening_enabled")


def check_batches(config: Mapping[str, Any]) -> None:
    """Check that `batch_config` says what it must, and goes with the other settings.

    Raises:
        ConfigError: Something is missing or wrong.
    """
    batch = config.get("batch_config")
    if batch is None:
        return
    for name in MAPS:
        if config.get(name):
            msg = f"Setting `{name}` does not reach the files of `batch_config`: leave out one."
            raise ConfigError(msg)
    _check_parts(batch)
    _check_size(batch.get("batch_size"))
    _check_encoding(batch["encoding"])
    _check_storage(str(batch["storage"]["root"]))


def _check_parts(batch: object) -> None:
    if not isinstance(batch, dict):
        msg = "Setting `batch_config` must be an object with `encoding` and `storage`."
        raise ConfigError(msg)
    for part, (needed, allowed) in PARTS.items():
        _check_part(batch, part, needed, allowed)
    if unknown := batch.keys() - {*PARTS, "batch_size"}:
        msg = f"Setting `batch_config.{min(unknown)}` is unknown."
        raise ConfigError(msg)


def _check_part(batch: dict[str, Any], part: str, needed: str, allowed: set[str]) -> None:
    found = batch.get(part)
    if not isinstance(found, dict) or not found.get(needed):
        msg = f"Setting `batch_config` lacks `{part}.{needed}`."
        raise ConfigError(msg)
    if unknown := found.keys() - allowed:
        msg = f"Setting `batch_config.{part}.{min(unknown)}` is unknown."
        raise ConfigError(msg)


def _check_size(size: object) -> None:
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 1):
        msg = "Setting `batch_config.batch_size` must be a whole number of 1 or more."
        raise ConfigError(msg)


def _check_encoding(encoding: dict[str, Any]) -> None:
    if encoding["format"] not in {"jsonl", "parquet"}:
        msg = "Setting `batch_config.encoding.format` must be jsonl or parquet."
        raise ConfigError(msg)
    if encoding["format"] == "parquet":
        try:
            import pyarrow  # noqa: F401, ICN001, PLC0415 - an extra
        except ImportError:
            msg = "`batch_config` with format parquet needs the extra: tap-oracle-wms[extract]."
            raise ConfigError(msg) from None


def _check_storage(root: str) -> None:
    """Check that there is what writes to such an address.

    Raises:
        ConfigError: A package is missing, or the storage is unknown.
    """
    protocol = root.partition("://")[0] if "://" in root else "file"
    try:
        get_filesystem_class(protocol)
    except ImportError:
        advice = known_implementations.get(protocol, {}).get("err", "a package is missing")
        extra = "tap-oracle-wms[s3]" if protocol in {"s3", "s3a"} else f"its package ({advice})"
        msg = f"`batch_config.storage.root` begins with {protocol}://, which needs: {extra}."
        raise ConfigError(msg) from None
    except ValueError:
        msg = f"`batch_config.storage.root` begins with {protocol}://, which is no known storage."
        raise ConfigError(msg) from None
