"""Specs as the journal keeps them: without values of secrets and without contents of files.

What was secret is known again by a digest that is salted for each journal and name, and costly to make, so that a short
secret is not found by trying.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import scrypt, sha256

from cloudkit.errors import JournalError
from cloudkit.model.app import AppSpec
from cloudkit.model.encode import canonical, decode, encode
from cloudkit.model.files import LostText, digest_of
from cloudkit.model.secret import LostSecret, Secret

__all__ = ["Sealer"]

COST = 1 << 10  # of scrypt: some milliseconds, and 1 MiB
PLACE = "the journal, which keeps no secrets"


@dataclass(frozen=True, slots=True)
class Sealer:
    """Makes and reads the specs of one journal.

    Args:
        salt: The journal's own.
    """

    salt: bytes

    def sealed(self, spec: AppSpec) -> tuple[str, str]:
        """Return a spec's digest and its content; those of two specs are equal where they and their secrets are."""
        seals = {name: self._seal(name, value) for name, value in _secrets(spec).items()}
        content = canonical({"spec": encode(spec), "seals": seals})
        return sha256(content.encode()).hexdigest(), content

    def opened(self, content: str) -> AppSpec:
        """Return the spec without values of secrets; two lost ones are equal where the values were.

        Raises:
            ConfigError: A newer version wrote it.
        """
        stored = json.loads(content)
        seals: Mapping[str, str] = stored["seals"]
        spec = decode(stored["spec"], {}, lost=PLACE, lost_config=PLACE)

        def lost(name: str, value: str | Secret) -> str | Secret:
            return LostSecret(f"{PLACE} ({seals[name][:12]})") if isinstance(value, Secret) else value

        env = {name: lost(name, value) for name, value in spec.env.items()}
        return spec.replace(env=env, secrets={path: lost(path, value) for path, value in spec.secrets.items()})

    def restored(self, content: str, candidates: Iterable[AppSpec]) -> AppSpec:
        """Return the spec with its secrets and files, which specs that are still there have.

        Args:
            content: The spec.
            candidates: Specs of the same app that the backend keeps.

        Raises:
            JournalError: Something that is needed is nowhere any more.
        """
        stored = json.loads(content)
        seals: Mapping[str, str] = stored["seals"]
        files = {path: str(marker["file"]) for path, marker in stored["spec"].get("config", {}).items()}
        kept: dict[str, str] = {}
        for spec in candidates:
            kept |= self._matching(spec, {name: seal for name, seal in seals.items() if name not in kept})
            texts = {path: text for path, text in spec.config.items() if not isinstance(text, LostText)}
            kept |= {path: text for path, text in texts.items() if digest_of(text) == files.get(path)}
        missing = [name for name in (*seals, *files) if name not in kept]
        if missing:
            name = stored["spec"]["name"]
            message = f"app {name!r} cannot be brought back: what {', '.join(missing)} had is kept nowhere any more"
            hint = f"cloudkit deploy {name} ... with that given anew"
            raise JournalError(message, hint=hint, evidence=("the journal keeps no secrets and no contents of files",))
        return decode(stored["spec"], kept)

    def _matching(self, spec: AppSpec, seals: Mapping[str, str]) -> dict[str, str]:
        """Return those of a spec's secrets that a stored one had, too."""
        mine = {name: value for name, value in _secrets(spec).items() if not isinstance(value, LostSecret)}
        same = (name for name, seal in seals.items() if name in mine and self._seal(name, mine[name]) == seal)
        return {name: mine[name].reveal() for name in same}

    def _seal(self, name: str, value: Secret) -> str:
        if isinstance(value, LostSecret):
            return sha256(value.place.encode()).hexdigest()[:32]  # a value that equals no other
        return _costly(self.salt + name.encode(), value.reveal())


def _secrets(spec: AppSpec) -> dict[str, Secret]:
    variables = {name: value for name, value in spec.env.items() if isinstance(value, Secret)}
    return variables | dict(spec.secrets)


@lru_cache(maxsize=256)
def _costly(salt: bytes, value: str) -> str:
    return scrypt(value.encode("utf-8", "surrogatepass"), salt=salt, n=COST, r=8, p=1, dklen=16).hex()
