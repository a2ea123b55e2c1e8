"""One call to a registry: signed, sent, led on, repeated where that is safe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import httpx
import tenacity

from cloudkit.errors import RegistryError
from cloudkit.registry.auth import Authority
from cloudkit.registry.credentials import Credential
from cloudkit.registry.deadline import Deadline
from cloudkit.registry.failure import Answer, Transient, refusal, unreachable
from cloudkit.registry.network import GuardedTransport
from cloudkit.registry.trust import next_url, same_origin

__all__ = ["Call", "Exchange"]

T = TypeVar("T")
AGENT = "cloudkit"
ATTEMPTS = 5
REDIRECTS = 5
STEP_TIMEOUT = 30.0
REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})
REDIRECTED = frozenset({301, 302, 303, 307, 308})
_BACK_OFF = tenacity.wait_random_exponential(multiplier=0.25, max=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is asked of a registry.

    Args:
        method: The HTTP method.
        url: Where, relative to the registry.
        scope: What a token has to allow, such as ``repository:web:pull``.
        what: What is done, for errors: ``read the manifest of web:1``.
        deadline: When it ends, tries and all.
        headers: Headers beside the usual ones.
        content: The body.
    """

    method: str
    url: str
    scope: str
    what: str
    deadline: Deadline
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


class Exchange:
    """Speaks HTTP with one registry.

    Args:
        home: Where the registry answers.
        domain: How references name it.
        credential: Says who one is, when the registry wants to know.
    """

    def __init__(self, home: httpx.URL, domain: str, credential: Callable[[], Credential | None]) -> None:
        self.home = home
        self.domain = domain
        self._transport = GuardedTransport(home.host)
        self._authority = Authority(home, domain, credential, self._ask)

    def close(self) -> None:
        """Let go of the connections."""
        self._transport.close()

    def call(self, call: Call, consume: Callable[[httpx.Response], T]) -> T:
        """Make a call and let ``consume`` read its answer; both are repeated where that is safe.

        Raises:
            AccessError: The registry wants credentials, or refuses these.
            NotFoundError: It has no such thing.
            RegistryError: It fails, limits the rate, does not answer in time or sends something wrong.
        """

        def once() -> T:
            response = self.open(call)
            try:
                return consume(response)
            except httpx.HTTPError as error:
                raise unreachable(self._answer(call), error) from error
            finally:
                response.close()

        return self.repeated(call, once)

    def repeated(self, call: Call, once: Callable[[], T]) -> T:
        """Do something again while it fails with `Transient`, with a growing pause, until the call's deadline."""

        def worth_it(error: BaseException) -> bool:
            return isinstance(error, Transient) and (error.undone or call.method in REPEATABLE)

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(worth_it),
            wait=_pause,
            stop=_end(call.deadline),
            reraise=True,
        )
        try:
            return retrying(once)
        except Transient as failure:
            raise failure.error from failure.__cause__

    def open(self, call: Call) -> httpx.Response:
        """Make a call once and return its answer with the body not read yet; the caller closes it."""
        response = self._led(call)
        if response.status_code == 401:
            offered = ", ".join(response.headers.get_list("www-authenticate"))
            if self._authority.renew(offered, call.scope, self._answer(call)):
                response.close()
                response = self._led(call)
        if response.is_success:
            return response
        try:
            raise refusal(self._answer(call), response)
        finally:
            response.close()

    def _led(self, call: Call) -> httpx.Response:
        """Send a call, and go where the answer leads; Authorization goes to the registry itself alone."""
        url = next_url(self.home, call.url, call.what)
        for _ in range(REDIRECTS):
            response = self._send(call, url)
            if response.status_code not in REDIRECTED or call.method not in {"GET", "HEAD"}:
                return response
            url = next_url(url, response.headers.get("location", ""), call.what)
            response.close()
        raise RegistryError(f"cannot {call.what}: {self.domain} leads on more than {REDIRECTS} times")

    def _send(self, call: Call, url: httpx.URL) -> httpx.Response:
        headers = dict(call.headers)
        if same_origin(url, self.home) and (known := self._authority.header(call.scope)):
            headers["authorization"] = known
        request = httpx.Request(call.method, url.copy_with(userinfo=b""), headers=headers, content=call.content or None)
        return self._sent(request, call.deadline, self._answer(call))

    def _ask(self, request: httpx.Request) -> httpx.Response:
        """Send a request to a token service; it leads nowhere else."""
        what = f"fetch a token from {request.url.host}"
        return self._sent(request, Deadline(STEP_TIMEOUT), Answer(what=what, domain=self.domain))

    def _sent(self, request: httpx.Request, deadline: Deadline, answer: Answer) -> httpx.Response:
        """Send a request as it is: no cookie is kept, no redirect followed, no credential added."""
        request.headers["accept-encoding"] = "identity"
        request.headers["user-agent"] = AGENT
        request.extensions = {"timeout": deadline.timeouts(STEP_TIMEOUT)}
        try:
            response = self._transport.handle_request(request)
        except httpx.HTTPError as error:
            raise unreachable(answer, error) from error
        response.request = request
        return response

    def _answer(self, call: Call) -> Answer:
        return Answer(what=call.what, domain=self.domain)


def _pause(state: tenacity.RetryCallState) -> float:
    """Wait as long as the registry asks, else a random time that doubles."""
    failure = state.outcome.exception() if state.outcome else None
    after = failure.after if isinstance(failure, Transient) else None
    return _BACK_OFF(state) if after is None else after


def _end(deadline: Deadline) -> Callable[[tenacity.RetryCallState], bool]:
    """Stop after some tries, and rather than sleep beyond the deadline."""
    return lambda state: state.attempt_number >= ATTEMPTS or deadline.left <= state.upcoming_sleep
