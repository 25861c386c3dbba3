"""List, fetch and delete the files in the folder that WMS extracts into."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import BaseError, PreconditionError
from obstore.store import from_url

from tap_oracle_wms.errors import ConfigError, ExtractError

if TYPE_CHECKING:
    from pathlib import Path

    from tap_oracle_wms.config.settings import Settings

CHUNK = 4 << 20
"""Bytes of a download that are in memory at once."""


@dataclass(frozen=True)
class StoredFile:
    """A file as the store lists it."""

    name: str
    size: int
    tag: str
    """Changes when the file is written again."""


class ExtractStore:
    """One folder of S3, Google Cloud Storage, Azure, OCI (by its S3 interface), or this machine."""

    def __init__(self, settings: Settings) -> None:
        options = {k: v.get_secret_value() for k, v in settings.extract_storage_options.items()}
        url = str(settings.extract_storage_url)
        try:
            self._store: Any = _connect(url, options)
        except (BaseError, ValueError, TypeError) as error:
            msg = f"Setting `extract_storage_url` cannot be used: {_line(error)}."
            raise ConfigError(msg) from None

    def files(self, prefix: str) -> list[StoredFile]:
        """Return the files whose names have the prefix, in order of their names.

        Raises:
            ExtractError: The store does not list them.
        """
        try:
            found = [meta for page in obstore.list(self._store) for meta in page]
        except BaseError as error:
            msg = (
                f"The folder of `extract_storage_url` cannot be listed: {_line(error)}; check the "
                f"address and `extract_storage_options`."
            )
            raise ExtractError(msg) from None
        return sorted(
            (StoredFile(m["path"], m["size"], _tag(m)) for m in found
             if m["path"].rpartition("/")[2].startswith(prefix)),
            key=lambda file: file.name,
        )  # fmt: skip

    def fetch(self, file: StoredFile, target: Path) -> str:
        """Copy a file and return the digest of its content.

        Raises:
            ExtractError: The file has been written again, or the copy is not whole.
        """
        digest, size = hashlib.blake2b(digest_size=16), 0
        options = {"if_match": file.tag} if file.tag.startswith('"') else {}
        try:
            answer = obstore.get(self._store, file.name, options=options)  # type: ignore[arg-type]  # a TypedDict
            with target.open("wb") as copy:
                for chunk in answer.stream(min_chunk_size=CHUNK):
                    copy.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
        except PreconditionError:
            raise ExtractError(rewritten(file.name)) from None
        except (BaseError, OSError) as error:
            msg = f"File {file.name} cannot be fetched: {_line(error)}."
            raise ExtractError(msg) from None
        if size != file.size:
            msg = f"File {file.name} came with {size} of its {file.size} bytes."
            raise ExtractError(msg)
        return digest.hexdigest()

    def delete(self, files: list[StoredFile]) -> None:
        """Remove files.

        Raises:
            ExtractError: The store refuses.
        """
        try:
            obstore.delete(self._store, [file.name for file in files])
        except BaseError as error:
            msg = f"Extracted files cannot be deleted: {_line(error)}."
            raise ExtractError(msg) from None


def rewritten(name: str) -> str:
    """Return the sentence for a file that has changed since it was read or listed."""
    return (
        f"File {name} was written again while it was read; what WMS extracted cannot be relied on: "
        f"run again, it begins a new extract."
    )


def _connect(url: str, options: dict[str, str]) -> Any:
    if url.startswith("oci://"):
        url, options = _oci(url, options)
    if url.startswith("file://"):
        return from_url(url, mkdir=True)
    plain = options.get("endpoint", "").startswith("http://")
    client = {"allow_http": True} if plain else None
    return from_url(url, config=options or None, client_options=client)  # type: ignore[arg-type]  # TypedDicts


def _oci(url: str, options: dict[str, str]) -> tuple[str, dict[str, str]]:
    """`oci://bucket@namespace/folder` by the S3 interface of OCI Object Storage.

    Raises:
        ValueError: The namespace or the region is missing.
    """
    place, _, folder = url.removeprefix("oci://").partition("/")
    bucket, _, namespace = place.partition("@")
    region = options.get("region", "")
    if not namespace or not region:
        msg = "oci:// needs oci://<bucket>@<namespace>/<folder>, and `region` among the options"
        raise ValueError(msg)
    host = f"https://{namespace}.compat.objectstorage.{region}.oraclecloud.com"
    return f"s3://{bucket}/{folder}", {"endpoint": host, **options}


def _tag(meta: Any) -> str:
    return str(meta["e_tag"] or f"{meta['last_modified'].isoformat()} {meta['size']}")


def _line(error: BaseException) -> str:
    """The first line of a driver's message, which holds no secret."""
    return (str(error).splitlines() or [type(error).__name__])[0].strip().rstrip(".")
