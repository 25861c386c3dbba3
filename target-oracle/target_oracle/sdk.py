"""All that the target takes from the SDK without a promise that it stays as it is.

Imported from private modules, or under private names:

* `parse_environment_config` reads the SDK's own settings from variables, in the SDK's own forms.
* `ConfigInput`: what `--config` comes to, which `invoke` is given.
* `GenericSingerReader`, `SingerMessageType`: the reader keeps RECORD lines without decoding them.
* `InvalidInputLine`: the error for a line that is no message, which the SDK ends a run with, too.
* `classproperty`: the JSON Schema of the settings is made when it is asked for.
* `BaseJSONSchemaValidator`: the seam at which records are checked by a compiled validator.

Overridden or used by its private name:

* of `Target`: `_env_var_prefix`, `_handle_termination` (a signal ends a run after the flush at
  hand), and what takes one kind of message: `_process_record_message`, `_process_schema_message`,
  `_process_state_message`, `_process_activate_version_message`, `_process_batch_message`;
* of `Sink`: `_add_sdc_metadata_to_schema`, `_remove_sdc_metadata_from_schema`, `_validator`,
  `_key_properties` (`streams` may name others), `_warned_missing_fields`.

`docs/CONTRIBUTING.md` has the command that tries all of it against the newest SDK.
"""

from __future__ import annotations

from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.plugin_base import _ConfigInput as ConfigInput
from singer_sdk.singerlib.encoding.base import GenericSingerReader, SingerMessageType
from singer_sdk.singerlib.exceptions import InvalidInputLine
from singer_sdk.sinks.core import BaseJSONSchemaValidator

__all__ = [
    "BaseJSONSchemaValidator",
    "ConfigInput",
    "GenericSingerReader",
    "InvalidInputLine",
    "SingerMessageType",
    "classproperty",
    "parse_environment_config",
]
