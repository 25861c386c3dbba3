"""Certificates that trustme does not make."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path


def without_key_identifier(folder: Path) -> tuple[Path, Path]:
    """An authority and a certificate of localhost by it, as authorities within companies make."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, n)]) for n in ("own", "localhost")]
    begin = datetime.now(UTC) - timedelta(days=1)
    files = []
    for number, name in enumerate(names):
        made = (
            x509.CertificateBuilder(names[0], name, keys[number].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + timedelta(days=9))
            .add_extension(x509.BasicConstraints(ca=number == 0, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .sign(keys[0], hashes.SHA256())
        )
        key = keys[number].private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        )
        files.append(folder / f"{number}.pem")
        files[-1].write_bytes(made.public_bytes(Encoding.PEM) + (key if number else b""))
    return files[0], files[1]
