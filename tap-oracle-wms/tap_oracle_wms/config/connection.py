"""Settings: the address of WMS, and how requests prove who they are."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

from tap_oracle_wms.config.forms import SecretHeaders, address

CREDENTIALS = {
    "basic": ("username", "password"),
    "bearer": ("access_token",),
    "oauth2_client_credentials": ("token_url", "client_id", "client_secret"),
    "oauth2_password": ("token_url", "client_id", "client_secret", "username", "password"),
}
"""What each way to authenticate needs."""

LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
"""Hosts to which a password may go in the clear."""


class Connection(BaseModel, defer_build=True):
    """Settings of the connection."""

    base_url: str = Field(
        description="Address of the WMS environment: https://<host>/<environment>."
    )
    api_version: str = Field("v10", pattern=r"^v\d+$", description="Version of the WMS REST API.")
    username: str | None = Field(
        None, description="WMS user with the permission lgfapi_read_access."
    )
    password: SecretStr | None = Field(None, description="Password of the WMS user.")
    auth_method: Literal["basic", "bearer", "oauth2_client_credentials", "oauth2_password"] = Field(
        "basic", description="How requests prove who they are."
    )
    access_token: SecretStr | None = Field(None, description="Token for `bearer`.")
    token_url: str | None = Field(
        None,
        description="OAuth2 token endpoint, such as "
        "https://idcs-<id>.identity.oraclecloud.com/oauth2/v1/token.",
    )
    client_id: str | None = Field(None, description="Id of the OAuth2 application.")
    client_secret: SecretStr | None = Field(None, description="Secret of the OAuth2 application.")
    oauth_scope: str = Field(
        "urn:resource:fusion:scm:logistics:wms:lgfapi/",
        description='Scope to ask a token for; "" sends none, as the token endpoint of WMS itself '
        "wants it: https://<host>/<environment>/api/oauth2/token/.",
    )
    extra_headers: SecretHeaders = Field(
        {}, description="Headers to send with every request, as a gateway may want them."
    )
    ca_file: str | None = Field(None, description="File of CA certificates to trust (PEM).")
    client_certificate: str | None = Field(None, description="Client certificate file (PEM).")
    client_key: str | None = Field(
        None, description="Key file of the client certificate, when it is not in the same file."
    )
    client_key_password: SecretStr | None = Field(None, description="Password of the key file.")

    @field_validator("base_url")
    @classmethod
    def _environment_address(cls, value: str) -> str:
        """Return the address without a path from `/wms` on.

        Raises:
            ValueError: It is no such address, or would show the password.
        """
        parts = address(value.strip())
        if parts is None or parts.scheme not in {"https", "http"} or not parts.hostname:
            msg = "must look like https://<host>/<environment>"
            raise ValueError(msg)
        if parts.username or parts.password:
            msg = "must not carry a user name or password; use `username` and `password`"
            raise ValueError(msg)
        if parts.scheme == "http" and parts.hostname not in LOCAL_HOSTS:
            msg = "starts with http://, which would send the password in the clear; use https://"
            raise ValueError(msg)
        path = f"{parts.path}/".split("/wms/")[0].strip("/")
        if not path:
            msg = f"lacks the environment name: {parts.scheme}://{parts.netloc}/<environment>"
            raise ValueError(msg)
        return f"{parts.scheme}://{parts.netloc}/{path}"

    @field_validator("access_token", "extra_headers")
    @classmethod
    def _can_be_sent(cls, value: SecretStr | dict[str, SecretStr] | None) -> Any:
        """Strip blanks and line breaks, which files of secrets often end with."""
        if isinstance(value, dict):
            return {
                cls._header(name).get_secret_value(): cls._header(v) for name, v in value.items()
            }
        return cls._header(value) if value else value

    @staticmethod
    def _header(value: SecretStr | str) -> SecretStr:
        text = (value if isinstance(value, str) else value.get_secret_value()).strip()
        if not (text.isascii() and text.isprintable()):
            msg = "must be of plain ASCII characters in one line"
            raise ValueError(msg)
        return SecretStr(text)

    @field_validator("token_url")
    @classmethod
    def _encrypted(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "https://host")
        if parts.scheme != "https" and parts.hostname not in LOCAL_HOSTS:
            msg = "must start with https://"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _has_credentials(self) -> Connection:
        missing = [f"`{name}`" for name in CREDENTIALS[self.auth_method] if not getattr(self, name)]
        if missing:
            msg = f"set {' and '.join(missing)}, which `auth_method` {self.auth_method} needs"
            raise ValueError(msg)
        return self
