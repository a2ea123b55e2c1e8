"""Write docker's own configuration, as the docker command does."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

__all__ = ["docker_context"]


def docker_context(folder: Path, name: str, host: str, *, current: bool = False, tls: bool = False) -> None:
    """Add a context to docker's folder."""
    identity = hashlib.sha256(name.encode()).hexdigest()
    meta = folder / "contexts" / "meta" / identity / "meta.json"
    meta.parent.mkdir(parents=True)
    endpoint = {"Host": host, "SkipTLSVerify": False}
    meta.write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}}))
    if tls:
        certificates = folder / "contexts" / "tls" / identity / "docker"
        certificates.mkdir(parents=True)
        for kind in ("ca", "cert", "key"):
            (certificates / f"{kind}.pem").write_text("")
    if current:
        (folder / "config.json").write_text(json.dumps({"currentContext": name}))
