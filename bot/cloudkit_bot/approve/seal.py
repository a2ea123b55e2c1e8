"""Lines that wait in a store, unreadable without what the bots of a workspace share: a line may hold a secret."""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken

from cloudkit.errors import ConfigError

__all__ = ["Seal"]


class Seal:
    """Seals lines, by authenticated encryption.

    Args:
        secret: What the bots share; where empty, only this object reads what it has sealed.

    >>> Seal("one").opened(Seal("one").sealed(["scale", "web", "3"]))
    ['scale', 'web', '3']
    """

    def __init__(self, secret: str) -> None:
        key = sha256(b"cloudkit-bot lines\0" + secret.encode()).digest() if secret else secrets.token_bytes(32)
        self._box = Fernet(urlsafe_b64encode(key))

    def sealed(self, words: Sequence[str]) -> str:
        """Return words as a text that tells nothing."""
        return self._box.encrypt(json.dumps(list(words)).encode()).decode()

    def opened(self, text: str) -> list[str]:
        """Return the words.

        Raises:
            ConfigError: They were sealed by a bot of another secret, or were changed.
        """
        try:
            found: list[str] = json.loads(self._box.decrypt(text.encode()))
        except InvalidToken as error:
            message = "the line cannot be read any more: the bot's secret is another one since"
            raise ConfigError(message, hint="send the line again") from error
        return found
