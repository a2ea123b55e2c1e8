"""What a policy is asked, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from cloudkit.command import Call

__all__ = ["Approval", "Asker", "MembersLook", "Policy", "Verdict", "Wanted", "named"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks. Names are no part of it, as anybody can take one.

    Args:
        id: The user's identifier.
        team: Their workspace.
        guest: True for a guest of this workspace.
        stranger: True for somebody of another workspace.
        groups: The identifiers of the user groups that they are in.
    """

    id: str
    team: str
    guest: bool = False
    stranger: bool = False
    groups: frozenset[str] = frozenset()

    @property
    def member(self) -> bool:
        """True for a full member of this workspace."""
        return not (self.guest or self.stranger)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for.

    Args:
        verb: The verb's name.
        role: What its mark says one must be allowed to do.
        changes: True when it changes something.
        app: What it is called on; empty for what is about all.
        arguments: What was given, as far as it is a number, a text or a switch.
        backend: What runs the apps.
        namespace: Where on it.
        channel: Where it was asked.
        direct: True in direct messages.
        approving: True where it is asked whether somebody may approve it for another.
    """

    verb: str
    role: str
    changes: bool
    app: str = ""
    arguments: Mapping[str, int | str | bool] = field(default_factory=dict, hash=False)
    backend: str = ""
    namespace: str = ""
    channel: str = ""
    direct: bool = False
    approving: bool = False

    @classmethod
    def of(cls, call: Call, *, backend: str, namespace: str, channel: str, direct: bool) -> Wanted:
        """Return what a call asks for. What it is about is its target, else the app that it names."""
        mark = call.verb.mark
        return cls(
            verb=call.verb.name,
            role=mark.role.value,
            changes=mark.changes,
            app=call.target or named(call),
            arguments=dict(simple(call.arguments)),
            backend=backend,
            namespace=namespace,
            channel=channel,
            direct=direct,
        )


def named(call: Call) -> str:
    """Return the app that a call of the root names by its first word."""
    from cloudkit.model.state import AppState

    for parameter in call.verb.parameters:
        if parameter.names is AppState and isinstance(call.arguments.get(parameter.name), str):
            return str(call.arguments[parameter.name])
    return ""


def simple(arguments: Mapping[str, Any]) -> list[tuple[str, int | str | bool]]:
    """Return what a policy can compare: numbers, switches, texts."""
    return [(name, value) for name, value in arguments.items() if isinstance(value, int | str | bool)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What has to come before something is done.

    Args:
        others: How many people must approve who did not ask for it; 0 lets the one who asks approve it, too.
        expires: Seconds for which it can be approved; None leaves that to the settings.
    """

    others: int = 0
    expires: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a policy says.

    Args:
        allowed: Whether it may be done.
        reason: Why not, in words for who asked; empty when it may.
        by: The rules that decided.
        approval: What has to come before; None for nothing.
    """

    allowed: bool
    reason: str = ""
    by: tuple[str, ...] = ()
    approval: Approval | None = None


class Policy(Protocol):
    """Says who may do what."""

    def decide(self, asker: Asker, wanted: Wanted) -> Verdict:
        """Say whether somebody may do something."""
        ...


class MembersLook:
    """The policy where there is no policy file: members of the workspace may look, and nobody may change anything.

    >>> MembersLook().decide(Asker(id="U1", team="T1"), Wanted(verb="scale", role="operator", changes=True)).allowed
    False
    """

    def decide(self, asker: Asker, wanted: Wanted) -> Verdict:
        """Say whether somebody may do something."""
        if not asker.member:
            return Verdict(allowed=False, reason="guests and other workspaces are refused unless a policy names them")
        if wanted.changes:
            return Verdict(allowed=False, reason="there is no policy file that allows changes")
        return Verdict(allowed=True, by=("members look",))
