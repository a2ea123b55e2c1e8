"""Which BuildKit builds images where no engine does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from cloudkit.config.endpoint import Tls
from cloudkit.config.layers import Found, Layers, first
from cloudkit.errors import ConfigError, UsageError
from cloudkit.model.reference import Reference

__all__ = ["IN_CLUSTER", "Builder", "find_builder"]

IN_CLUSTER = "kubernetes"
"""The address of the BuildKit that cloudkit itself runs in the cluster."""

_ADDRESS = re.compile(
    r"kubernetes\Z|tcp://(?:[\w.-]+|\[[0-9a-fA-F:.]+\]):\d{1,5}\Z|unix:///\S+\Z|docker-container://[\w.-]+\Z"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """A BuildKit that listens somewhere, or that cloudkit runs in the cluster.

    Args:
        address: ``kubernetes``, ``tcp://host:port``, ``unix:///path`` or ``docker-container://name``.
        tls: The certificates; None speaks plainly.
        image: What runs in the cluster; cloudkit's own choice where empty.
    """

    address: str
    tls: Tls | None = None
    image: str = ""

    @property
    def in_cluster(self) -> bool:
        """True for the one that cloudkit runs."""
        return self.address == IN_CLUSTER

    def __str__(self) -> str:
        return "a BuildKit in the cluster" if self.in_cluster else self.address


def find_builder(layers: Layers) -> tuple[Builder, str] | None:
    """Return the BuildKit that is named, and what named it; None where none is.

    Raises:
        ConfigError: The address is none, or the folder of certificates lacks one.

    >>> find_builder([{"builder": ("tcp://builder:1234", "argument")}])
    (Builder(address='tcp://builder:1234', tls=None, image=''), 'argument')
    """
    found = first(layers, "builder")
    if found is None or not found[0]:
        return None
    address, origin = found
    if not _ADDRESS.match(address):
        message = (
            f"builder is {address[:80]!r} ({origin}); it is kubernetes, tcp://host:port, unix:///path or "
            "docker-container://name"
        )
        raise ConfigError(message, hint="builder = 'kubernetes', or builder = 'tcp://builder.example:1234'")
    folder = first(layers, "builder_tls")
    tls = _certificates(folder) if folder and address.startswith("tcp:") else None
    return Builder(address=address, tls=tls, image=_image(layers)), origin


def _image(layers: Layers) -> str:
    """Return the image that is named for the cluster's BuildKit; empty where none is."""
    image, origin = first(layers, "builder_image") or ("", "")
    try:
        return str(Reference.parse(image)) if image else ""
    except UsageError as error:
        message = f"builder_image is {image[:200]!r} ({origin}); it is no image reference"
        raise ConfigError(message, hint="builder_image = 'registry.example/buildkit:rootless'") from error


def _certificates(folder: Found) -> Tls:
    """Return the certificates of a folder, by the names that docker gives them."""
    path = Path(folder[0]).expanduser()
    files = {kind: path / f"{kind}.pem" for kind in ("ca", "cert", "key")}
    missing = [file.name for file in files.values() if not file.is_file()]
    if missing:
        message = f"builder_tls is {folder[0][:200]!r} ({folder[1]}); it lacks {', '.join(missing)}"
        raise ConfigError(message, hint="a folder with ca.pem, cert.pem and key.pem")
    return Tls(ca=files["ca"], cert=files["cert"], key=files["key"])
