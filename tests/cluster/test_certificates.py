"""Certificates of a cluster: who has one of it can talk to it, and nobody else."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest

from cluster.certificates import make_certificates


def context(side: ssl.Purpose, tls: dict[str, str]) -> ssl.SSLContext:
    found = ssl.create_default_context(side, cafile=tls["RAY_TLS_CA_CERT"])
    found.load_cert_chain(tls["RAY_TLS_SERVER_CERT"], tls["RAY_TLS_SERVER_KEY"])
    found.verify_mode = ssl.CERT_REQUIRED
    return found


def shake_hands(server: dict[str, str], client: dict[str, str]) -> bytes:
    """What a client hears from a server; raises `ssl.SSLError` where one of them does not trust the other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    with context(ssl.Purpose.CLIENT_AUTH, server).wrap_socket(
                        connection, server_side=True
                    ) as one:
                        one.sendall(b"heard")
                except (ssl.SSLError, ConnectionError):
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            with (
                socket.create_connection(listener.getsockname(), timeout=10) as raw,
                context(ssl.Purpose.SERVER_AUTH, client).wrap_socket(raw, server_hostname="127.0.0.1") as one,
            ):
                return one.recv(16)
        finally:
            thread.join()


def test_nodes_of_one_cluster_trust_each_other(tmp_path: Path) -> None:
    tls = make_certificates(tmp_path, "127.0.0.1")
    assert shake_hands(tls, tls) == b"heard"


def test_one_of_another_cluster_is_a_stranger(tmp_path: Path) -> None:
    mine, other = (make_certificates(tmp_path / name, "127.0.0.1") for name in ("mine", "other"))
    with pytest.raises(ssl.SSLError):
        shake_hands(mine, other)


def test_one_that_knows_the_authority_but_shows_no_certificate_of_it_is_not_heard(tmp_path: Path) -> None:
    tls, other = (make_certificates(tmp_path / name, "127.0.0.1") for name in ("tls", "other"))
    with pytest.raises(ssl.SSLError):
        shake_hands(tls, {**other, "RAY_TLS_CA_CERT": tls["RAY_TLS_CA_CERT"]})


def test_nobody_else_of_the_machine_reads_the_key_and_the_authoritys_is_kept_nowhere(tmp_path: Path) -> None:
    tls = make_certificates(tmp_path / "tls", "10.0.0.7")
    assert Path(tls["RAY_TLS_SERVER_KEY"]).stat().st_mode & 0o077 == 0
    assert [file.name for file in sorted((tmp_path / "tls").iterdir())] == ["ca.crt", "node.crt", "node.key"]
