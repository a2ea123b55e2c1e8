"""What is trusted of a server's certificate, and which certificate is shown to it.

A kubeconfig holds its certificates in itself or in files; they are read into one context for all connections, so a
private key lies in a file of ours for no longer than the reading takes.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

__all__ = ["Pair", "SharedContext", "tls_context"]

PROTOCOLS = ("http/1.1",)  # as urllib3 names them


class Pair(NamedTuple):
    """A client's certificate with the chain to its authority, and its key, in PEM."""

    certificate: bytes
    key: bytes


class SharedContext(ssl.SSLContext):
    """A context that the connections of many threads share.

    urllib3 names the protocols again for each connection. OpenSSL frees the list then, which another thread's
    connection may be copying: the server answers that one with "decode error". So they are named once.

    >>> SharedContext(ssl.PROTOCOL_TLS_CLIENT).set_alpn_protocols(["http/1.1"])
    """

    _protocols: Sequence[str] = ()

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        """Name the protocols; naming the same ones again does nothing."""
        wanted = tuple(alpn_protocols)
        if wanted != self._protocols:
            super().set_alpn_protocols(wanted)
            self._protocols = wanted


def tls_context(*, authority: bytes | None, pair: Pair | None, verified: bool) -> ssl.SSLContext:
    """Return a context.

    Args:
        authority: Whose certificates are trusted, in PEM; None trusts the system's authorities.
        pair: The certificate to show; None shows none.
        verified: False takes any certificate of the server.

    Raises:
        OSError: A certificate or key is not understood, or they do not belong together.
    """
    context = SharedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.post_handshake_auth = True  # where a proxy asks for the certificate late
    context.check_hostname = verified
    context.verify_mode = ssl.CERT_REQUIRED if verified else ssl.CERT_NONE
    if verified and authority is None:
        context.load_default_certs()
    elif verified and authority is not None:
        _trust(context, authority)
    if pair is not None:
        _show(context, pair)
    context.set_alpn_protocols(PROTOCOLS)
    return context


def _trust(context: ssl.SSLContext, authority: bytes) -> None:
    """Trust just what the kubeconfig names, and as kubectl does.

    A certificate that it names needs no further one above it; and an authority without key identifiers, as managed
    clusters have, is one, which Python 3.13's strict flag would deny.
    """
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.load_verify_locations(cadata=authority.decode("ascii", "ignore"))


def _show(context: ssl.SSLContext, pair: Pair) -> None:
    with TemporaryDirectory(prefix="cloudkit-") as folder:  # for its owner alone
        file = Path(folder) / "pair.pem"
        file.write_bytes(pair.certificate + b"\n" + pair.key)
        context.load_cert_chain(file, password="")  # of a key that is encrypted, nobody is asked the password
