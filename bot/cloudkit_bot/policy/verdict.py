"""What a policy is asked, and what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from cloudkit.command import Call

__all__ = ["Approval", "Asker", "MembersLook", "Policy", "Verdict", "Wanted", "named", "together"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks. Names are no part of it, as anybody can take one.

    Args:
        id: The user's identifier.
        team: Their workspace.
        guest: True for a guest of this workspace.
        stranger: True for somebody of another workspace.
        bot: True for a program that writes as a user.
        groups: The identifiers of the user groups that they are in.
    """

    id: str
    team: str
    guest: bool = False
    stranger: bool = False
    bot: bool = False
    groups: frozenset[str] = frozenset()

    @property
    def member(self) -> bool:
        """True for a person who is a full member of this workspace."""
        return not (self.guest or self.stranger or self.bot)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for.

    Args:
        verb: The verb's name.
        role: What its mark says one must be allowed to do.
        changes: True when it changes something.
        app: What it is called on; empty for what is about all.
        arguments: What was given.
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
    arguments: Mapping[str, Any] = field(default_factory=dict, hash=False, repr=False)  # a value may be secret
    backend: str = ""
    namespace: str = ""
    channel: str = ""
    direct: bool = False
    approving: bool = False

    @classmethod
    def of(cls, call: Call, *, backend: str, namespace: str, channel: str, direct: bool) -> Wanted:
        """Return what a call asks for. What it is about is its target, else the first app that it names."""
        mark = call.verb.mark
        return cls(
            verb=call.verb.name,
            role=mark.role.value,
            changes=mark.changes,
            app=call.target or named(call),
            arguments=dict(call.arguments),
            backend=backend,
            namespace=namespace,
            channel=channel,
            direct=direct,
        )

    @classmethod
    def each(cls, call: Call, **place: Any) -> tuple[Wanted, ...]:  # noqa: ANN401 # as ``of`` takes it
        """Return what a call asks for, once for each app that it is about: all of them must be allowed."""
        first = cls.of(call, **place)
        return (first, *(replace(first, app=app) for app in apps_of(call)[0 if call.target else 1 :]))


def named(call: Call) -> str:
    """Return the first app that a call names beside its target; empty where it names none."""
    return next(iter(apps_of(call)), "")


def apps_of(call: Call) -> list[str]:
    """Return the apps that a call names beside its target."""
    from cloudkit.model.state import AppState

    given = [call.arguments.get(one.name) for one in call.verb.parameters if one.names is AppState]
    return [str(name) for value in given for name in (value if isinstance(value, list | tuple) else [value]) if name]


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


def together(verdicts: Sequence[Verdict]) -> Verdict:
    """Return what several verdicts say together: the first that refuses, else the strictest approval of all."""
    refused = next((verdict for verdict in verdicts if not verdict.allowed), None)
    if refused is not None or len(verdicts) == 1:
        return refused or verdicts[0]
    asked = [verdict.approval for verdict in verdicts if verdict.approval is not None]
    spans = [one.expires for one in asked if one.expires is not None]
    strictest = Approval(others=max(one.others for one in asked), expires=min(spans, default=None)) if asked else None
    by = tuple(dict.fromkeys(rule for verdict in verdicts for rule in verdict.by))
    return Verdict(allowed=True, by=by, approval=strictest)


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
