"""The command line, and how a failed run ends."""

from __future__ import annotations

import errno
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigValidationError, SingerSDKError
from singer_sdk.plugin_base import SingerCommand
from typing_extensions import override

from tap_oracle_wms.errors import WmsError
from tap_oracle_wms.observing import logs, report, telemetry
from tap_oracle_wms.output.writer import close_output, unwritten

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def _written() -> Iterator[None]:
    """Write what is still to be written while a failure can be told. OSError."""
    try:
        yield
    finally:
        with suppress(BrokenPipeError):
            if sys.stdout:
                sys.stdout.flush()


class OneSentenceCommand(SingerCommand):
    """Ends a failed run with its sentence and exit code in place of a traceback."""

    @override
    def main(self, *args: Any, **kwargs: Any) -> Any:
        logs.begin()
        try:
            with telemetry.recorded(), _written():
                return super().main(*args, **kwargs)
        except ConfigValidationError as error:
            for sentence in error.errors:
                self.logger.error(sentence)  # noqa: TRY400 - the sentence is all there is to say
            sys.exit(1)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            close_output()
            self.logger.error(unwritten(error))  # noqa: TRY400 - likewise
            sys.exit(1)
        except SingerSDKError as error:
            self.logger.error(report.sentence(error))  # noqa: TRY400 - likewise
            sys.exit(1)
        except WmsError as error:
            self.logger.error(str(error))  # noqa: TRY400 - likewise
            sys.exit(error.exit_code)
