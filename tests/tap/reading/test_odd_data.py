"""Answers in a form that no reader expects: read, or one sentence, and never a wrong value."""

from __future__ import annotations

from typing import Any

import pytest
from tap_oracle_wms.errors import DataError, UnavailableError, WmsError
from wms_standin import Fault, WmsStandin

from tests.tap.conftest import Run, config_for, discovered, run, selected

ENTITY = "order_hdr"
