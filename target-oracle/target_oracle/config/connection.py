"""Settings: where the database is, who connects, and how."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from target_oracle.config.forms import from_text
from target_oracle.config.ssh_tunnel import SshTunnel

SECRET: dict[str, Any] = {"secret": True}
"""The mark by which the SDK and Meltano recognise a secret."""
LONGEST_WAIT = 4_000_000
"""Seconds: the driver counts milliseconds in 32 bits."""


class Connection(BaseModel):
    """How the database is reached."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    host: str | None = Field(None, description="Host name or address of the database.")
    port: int = Field(1521, ge=1, le=65535, description="Port of the listener.")
    service_name: str | None = Field(None, description="Service to connect to.")
    sid: str | None = Field(None, description="SID, for databases without a service.")
    dsn: str | None = Field(
        None,
        description="Easy Connect string, TNS alias or full descriptor (also with failover "
        "addresses), instead of host and port.",
    )
    sqlalchemy_url: SecretStr | None = Field(
        None,
        description="`oracle+oracledb://user:password@host:port/?service_name=…`, instead of host, "
        "port, service_name, user and password.",
        json_schema_extra=SECRET,
    )
    protocol: Literal["tcp", "tcps"] = Field("tcp", description="`tcps` for TLS.")
    ssl_server_dn_match: bool = Field(
        default=True, description="Check that the server's certificate names the host (TLS)."
    )
    ssl_server_cert_dn: str | None = Field(
        None, description="Distinguished name the server's certificate must have (TLS)."
    )
    wallet_location: str | None = Field(
        None, description="Directory of `ewallet.pem`, for mutual TLS."
    )
    wallet_password: SecretStr | None = Field(
        None, description="Password of the wallet.", json_schema_extra=SECRET
    )
    config_dir: str | None = Field(None, description="Directory of `tnsnames.ora`.")
    https_proxy: str | None = Field(None, description="Proxy host for TLS connections.")
    https_proxy_port: int | None = Field(None, ge=1, le=65535, description="Port of the proxy.")
    ssh_tunnel: SshTunnel | None = Field(
        None,
        description="SSH host to go through: `host`, `username`, and where needed `port`, "
        "`password`, `private_key` (text or file), `private_key_password`, `host_key`.",
        json_schema_extra=SECRET,
    )

    user: str | None = Field(None, description="User name; its schema is the default target.")
    password: SecretStr | None = Field(None, description="Password.", json_schema_extra=SECRET)
    proxy_user: str | None = Field(
        None, description="Schema user to act as: `user` connects through it."
    )
    access_token: SecretStr | None = Field(
        None,
        description="Token of Microsoft Entra ID or OCI IAM, instead of user and password.",
        json_schema_extra=SECRET,
    )
    access_token_key: SecretStr | None = Field(
        None, description="Private key of an OCI IAM token.", json_schema_extra=SECRET
    )
    pooled_server: bool = Field(
        default=False, description="Use Database Resident Connection Pooling (DRCP)."
    )
    connection_class: str | None = Field(None, description="Connection class for DRCP.")
    thick_mode: bool = Field(
        default=False, description="Use Oracle Client libraries; direct path loads are then off."
    )
    client_lib_dir: str | None = Field(
        None, description="Directory of the Oracle Client libraries (thick mode)."
    )
    connect_timeout: float = Field(
        20.0,
        gt=0,
        le=LONGEST_WAIT,
        description="Seconds to wait for each address; a log-on that stays without an answer is "
        "given up after three times as long.",
    )
    call_timeout: float | None = Field(
        None,
        gt=0,
        le=LONGEST_WAIT,
        description="Seconds that one round trip may take, but for those of the direct path; no "
        "limit when not set.",
    )
    expire_time: int = Field(
        0,
        ge=0,
        le=LONGEST_WAIT // 60,
        description="Minutes between keep-alive probes; 0 switches them off.",
    )
    sdu: int = Field(
        65535, ge=512, le=2097152, description="Size of network packets; the server may lower it."
    )
    disable_oob: bool = Field(
        default=False, description="Do without out-of-band breaks, which some firewalls swallow."
    )
    ddl_lock_timeout: int = Field(
        30, ge=0, le=1_000_000, description="Seconds that DDL waits for other sessions' locks."
    )
    max_retries: int = Field(
        5, ge=0, description="How often a flush is repeated after a lost session or a deadlock."
    )
    oracle_config: dict[str, Any] | None = Field(
        None, description="The connection settings once more, nested; top-level ones win."
    )

    @field_validator("oracle_config", "ssh_tunnel", mode="before")
    @classmethod
    def _parse_nested(cls, value: object) -> object:
        return from_text(value)

    @field_validator("sqlalchemy_url")
    @classmethod
    def _is_a_url(cls, value: SecretStr | None) -> SecretStr | None:
        """Refuse what is no URL, without quoting the parser: it may show a part of the password.

        Raises:
            ValueError: It is no URL, or one of another database.
        """
        if value is not None:
            try:
                is_oracle = sa.make_url(value.get_secret_value()).get_backend_name() == "oracle"
            except (ValueError, sa.exc.ArgumentError):
                is_oracle = False
            if not is_oracle:
                msg = "must look like oracle+oracledb://user:password@host:port/?service_name=…"
                raise ValueError(msg)
        return value
