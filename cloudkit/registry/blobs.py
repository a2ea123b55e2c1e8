"""Blobs of a registry: read whole or not at all, sent once."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import BinaryIO

import httpx

from cloudkit.errors import NotFoundError, RegistryError
from cloudkit.model.reference import Digest
from cloudkit.registry.deadline import Deadline
from cloudkit.registry.exchange import Call, Exchange
from cloudkit.registry.failure import Answer, unreachable
from cloudkit.registry.manifest import Descriptor
from cloudkit.registry.upload import Upload

__all__ = ["Blobs"]

SLOWEST = 64 * 1024  # bytes a second below which a transfer counts as stalled


class Blobs:
    """The blobs of one repository.

    Args:
        exchange: Speaks with the registry.
        repository: The repository's path within it.
        timeout: Seconds that a call may take, beside those that its bytes need.
    """

    def __init__(self, exchange: Exchange, repository: str, timeout: float) -> None:
        self._exchange = exchange
        self._name = f"{exchange.domain}/{repository}"
        self._path = f"/v2/{repository}/blobs/"
        self._pull = f"repository:{repository}:pull"
        self._push = f"repository:{repository}:pull,push"
        self._timeout = timeout

    def has(self, digest: Digest) -> bool:
        """True when the registry has a blob."""
        what = f"look for {digest.algorithm}:{digest.short} of {self._name}"
        call = self._call("HEAD", f"{self._path}{digest}", what, scope=self._pull)
        try:
            return self._exchange.call(call, lambda _response: True)
        except NotFoundError:
            return False

    def read(self, descriptor: Descriptor) -> Iterator[bytes]:
        """Yield a blob's bytes, going on where a cut connection stopped.

        The bytes are right only once the iterator has ended without an error: size and digest are known then.
        """
        what = f"read {descriptor} of {self._name}"
        deadline = self._deadline(descriptor.size)
        hasher, done = hashlib.new(descriptor.digest.algorithm), 0
        while done < descriptor.size:
            for piece in self._from(descriptor, done, what, deadline):
                done += len(piece)
                if done > descriptor.size:
                    raise RegistryError(f"cannot {what}: it has more than the {descriptor.size} bytes it should have")
                hasher.update(piece)
                yield piece
        if hasher.hexdigest() != descriptor.digest.encoded:
            found = f"{descriptor.digest.algorithm}:{hasher.hexdigest()[:12]}"
            raise RegistryError(f"cannot {what}: what came has another digest, {found}", oci_code="DIGEST_INVALID")

    def _from(self, descriptor: Descriptor, offset: int, what: str, deadline: Deadline) -> Iterator[bytes]:
        """Yield what one connection brings from an offset on; at least one piece, else the call is repeated."""
        headers = {"range": f"bytes={offset}-"} if offset else {}
        url = f"{self._path}{descriptor.digest}"
        call = Call(method="GET", url=url, scope=self._pull, what=what, deadline=deadline, headers=headers)

        def begun() -> tuple[httpx.Response, Iterator[bytes], bytes]:
            response = self._exchange.open(call)
            try:
                pieces = _after(response, offset, descriptor.size, what)
                first = next(pieces, b"")
                if not first:
                    raise httpx.RemoteProtocolError("the answer is empty")  # noqa: TRY301  as good as a cut one
                return response, pieces, first
            except httpx.HTTPError as error:
                response.close()
                raise unreachable(Answer(what=what, domain=self._exchange.domain), error) from error
            except BaseException:
                response.close()
                raise

        response, pieces, first = self._exchange.repeated(call, begun)
        with closing(response):
            yield first
            with suppress(httpx.HTTPError):  # the caller goes on from here
                yield from pieces

    def fetch(self, descriptor: Descriptor, path: Path, *, each: Callable[[int], None] | None = None) -> Path:
        """Write a blob to a file, whole and checked or not at all.

        Args:
            descriptor: Which blob.
            path: The file; another of that name is replaced.
            each: Is told of every piece's bytes.
        """
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                for piece in self.read(descriptor):
                    file.write(piece)
                    if each:
                        each(len(piece))
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        return path

    def send(self, descriptor: Descriptor, source: BinaryIO) -> None:
        """Send a blob, unless the registry has it.

        Args:
            descriptor: What it is.
            source: Its bytes; read again from where it stands when the registry drops the connection.
        """
        if self.has(descriptor.digest):
            return
        what = f"send {descriptor} to {self._name}"
        url = f"{self._path}uploads/"
        upload = Upload(self._exchange, url, self._push, what, self._deadline(descriptor.size))
        upload.send(descriptor, source)

    def _call(self, method: str, url: str, what: str, *, scope: str) -> Call:
        return Call(method=method, url=url, scope=scope, what=what, deadline=Deadline(self._timeout))

    def _deadline(self, size: int) -> Deadline:
        return Deadline(self._timeout + size / SLOWEST)


def _after(response: httpx.Response, offset: int, size: int, what: str) -> Iterator[bytes]:
    """Yield an answer's bytes from an offset of the blob on, whether it heeds the range or not."""
    span = response.headers.get("content-range", "")
    partial = response.status_code == 206
    if partial and not span.startswith(f"bytes {offset}-"):
        raise RegistryError(f"cannot {what}: the registry answers with another range than was asked for")
    total = span.rpartition("/")[2] if partial else response.headers.get("content-length", "")
    if total.isascii() and total.isdigit() and total != str(size):
        raise RegistryError(f"cannot {what}: it has {total[:20]} bytes, not {size}", oci_code="SIZE_INVALID")
    skip = 0 if partial else offset
    for piece in response.iter_raw():
        rest = piece[skip:]
        skip = max(0, skip - len(piece))
        if rest:
            yield rest
