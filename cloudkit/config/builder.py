"""Which BuildKit builds images where no engine does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from cloudkit.config.endpoint import Tls
from cloudkit.config.layers import Found, Layers, first
from cloudkit.errors import ConfigError

__all__ = ["Builder", "find_builder"]

_ADDRESS = re.compile(r"tcp://(?:[\w.-]+|\[[0-9a-fA-F:.]+\]):\d{1,5}\Z|unix:///\S+\Z|docker-container://[\w.-]+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """A BuildKit that listens somewhere.

    Args:
        address: ``tcp://host:port``, ``unix:///path`` or ``docker-container://name``.
        tls: The certificates; None speaks plainly.
    """

    address: str
    tls: Tls | None = None

    def __str__(self) -> str:
        return self.address


def find_builder(layers: Layers) -> tuple[Builder, str] | None:
    """Return the BuildKit that is named, and what named it; None where none is.

    Raises:
        ConfigError: The address is none, or the folder of certificates lacks one.

    >>> find_builder([{"builder": ("tcp://builder:1234", "argument")}])
    (Builder(address='tcp://builder:1234', tls=None), 'argument')
    """
    found = first(layers, "builder")
    if found is None or not found[0]:
        return None
    address, origin = found
    if not _ADDRESS.match(address):
        message = (
            f"builder is {address[:80]!r} ({origin}); it is tcp://host:port, unix:///path or docker-container://name"
        )
        raise ConfigError(message, hint="builder = 'tcp://builder.example:1234'")
    folder = first(layers, "builder_tls")
    return Builder(
        address=address, tls=_certificates(folder) if folder and address.startswith("tcp:") else None
    ), origin


def _certificates(folder: Found) -> Tls:
    """Return the certificates of a folder, by the names that docker gives them."""
    path = Path(folder[0]).expanduser()
    files = {kind: path / f"{kind}.pem" for kind in ("ca", "cert", "key")}
    missing = [file.name for file in files.values() if not file.is_file()]
    if missing:
        message = f"builder_tls is {folder[0][:200]!r} ({folder[1]}); it lacks {', '.join(missing)}"
        raise ConfigError(message, hint="a folder with ca.pem, cert.pem and key.pem")
    return Tls(ca=files["ca"], cert=files["cert"], key=files["key"])
