"""Calls of the engine that answer line by line while they work: pull, push, load."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any

from cloudkit.engine.connect import Engine
from cloudkit.engine.errors import explain, translate
from cloudkit.errors import BackendError
from cloudkit.model.progress import Listener, Phase, Progress
from cloudkit.model.reference import Reference
from cloudkit.registry.credentials import Credential, credential_for

__all__ = ["Message", "authorization", "get", "post", "tell"]

IDLE = 600.0
"""Seconds without a word after which the engine counts as hung: unpacking a large layer is silent for long."""
LINE_LIMIT = 4 * 1024 * 1024

Message = Mapping[str, Any]
LAST = frozenset({"Pull complete", "Already exists", "Pushed", "Layer already exists", "Exists", "Mounted from"})


def post(
    engine: Engine,
    path: str,
    what: str,
    *,
    params: Mapping[str, object],
    headers: Mapping[str, str] | None = None,
    data: Iterable[bytes] | None = None,
) -> Iterator[Message]:
    """Make a call and yield what the engine says, until it is done; leaving early ends the engine's work.

    Raises:
        CloudkitError: The engine's error, be it the answer or a line in the middle, as `explain` reads it.
    """
    with translate(what), closing(_open(engine, "POST", path, params=params, headers=headers, data=data)) as response:
        for message in _messages(response.iter_content(None), what):
            failure = message.get("errorDetail") or {}
            text = failure.get("message") or message.get("error")
            if text:
                raise explain(what, str(text), status=failure.get("code"))
            yield message


def get(engine: Engine, path: str, what: str, *, params: Mapping[str, object]) -> Iterator[bytes]:
    """Make a call and yield its body as it comes."""
    with translate(what), closing(_open(engine, "GET", path, params=params)) as response:
        yield from response.iter_content(None)


def _open(engine: Engine, method: str, path: str, **options: Any) -> Any:
    """Send a request on the SDK's session, without its timeout of a whole answer."""
    from docker.errors import create_api_error_from_http_exception
    from requests.exceptions import HTTPError

    url = f"{engine.api.base_url}/v{engine.api_version}{path}"
    response = engine.api.request(method, url, stream=True, timeout=IDLE, **options)
    try:
        response.raise_for_status()
    except HTTPError as error:
        create_api_error_from_http_exception(error)
    return response


def _messages(pieces: Iterable[bytes], what: str) -> Iterator[Message]:
    """Read one JSON object a line, however the lines come apart."""
    held = b""
    for piece in pieces:
        *lines, held = (held + piece).split(b"\n")
        yield from (_message(line, what) for line in lines if line.strip())
        if len(held) > LINE_LIMIT:
            raise BackendError(f"cannot {what}: the engine sends a line without end")
    if held.strip():
        yield _message(held, what)


def _message(line: bytes, what: str) -> Message:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BackendError(f"cannot {what}: the engine's answer ends in the middle")
    return found


def tell(listener: Listener, phase: Phase, message: Message) -> None:
    """Pass one word of the engine on as a typed event."""
    status, item = str(message.get("status") or message.get("stream") or "").strip(), str(message.get("id") or "")
    detail = message.get("progressDetail") or {}
    if not status and not detail:
        return
    current, total = detail.get("current"), detail.get("total")
    listener(
        Progress(
            phase=phase,
            item=item,
            message=status,
            current=current if isinstance(current, int) else None,
            total=total if isinstance(total, int) and total > 0 else None,
            unit="bytes" if isinstance(current, int) else "",
            done=any(status.startswith(last) for last in LAST),
        )
    )


def authorization(reference: Reference) -> dict[str, str]:
    """Return the header that tells the engine who one is to a reference's registry."""
    from docker.auth import encode_header

    known = credential_for(reference.domain)
    return {"X-Registry-Auth": encode_header(_engine_words(known, reference.domain)).decode()}


def _engine_words(known: Credential | None, domain: str) -> dict[str, str]:
    if known is None:
        return {}
    if known.identity_token:
        return {"identitytoken": known.identity_token.reveal(), "serveraddress": domain}
    password = known.password.reveal() if known.password else ""
    return {"username": known.username, "password": password, "serveraddress": domain}
