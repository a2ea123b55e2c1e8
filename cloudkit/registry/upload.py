"""One blob on its way to a registry."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import BinaryIO

import httpx

from cloudkit.errors import RegistryError
from cloudkit.registry.deadline import Deadline
from cloudkit.registry.exchange import Call, Exchange
from cloudkit.registry.manifest import Descriptor

__all__ = ["Upload"]

CHUNK = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """Sends a blob in chunks; begins anew when the registry drops the connection.

    Args:
        exchange: Speaks with the registry.
        url: Where uploads of the repository begin.
        scope: What a token has to allow.
        what: What is done, for errors.
        deadline: When it ends, tries and all.
    """

    exchange: Exchange
    url: str
    scope: str
    what: str
    deadline: Deadline

    def send(self, descriptor: Descriptor, source: BinaryIO) -> None:
        """Send what ``source`` holds from where it stands; nothing is kept unless it is what its digest names."""
        start = source.tell()

        def session() -> None:
            source.seek(start)
            self._session(descriptor, source)

        self.exchange.repeated(self._call("PUT", self.url), session)  # a PUT, as a blob sent twice is there once

    def _session(self, descriptor: Descriptor, source: BinaryIO) -> None:
        """Open an upload, send its chunks, and close it with the digest."""
        location = self._step("POST", self.url, b"", {})
        hasher, done = hashlib.new(descriptor.digest.algorithm), 0
        chunk = source.read(CHUNK)
        while chunk and done + len(chunk) < descriptor.size:
            hasher.update(chunk)
            location = self._step("PATCH", location, chunk, {"content-range": f"{done}-{done + len(chunk) - 1}"})
            done += len(chunk)
            chunk = source.read(min(CHUNK, descriptor.size - done))
        hasher.update(chunk)
        if done + len(chunk) != descriptor.size or hasher.hexdigest() != descriptor.digest.encoded:
            raise RegistryError(f"cannot {self.what}: what is to be sent is not what its digest names")
        closing_url = httpx.URL(location).copy_merge_params({"digest": str(descriptor.digest)})
        self._step("PUT", str(closing_url), chunk, {})

    def _step(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> str:
        """Make one call; return where the next one goes."""
        kind = {} if method == "POST" else {"content-type": "application/octet-stream"}
        call = self._call(method, url, {"content-length": str(len(body)), **kind, **headers}, body)
        with closing(self.exchange.open(call)) as response:
            location = response.headers.get("location", "")
            if method != "PUT" and not location:
                raise RegistryError(f"cannot {self.what}: the registry does not say where to go on")
            return str(response.url.join(location))

    def _call(self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Call:
        return Call(
            method=method,
            url=url,
            scope=self.scope,
            what=self.what,
            deadline=self.deadline,
            headers=headers or {},
            content=body,
        )
