"""One context serves the connections of many threads."""

from __future__ import annotations

import ssl
from collections.abc import Sequence

import pytest
from urllib3.util.ssl_ import ALPN_PROTOCOLS

from cloudkit.backends.kubernetes.tls import tls_context


def test_the_protocols_are_named_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """While OpenSSL copies their list for one thread's connection, nothing may free it for another's."""
    named: list[Sequence[str]] = []
    monkeypatch.setattr(ssl.SSLContext, "set_alpn_protocols", lambda _context, protocols: named.append(protocols))

    context = tls_context(authority=None, pair=None, verified=False)
    for _ in range(3):
        context.set_alpn_protocols(ALPN_PROTOCOLS)

    assert named == [tuple(ALPN_PROTOCOLS)]


@pytest.mark.parametrize("verified", [True, False])
def test_a_server_is_checked_unless_the_kubeconfig_says_otherwise(verified: bool) -> None:  # noqa: FBT001  # a table
    """Its authority and its name."""
    context = tls_context(authority=None, pair=None, verified=verified)

    assert context.check_hostname is verified
    assert context.verify_mode is (ssl.CERT_REQUIRED if verified else ssl.CERT_NONE)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
