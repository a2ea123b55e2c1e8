"""How an API server is reached, and who one is there: all that opening a connection takes."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Access", "Headers"]

Headers = tuple[tuple[str, str], ...]


def _nobody() -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The way into an API server. Its text holds no secret.

    Args:
        server: The address: ``https://host:6443``.
        tls: What is trusted, and the client's certificate; None without TLS.
        server_name: The name that the server's certificate must have, where it is not the address's.
        proxy: The proxy on the way there, with its password; empty for none.
        authorization: Returns the header of that name as it is now; empty for none.
        impersonation: The headers that say whose rights are wanted.
        expires: When the credentials end, in seconds since the epoch; None when nobody said.
    """

    server: str
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    server_name: str = ""
    proxy: str = field(default="", repr=False)
    authorization: Callable[[], str] = field(default=_nobody, repr=False)
    impersonation: Headers = ()
    expires: float | None = None

    @property
    def verified(self) -> bool:
        """False when the server's certificate is not checked."""
        return self.tls is None or self.tls.verify_mode is not ssl.CERT_NONE

    def headers(self) -> Headers:
        """Return what says who one is; a token that lies in a file is read again when it is old."""
        given = self.authorization()
        return (("authorization", given), *self.impersonation) if given else self.impersonation
