"""Certificates for the nodes of one cluster: an authority of its own, and one certificate that it signed.

Every node and every client shows the certificate, and lets in only who shows one of the same authority.
"""

from __future__ import annotations

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256

AUTHORITY, CERTIFICATE, KEY = "ca.crt", "node.crt", "node.key"
VALID = timedelta(days=30)


def make_certificates(folder: Path, *addresses: str) -> dict[str, str]:
    """Write them for a cluster whose nodes are at these IP addresses; the variables by which Ray finds them.

    The authority's key is kept nowhere, so that no other certificate can be made for this cluster.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

    folder.mkdir(parents=True, exist_ok=True)
    authority_key, node_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = (
        _begun("trending-cluster-authority", authority_key, issuer="trending-cluster-authority")
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, _hash())
    )
    at = [x509.IPAddress(ipaddress.ip_address(address)) for address in dict.fromkeys(addresses)]
    names = x509.SubjectAlternativeName([*at, x509.DNSName("localhost")])
    node = (
        _begun("trending-cluster-node", node_key, issuer="trending-cluster-authority")
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(authority_key, _hash())
    )
    _write(folder / AUTHORITY, _pem(authority))
    _write(folder / CERTIFICATE, _pem(node))
    _write(folder / KEY, _pem_of_key(node_key))
    return tls_environment(folder)


def tls_environment(folder: Path) -> dict[str, str]:
    """What a node, or a client, must find in its environment."""
    return {
        "RAY_USE_TLS": "1",
        "RAY_TLS_SERVER_CERT": str(folder / CERTIFICATE),
        "RAY_TLS_SERVER_KEY": str(folder / KEY),
        "RAY_TLS_CA_CERT": str(folder / AUTHORITY),
    }


def _begun(name: str, key: EllipticCurvePrivateKey, *, issuer: str) -> x509.CertificateBuilder:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + VALID)
    )


def _hash() -> SHA256:
    from cryptography.hazmat.primitives import hashes

    return hashes.SHA256()


def _pem(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def _pem_of_key(key: EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(file: Path, content: bytes) -> None:
    """Readable by its owner alone from its first byte on."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(content)
