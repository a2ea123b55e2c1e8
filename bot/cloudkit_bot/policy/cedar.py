"""A policy file in Cedar, checked when it is read, and read again when it has changed.

What no rule permits is denied; a ``forbid`` goes before every ``permit``. Guests and people of other workspaces are
permitted only what a rule permits to them by name.

Source: docs.cedarpolicy.com
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cedarpy

from cloudkit.errors import ConfigError
from cloudkit.verbs import Catalogue
from cloudkit_bot.policy.approval import approval_of, rules_of, wrong_annotations
from cloudkit_bot.policy.verdict import Asker, Verdict, Wanted
from cloudkit_bot.policy.vocabulary import APPROVE, argument_kinds, schema_of

__all__ = ["CedarPolicy", "PolicyFile"]

LOGGER = logging.getLogger("cloudkit_bot")
GROUP = re.compile(r'Group::"(S[A-Z0-9]{2,30})"')
NAMED = frozenset({"User", "Group"})


@dataclass(frozen=True, slots=True)
class CedarPolicy:
    """Rules in Cedar.

    Args:
        text: The rules.
        catalogue: The verbs that they speak of.

    Raises:
        ConfigError: They are no rules, or speak of what there is not.

    >>> from cloudkit_bot.words.grammar import chat_catalogue
    >>> policy = CedarPolicy('permit(principal == User::"U1", action == Action::"scale", resource);', chat_catalogue())
    >>> wanted = Wanted(verb="scale", role="operator", changes=True, app="web", arguments={"replicas": 3})
    >>> policy.decide(Asker(id="U1", team="T1"), wanted).allowed
    True
    """

    text: str
    catalogue: Catalogue
    schema: Mapping[str, Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "schema", schema_of(self.catalogue))
        checked = cedarpy.validate_policies(self.text, dict(self.schema))
        if not checked.validation_passed:
            evidence = [str(getattr(error, "error", error)) for error in checked.errors]
            raise ConfigError("the policy is wrong", evidence=evidence, hint="mend the rule that is named")
        evidence = list(wrong_annotations(rules_of(self.text).values()))
        if evidence:
            raise ConfigError("the policy is wrong", evidence=evidence, hint="mend the annotation that is named")

    @property
    def groups(self) -> tuple[str, ...]:
        """The user groups that the rules name."""
        return tuple(dict.fromkeys(GROUP.findall(self.text)))

    def decide(self, asker: Asker, wanted: Wanted) -> Verdict:
        """Say whether somebody may do something."""
        rules = self.text if asker.member else naming(self.text)
        found = cedarpy.is_authorized(
            self._request(asker, wanted), rules, entities(asker, wanted), schema=dict(self.schema)
        )
        names = found.diagnostics.id_annotations_by_reason or {}
        by = tuple(str(names.get(reason) or reason) for reason in found.diagnostics.reasons)
        if found.diagnostics.errors:
            LOGGER.warning("a rule of the policy failed: %s", found.diagnostics.errors)
            return Verdict(allowed=False, reason="a rule of the policy failed, so nothing is allowed", by=by)
        if found.allowed:
            named = rules_of(rules)
            approval = approval_of(named[reason] for reason in found.diagnostics.reasons)
            return Verdict(allowed=True, by=by, approval=None if wanted.approving else approval)
        return Verdict(allowed=False, reason="a rule forbids it" if by else "no rule allows it", by=by)

    def _request(self, asker: Asker, wanted: Wanted) -> dict[str, Any]:
        kinds = argument_kinds(self.catalogue, wanted.verb)
        arguments = {name: value for name, value in wanted.arguments.items() if name in kinds}
        about = {"verb": wanted.verb} if wanted.approving else {"arguments": arguments}
        return {
            "principal": quoted("User", asker.id),
            "action": quoted("Action", APPROVE if wanted.approving else wanted.verb),
            "resource": quoted("App", wanted.app) if wanted.app else quoted("Namespace", wanted.namespace),
            "context": {"channel": wanted.channel, "direct": wanted.direct, **about},
        }


def naming(rules: str) -> str:
    """Return the rules that name somebody, and all that forbid."""
    found = json.loads(cedarpy.policies_to_json_str(rules))
    kept = {name: rule for name, rule in found["staticPolicies"].items() if rule["effect"] == "forbid" or names(rule)}
    return cedarpy.policies_from_json_str(json.dumps(found | {"staticPolicies": kept})) if kept else ""


def names(rule: Mapping[str, Any]) -> bool:
    return bool(rule["principal"].get("entity", {}).get("type") in NAMED)


def quoted(kind: str, name: str) -> str:
    return f"{kind}::{json.dumps(name)}"


def entities(asker: Asker, wanted: Wanted) -> list[dict[str, Any]]:
    """Return who asks and what is asked about, as Cedar has them."""
    groups = [{"type": "Group", "id": group} for group in sorted(asker.groups)]
    backend, namespace = {"type": "Backend", "id": wanted.backend}, {"type": "Namespace", "id": wanted.namespace}
    who = {"guest": asker.guest, "stranger": asker.stranger}
    app = [one({"type": "App", "id": wanted.app}, parents=[namespace])] if wanted.app else []
    return [
        one({"type": "User", "id": asker.id}, parents=groups, attributes=who),
        *map(one, groups),
        *app,
        one(namespace, parents=[backend]),
        one(backend),
    ]


def one(
    uid: dict[str, str], parents: list[dict[str, str]] | None = None, attributes: Mapping[str, bool] | None = None
) -> dict[str, Any]:
    return {"uid": uid, "attrs": dict(attributes or {}), "parents": parents or []}


class PolicyFile:
    """A policy in a file; a change is taken up with the next question, one that is wrong is told to the log and left.

    Args:
        path: The file.
        catalogue: The verbs that it speaks of.

    Raises:
        ConfigError: It cannot be read, or is wrong.
    """

    def __init__(self, path: Path, catalogue: Catalogue) -> None:
        self.path = path
        self.catalogue = catalogue
        self._stamp, self._policy = self._stamped(), self._read()

    @property
    def groups(self) -> tuple[str, ...]:
        """The user groups that the rules name."""
        return self._policy.groups

    def decide(self, asker: Asker, wanted: Wanted) -> Verdict:
        """Say whether somebody may do something, by the file as it is now."""
        stamp = self._stamped()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._policy = self._read()
            except ConfigError as error:
                LOGGER.error("the policy stays as it was: %s", error)  # noqa: TRY400 # the text says all
        return self._policy.decide(asker, wanted)

    def _read(self) -> CedarPolicy:
        try:
            text = self.path.read_text("utf-8")
        except (OSError, ValueError) as error:
            raise ConfigError(f"cannot read the policy {self.path}: {error}") from error
        try:
            return CedarPolicy(text, self.catalogue)
        except ConfigError as error:
            raise ConfigError(f"the policy {self.path} is wrong", evidence=error.evidence, hint=error.hint) from error

    def _stamped(self) -> tuple[int, int]:
        try:
            found = self.path.stat()
        except OSError:
            return (0, 0)
        return (found.st_mtime_ns, found.st_size)
