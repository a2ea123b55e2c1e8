"""A client of one image registry."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

import httpx

from cloudkit.errors import RegistryError, UsageError
from cloudkit.model.reference import Digest, Reference
from cloudkit.registry import document
from cloudkit.registry.blobs import Blobs
from cloudkit.registry.credentials import Credential, credential_for
from cloudkit.registry.deadline import Deadline
from cloudkit.registry.exchange import Call, Exchange
from cloudkit.registry.failure import read_body
from cloudkit.registry.manifest import ACCEPTED, Descriptor, Index, Manifest, parse
from cloudkit.registry.trust import home_url, same_origin

__all__ = ["RegistryClient"]

TIMEOUT = 60.0
PAGE = 1000
PAGES_LIMIT = 10_000
_NEXT = re.compile(r"<([^<>]{1,4096})>\s*;[^,]*\brel=\"?next\b", re.IGNORECASE)


class RegistryClient:
    """Speaks the OCI distribution protocol with one registry.

    Args:
        domain: The registry, as references name it: ``docker.io``, ``localhost:5000``.
        credential: Says who one is to a registry, asked only when it wants to know; docker's configuration by default.
        insecure: True speaks plain HTTP, False never does; None does so on loopback only.
        timeout: Seconds that a call may take, tries and all; a blob has those that its size needs besides.

    Every method raises ``AccessError`` when the registry refuses, ``NotFoundError`` when it has no such thing, and
    ``RegistryError`` when it fails, does not answer in time, or sends what it should not.

    Source: OCI distribution specification 1.1.
    """

    def __init__(
        self,
        domain: str,
        *,
        credential: Callable[[str], Credential | None] = credential_for,
        insecure: bool | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        Reference(domain=domain, path="library/any", tag="any")  # refuses what is no domain
        self.domain = domain
        self._timeout = timeout
        self._exchange = Exchange(home_url(domain, insecure=insecure), domain, lambda: credential(domain))

    def ping(self) -> None:
        """Ask whether the registry is there and lets one in."""
        self._exchange.call(self._call("GET", "/v2/", "", f"reach {self.domain}"), lambda _response: None)

    def resolve(self, reference: Reference) -> Descriptor:
        """Return what a reference means now: its digest, media type and size."""
        what = f"resolve {reference}"
        call = self._manifest_call("HEAD", reference, what)
        found = self._exchange.call(call, lambda response: _described(response, what))
        if found is None:  # not every registry tells on HEAD
            return self.manifest(reference).descriptor
        if reference.digest not in {None, found.digest}:
            raise RegistryError(f"cannot {what}: the registry answers with another digest, {found.digest}")
        return found

    def manifest(self, reference: Reference) -> Manifest | Index:
        """Return the manifest or index of a reference, checked against its digest."""
        what = f"read the manifest of {reference}"

        def consume(response: httpx.Response) -> Manifest | Index:
            raw = read_body(response, document.SIZE_LIMIT, f"the manifest of {reference}")
            wanted = reference.digest or _digest_header(response)
            if wanted and Digest(wanted.algorithm, _hash(wanted, raw)) != wanted:
                text = f"cannot {what}: what came has another digest than {wanted.algorithm}:{wanted.short}"
                raise RegistryError(text, oci_code="DIGEST_INVALID")
            return parse(raw, f"the manifest of {reference}", media_type=_media_type(response))

        return self._exchange.call(self._manifest_call("GET", reference, what), consume)

    def put(self, reference: Reference, manifest: Manifest | Index) -> Digest:
        """Give a manifest or index, whose parts are there already, a tag or its digest as name."""
        what = f"write the manifest of {reference}"
        own = manifest.descriptor.digest
        if reference.tag is None and reference.digest != own:
            raise UsageError(f"cannot {what}: its digest is {own}")
        name = reference.tag or str(own)
        call = self._call(
            "PUT",
            f"/v2/{self._path(reference)}/manifests/{name}",
            f"repository:{reference.path}:pull,push",
            what,
            headers={"content-type": manifest.media_type},
            content=manifest.raw,
        )
        kept = self._exchange.call(call, _digest_header)
        if kept not in {None, own}:
            raise RegistryError(f"cannot {what}: the registry kept another digest, {kept}", oci_code="DIGEST_INVALID")
        return own

    def blobs(self, repository: str) -> Blobs:
        """Return the blobs of a repository, named by its path such as ``library/node``."""
        Reference(domain=self.domain, path=repository, tag="any")  # refuses what is no path
        return Blobs(self._exchange, repository, self._timeout)

    def tags(self, repository: str) -> Iterator[str]:
        """Yield the tags of a repository, page by page."""
        Reference(domain=self.domain, path=repository, tag="any")
        what = f"list the tags of {self.domain}/{repository}"
        url, seen = f"/v2/{repository}/tags/list?n={PAGE}", set[str]()
        while url and url not in seen:
            seen.add(url)
            if len(seen) > PAGES_LIMIT:
                raise RegistryError(f"cannot {what}: there are more than {PAGES_LIMIT} pages")
            call = self._call("GET", url, f"repository:{repository}:pull", what)
            names, url = self._exchange.call(call, lambda response: _page(response, what))
            yield from names

    def delete(self, reference: Reference) -> None:
        """Delete a manifest: by its digest, with all its tags, or by a tag that is resolved first."""
        digest = reference.digest or self.resolve(reference).digest
        url = f"/v2/{self._path(reference)}/manifests/{digest}"
        scope = f"repository:{reference.path}:pull,delete"
        call = self._call("DELETE", url, scope, f"delete {reference}")
        self._exchange.call(call, lambda _response: None)

    def close(self) -> None:
        """Let go of the connections; calling it twice is no error."""
        self._exchange.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"RegistryClient({self.domain!r})"

    def _path(self, reference: Reference) -> str:
        if reference.domain != self.domain:
            raise UsageError(f"{reference} is not at {self.domain}", hint=f"RegistryClient({reference.domain!r})")
        return reference.path

    def _manifest_call(self, method: str, reference: Reference, what: str) -> Call:
        name = reference.digest or reference.tag
        url = f"/v2/{self._path(reference)}/manifests/{name}"
        accept = {"accept": ", ".join(ACCEPTED)}
        return self._call(method, url, f"repository:{reference.path}:pull", what, headers=accept)

    def _call(
        self,
        method: str,
        url: str,
        scope: str,
        what: str,
        *,
        headers: dict[str, str] | None = None,
        content: bytes = b"",
    ) -> Call:
        return Call(
            method=method,
            url=url,
            scope=scope,
            what=what,
            deadline=Deadline(self._timeout),
            headers=headers or {},
            content=content,
        )


def _media_type(response: httpx.Response) -> str:
    return str(response.headers.get("content-type", "")).partition(";")[0].strip()


def _digest_header(response: httpx.Response) -> Digest | None:
    """Return the digest that the registry names; one that is none is as good as nothing said."""
    try:
        return Digest.parse(response.headers.get("docker-content-digest", ""))
    except UsageError:
        return None


def _hash(digest: Digest, raw: bytes) -> str:
    return hashlib.new(digest.algorithm, raw).hexdigest()


def _described(response: httpx.Response, what: str) -> Descriptor | None:
    digest, size = _digest_header(response), response.headers.get("content-length", "")
    if digest is None or not size.isascii() or not size.isdigit() or _media_type(response) not in ACCEPTED:
        return None
    if int(size[:20]) > document.SIZE_LIMIT:
        raise RegistryError(f"cannot {what}: its manifest has {size[:20]} bytes, more than the specification allows")
    return Descriptor(media_type=_media_type(response), digest=digest, size=int(size))


def _page(response: httpx.Response, what: str) -> tuple[list[str], str]:
    """Return the tags of one page, and the url of the next; empty when it is the last."""
    found = document.read_object(read_body(response, document.SIZE_LIMIT, "the list of tags"), "the list of tags")
    tags = found.get("tags") or []
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise RegistryError(f"cannot {what}: the answer holds no list of tags")
    link = _NEXT.search(response.headers.get("link", ""))
    if link is None:
        return tags, ""
    url = response.url.join(link[1])
    if not same_origin(url, response.url):
        raise RegistryError(f"cannot {what}: the next page is said to be at {url.host}")
    return tags, str(url)
