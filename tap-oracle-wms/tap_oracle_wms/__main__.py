"""`python -m tap_oracle_wms`."""

from __future__ import annotations

from tap_oracle_wms.tap import TapOracleWMS

TapOracleWMS.cli()
