"""Who asks for an operation, and from where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cloudkit.model.checks import check_kind
from cloudkit.model.frozen import FrozenMapping, chosen
from cloudkit.model.refusal import refusal

__all__ = ["Caller", "Origin"]

LONGEST, MOST = 200, 20


class Origin(StrEnum):
    """What somebody asks through."""

    PROMPT = "prompt"
    SCRIPT = "script"
    SHELL = "shell"
    CHAT = "chat"
    CONTROLLER = "controller"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, and through what, for the journal.

    Args:
        identity: Such as a chat user's id; the operating system's user where empty.
        origin: Through what; where None, a prompt or a script, whichever this process is.
        source: What names the very request, such as the identifiers of a chat's channel and message.

    >>> Caller(identity="U024BE7LH", origin=Origin.CHAT)
    Caller(identity='U024BE7LH', origin=<Origin.CHAT: 'chat'>)
    """

    identity: str = ""
    origin: Origin | None = None
    source: Mapping[str, str] = field(default_factory=dict)

    __repr__ = chosen

    def __post_init__(self) -> None:
        check_kind("identity", self.identity, str)
        if len(self.identity) > LONGEST or not self.identity.isprintable():
            raise refusal("identity", self.identity, f"a printable text of at most {LONGEST} characters")
        if self.origin is not None:
            object.__setattr__(self, "origin", _origin(self.origin))
        object.__setattr__(self, "source", FrozenMapping(_source(self.source)))


def _origin(value: object) -> Origin:
    """Return an origin that was given as one, or by its word."""
    try:
        return Origin(str(value))
    except ValueError:
        raise refusal("origin", value, ", ".join(Origin)) from None


def _source(value: object) -> Mapping[str, str]:
    """Return what names a request; short printable texts only."""
    if isinstance(value, Mapping) and len(value) <= MOST:
        texts = [one for pair in value.items() for one in pair]
        if all(isinstance(one, str) and len(one) <= LONGEST and one.isprintable() for one in texts):
            return value
    raise refusal("source", value, f"at most {MOST} names with printable texts of at most {LONGEST} characters")
