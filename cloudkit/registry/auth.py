"""How a registry is told who one is: Basic, or a token that its token service hands out."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import httpx

from cloudkit.errors import AccessError, RegistryError
from cloudkit.model.secret import Secret
from cloudkit.registry import document
from cloudkit.registry.credentials import Credential, login_command
from cloudkit.registry.failure import Answer, read_body, refusal
from cloudkit.registry.trust import next_url, sees_credentials

__all__ = ["Authority", "Challenge", "challenges"]

CLIENT_ID = "cloudkit"
TOKEN_LIMIT = 256 * 1024
_PART = re.compile(r"""([A-Za-z0-9!#$%&'*+.^_`|~-]++)(?:[ \t]*+=[ \t]*+(?:"((?:[^"\\]|\\.)*+)"|([^\s,"]++)))?""")

Ask = Callable[[httpx.Request], httpx.Response]


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way that a registry offers to say who one is."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def challenges(header: str) -> list[Challenge]:
    """Read a WWW-Authenticate header, which may hold several challenges.

    >>> challenges('Bearer realm="https://auth.example/token",service="registry"')[0].parameters["service"]
    'registry'
    """
    found: list[tuple[str, dict[str, str]]] = []
    for match in _PART.finditer(header):
        name, quoted, plain = match.groups()
        if quoted is None and plain is None:
            found.append((name.lower(), {}))
        elif found:
            found[-1][1][name.lower()] = plain or re.sub(r"\\(.)", r"\1", quoted or "")
    return [Challenge(scheme, parameters) for scheme, parameters in found]


class Authority:
    """Knows the Authorization header of each scope at one registry; it is sent to that registry alone.

    Args:
        home: Where the registry answers.
        domain: How references name it.
        credential: Says who one is; asked once, and only when the registry wants to know.
        ask: Sends a request to a token service.

    Source: the token authentication of the distribution project.
    """

    def __init__(self, home: httpx.URL, domain: str, credential: Callable[[], Credential | None], ask: Ask) -> None:
        self._home = home
        self._domain = domain
        self._credential = credential
        self._ask = ask
        self._asked: list[Credential | None] = []
        self._headers: dict[str, Secret] = {}

    def header(self, scope: str) -> str | None:
        """Return the header for a scope, None while nothing is known."""
        known = self._headers.get(scope)
        return known.reveal() if known else None

    def renew(self, offered: str, scope: str, answer: Answer) -> bool:
        """Answer a 401.

        Args:
            offered: Its WWW-Authenticate header.
            scope: What is wanted, such as ``repository:web:pull``; the registry's own word goes before it.
            answer: What is being done, for errors.

        Returns:
            True when there is a new header, so that the request is worth sending again.
        """
        for challenge in challenges(offered):
            made = self._answered(challenge, scope, answer)
            if made is not None:
                self._headers[scope] = Secret(made)
                return True
        return False

    def _answered(self, challenge: Challenge, scope: str, answer: Answer) -> str | None:
        if challenge.scheme == "bearer" and "realm" in challenge.parameters:
            return f"Bearer {self._token(challenge.parameters, scope, answer).reveal()}"
        who = self._who()
        return _basic(who) if challenge.scheme == "basic" and who and who.password else None

    def _who(self) -> Credential | None:
        if not self._asked:
            self._asked.append(self._credential())
        return self._asked[0]

    def _token(self, parameters: Mapping[str, str], scope: str, answer: Answer) -> Secret:
        """Fetch a token; nobody's, where the realm may not see the password."""
        realm = next_url(self._home, parameters["realm"], answer.what)
        who = self._who()
        trusted = sees_credentials(self._home, realm)
        query = {"service": parameters.get("service", ""), "scope": parameters.get("scope") or scope}
        request = _request(realm, query, who if trusted else None)
        response = self._ask(request)
        try:
            if response.status_code != 200:
                raise self._refused(answer, realm, response, hidden=who is not None and not trusted)
            return _token_of(response, realm)
        finally:
            response.close()

    def _refused(self, answer: Answer, realm: httpx.URL, response: httpx.Response, *, hidden: bool) -> Exception:
        if response.status_code not in {400, 401, 403}:
            return refusal(answer, response)
        if hidden:
            why = f"its token service {realm.host} is another host, so it was not told your password"
            return AccessError(f"cannot {answer.what}: {self._domain} wants to know who you are", evidence=[why])
        who = "these credentials" if self._who() else "anybody who is not logged in"
        summary = f"cannot {answer.what}: {realm.host} gives no token to {who}"
        return AccessError(summary, evidence=[f"HTTP {response.status_code}"], hint=login_command(self._domain))


def _request(realm: httpx.URL, query: Mapping[str, str], who: Credential | None) -> httpx.Request:
    wanted = {key: value for key, value in query.items() if value}
    if who and who.identity_token:
        form = {**wanted, "grant_type": "refresh_token", "client_id": CLIENT_ID}
        return httpx.Request("POST", realm, data={**form, "refresh_token": who.identity_token.reveal()})
    headers = {"authorization": _basic(who)} if who and who.password else {}
    return httpx.Request("GET", realm.copy_merge_params(wanted), headers=headers)


def _basic(who: Credential) -> str:
    password = who.password.reveal() if who.password else ""
    return f"Basic {base64.b64encode(f'{who.username}:{password}'.encode()).decode()}"


def _token_of(response: httpx.Response, realm: httpx.URL) -> Secret:
    what = f"the token of {realm.host}"
    found = document.read_object(read_body(response, TOKEN_LIMIT, what), what)
    token = document.read_text(found, "token") or document.read_text(found, "access_token")
    if not token or not all(_visible(token)):
        raise RegistryError(f"{what} is missing, or no text that fits in a header")
    return Secret(token)


def _visible(token: str) -> Iterator[bool]:
    return ("!" <= sign <= "~" for sign in token)
