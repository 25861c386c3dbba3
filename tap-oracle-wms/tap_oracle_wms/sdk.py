"""All that the tap takes from the SDK without a promise that it stays as it is.

Imported from private modules, or under private names:

* `parse_environment_config` reads the SDK's own settings from variables, in the SDK's own forms.
* `classproperty`: `_env_var_config`, which the tap overrides, is one, and the JSON Schema of the
  settings, which is made when it is asked for.
* `StateWriter` writes each STATE; the run's report goes into it there and nowhere else.
* `ConfigInput`: what `--config` comes to, which `invoke` and `--test` are given.
* `get_selected_schema`: the schema without the properties that are deselected.
* `BaseBatchFileEncoding`, `BatchConfig`, `BatchFileFormat`, `SDKBatchMessage`: BATCH files have no
  public home in the SDK.

Overridden or used by its private name:

* of `Tap`: `_env_var_config` and `_validate_config` (the settings are parsed by our own model),
  `_env_var_prefix`, `_config`, `_mapper` (whether discovery took place), `_state_writer`,
  `_setup_signal_handlers` and `_handle_termination` (a signal ends a run after the page at hand);
* of `Stream`: `_tap`, `_tap_input_catalog`, `_input_schema`, `_metadata`, `_mask` (a catalog is
  applied for these settings), `_sync_records` (records leave by pages),
  `_generate_batch_messages`, `_write_state_message`, `_write_activate_version_message`,
  `_check_max_record_limit`.

`docs/CONTRIBUTING.md` has the command that tries all of it against the newest SDK.
"""

from __future__ import annotations

from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.helpers._batch import (
    BaseBatchFileEncoding,
    BatchConfig,
    BatchFileFormat,
    SDKBatchMessage,
)
from singer_sdk.helpers._catalog import get_selected_schema
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers._state import StateWriter
from singer_sdk.plugin_base import _ConfigInput as ConfigInput

__all__ = [
    "BaseBatchFileEncoding",
    "BatchConfig",
    "BatchFileFormat",
    "ConfigInput",
    "SDKBatchMessage",
    "StateWriter",
    "classproperty",
    "get_selected_schema",
    "parse_environment_config",
]
